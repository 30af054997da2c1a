import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { createLogger, maskEmail } from './log.ts'

const capture = () => {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', service: 'test', destination: { write: (line) => void lines.push(line) } })
  const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>
  return { log, lines, last }
}

describe('a log line', () => {
  it('is JSON with ISO time, a level in words and the service', () => {
    const { log, last } = capture()
    log.info({ durationMs: 4 }, 'request done')
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'test',
      pid: process.pid,
      durationMs: 4,
      msg: 'request done',
    })
  })

  it('formats its arguments and keeps the bindings of every generation of children', () => {
    const { log, last } = capture()
    log.child({ requestId: 'r1' }).child({ actor: 'u1' }).warn({ n: 1 }, 'took %d ms', 7)
    expect(last()).toMatchObject({ requestId: 'r1', actor: 'u1', n: 1, msg: 'took 7 ms' })
  })

  it('stays on one physical line whatever a caller puts into it', () => {
    const { log, lines } = capture()
    log.info({ name: 'a\r\nb\u001b[31m' }, 'x\ny')
    expect(lines[0]!.trimEnd().split(/\r|\n/)).toHaveLength(1)
    expect(lines[0]).not.toContain('\u001b')
  })
})

describe('redaction', () => {
  const SECRET = 'S3cr3t-value-that-must-not-appear'
  const keys = [
    'password',
    'newPassword',
    'token',
    'accessToken',
    'refreshToken',
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'secret',
    'secrets',
    'RESEND_API_KEY',
    'api_key',
  ]

  it.each(keys)('censors %s at the top, nested, in arrays and in the bindings of children', (key) => {
    const { log, lines } = capture()
    log.info({ [key]: SECRET, deep: { list: [{ a: { [key]: SECRET } }] } }, 'x')
    log
      .child({ [key]: SECRET, req: { headers: { [key]: [SECRET] } } })
      .child({ more: { [key]: SECRET } })
      .info('x')
    log.error({ err: Object.assign(new Error('x'), { [key]: SECRET }) })
    expect(lines).toHaveLength(3)
    expect(lines.join('')).not.toContain(SECRET)
  })

  it('removes bearer values, JWTs, link tokens and connection passwords from text', () => {
    const { log, last } = capture()
    log.info(
      `Bearer ${SECRET} eyJhbGciOi.eyJzdWIi.c2ln https://a.example/verify-email#token=${SECRET} postgres://app:${SECRET}@db/x`,
    )
    expect(last().msg).toBe(
      'Bearer [redacted] [redacted] https://a.example/verify-email#token=[redacted] postgres://app:[redacted]@db/x',
    )
  })

  it('masks e-mail addresses in text, and leaves what only looks like one', () => {
    const { log, last } = capture()
    log.info('550 <anna@mail.example.com> and иван@пример.рф; at drizzle-orm@0.45.4_postgres@3.4.9/x.js')
    expect(last().msg).toBe('550 <a***@mail.example.com> and и***@пример.рф; at drizzle-orm@0.45.4_postgres@3.4.9/x.js')
  })

  it('takes linear time on long text', () => {
    const { log } = capture()
    const started = performance.now()
    log.info('a'.repeat(200_000))
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('masks e-mail addresses by key', () => {
    const { log, last } = capture()
    log.info({ email: 'anna@example.com', user: { newEmail: 'b@example.org' } }, 'x')
    expect(last()).toMatchObject({ email: 'a***@example.com', user: { newEmail: 'b***@example.org' } })
  })

  it('keeps what explains a failed query and drops the values bound to it', () => {
    const { log, lines, last } = capture()
    const postgres = Object.assign(new Error('duplicate key value violates unique constraint "users_email"'), {
      name: 'PostgresError',
      code: '23505',
      detail: `Key (email)=(${SECRET}) already exists.`,
      constraint_name: 'users_email',
    })
    const failed = Object.assign(new Error(`Failed query: insert into users\nparams: ${SECRET}`, { cause: postgres }), {
      query: 'insert into users values ($1)',
      params: [SECRET],
    })
    log.error(failed)
    log.error({ err: failed, requestId: 'r1' })
    log.error({ err: failed }, 'registration failed')
    expect(lines.join('')).not.toContain(SECRET)
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'Failed query: insert into users values ($1)',
      'Failed query: insert into users values ($1)',
      'registration failed',
    ])
    expect(last()).toMatchObject({
      err: {
        message: 'Failed query: insert into users values ($1)',
        stack: expect.stringContaining('log.test.ts'),
        cause: { type: 'PostgresError', code: '23505', constraint_name: 'users_email' },
      },
    })
  })

  it('survives cycles, class instances and values JSON cannot hold', () => {
    const { log, lines } = capture()
    const cycle: Record<string, unknown> = { big: 10n, bytes: Buffer.from(SECRET), at: new Date(0) }
    cycle.self = cycle
    log.info({ cycle }, 'x')
    expect(lines[0]).toContain('"big":"10"')
    expect(lines[0]).toContain('"at":"1970-01-01T00:00:00.000Z"')
    expect(lines[0]).toContain(`[${SECRET.length} bytes]`)
  })
})

describe('maskEmail', () => {
  it.each([
    ['anna@example.com', 'a***@example.com'],
    ['a@b.c', 'a***@b.c'],
    ['"odd@local"@example.com', '"***@example.com'],
    ['not an address', '***'],
    ['@example.com', '***'],
    ['', '***'],
  ])('%s becomes %s', (address, masked) => expect(maskEmail(address)).toBe(masked))
})

describe('a log file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'servai-log-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is created with its folder and appended to', () => {
    const file = join(folder, 'deep', 'servai.log')
    createLogger({ level: 'info', service: 'test', destination: file }).info('first run')
    createLogger({ level: 'info', service: 'test', destination: file }).info('second run')
    expect(readFileSync(file, 'utf8')).toMatch(/"first run"}\n.*"second run"}\n$/)
  })
})
