import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { BACKENDS, openStage, until } from './stage.ts'
import type { Stage } from './stage.ts'

describe.each(BACKENDS)('mail jobs on %s', (backend) => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage(backend)
  })
  afterEach(() => stage.close())

  it('sends each of the six messages in the language of its reader, with a link of APP_URL', async () => {
    const [anna, ivan, maria] = await Promise.all([
      stage.addUser({ emailVerifiedAt: new Date() }),
      stage.addUser({ locale: 'ru', firstName: 'Иван' }),
      stage.addUser({ locale: 'bg', firstName: 'Мария' }),
    ])
    const verify = await stage.addToken(ivan, 'verify_email')
    const reset = await stage.addToken(maria, 'reset_password')
    await stage.start()
    await stage.emit('auth.verification_requested', { userId: ivan.id, tokenId: verify.id })
    await stage.emit('auth.reset_requested', { userId: maria.id, tokenId: reset.id })
    await stage.emit('auth.email_verified', { userId: anna.id })
    await stage.emit('auth.password_changed', { userId: anna.id })
    await stage.emit('auth.refresh_reused', { userId: anna.id })
    await stage.emit('auth.registration_attempted', { userId: anna.id })
    await until(stage.isSettled)

    const sent = (subject: string) => stage.provider.received.filter((mail) => mail.subject === subject)
    expect(stage.provider.received).toHaveLength(6)
    expect(sent('Подтвердите адрес электронной почты для servAI')).toMatchObject([
      { to: ivan.email, text: expect.stringContaining(`https://homes.example/verify-email#token=${verify.token}\n`) },
    ])
    expect(sent('Нова парола за servAI')).toMatchObject([
      { to: maria.email, text: expect.stringContaining(`https://homes.example/reset-password#token=${reset.token}\n`) },
    ])
    expect(sent('Нова парола за servAI')[0]!.text).toContain('валидна 1 час')
    expect(sent('Подтвердите адрес электронной почты для servAI')[0]!.text).toContain('действует 24 часа')
    expect(sent('Welcome to servAI')).toMatchObject([{ to: anna.email }])
    expect(sent('Your servAI password was changed')).toMatchObject([{ to: anna.email }])
    expect(sent('We signed one of your devices out of servAI')).toMatchObject([{ to: anna.email }])
    expect(sent('You already have an account at servAI')).toMatchObject([{ to: anna.email }])
  })

  it('sends every message exactly once, whatever the number of workers', async () => {
    const user = await stage.addUser({ emailVerifiedAt: new Date() })
    const workers = await Promise.all([stage.start(), stage.start(), stage.start()])
    await Promise.all(Array.from({ length: 120 }, () => stage.emit('auth.password_changed', { userId: user.id })))
    await until(stage.isSettled, 20_000)

    const rows = await stage.rows()
    expect(rows.map(({ attempts }) => attempts)).toEqual(Array.from({ length: 120 }, () => 1))
    expect(stage.provider.keys()).toEqual(rows.map(({ id }) => id).sort())
    const done = await Promise.all(workers.map((worker) => worker.metrics.jobs.get()))
    expect(done.flatMap(({ values }) => values).reduce((sum, { value }) => sum + value, 0)).toBe(120)
  })

  it('hears of a new row at once, without waiting for the poll', async () => {
    const user = await stage.addUser()
    await stage.start({}, { relay: { pollMs: 60_000 } })
    const started = performance.now()
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(() => stage.provider.received.length === 1)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('takes up what was emitted while no worker ran', async () => {
    const user = await stage.addUser()
    await stage.emit('auth.password_changed', { userId: user.id })
    await stage.start()
    await until(stage.isSettled)
    expect(stage.provider.received).toHaveLength(1)
  })

  it('never writes a token or an address into the outbox, the queue or the log', async () => {
    const user = await stage.addUser()
    const tokens = await Promise.all([stage.addToken(user, 'verify_email'), stage.addToken(user, 'reset_password')])
    stage.provider.hold()
    stage.provider.failNext(1, 500)
    await stage.start({ LOG_LEVEL: 'trace', SLOW_QUERY_MS: '1' })
    await stage.emit('auth.verification_requested', { userId: user.id, tokenId: tokens[0].id })
    await stage.emit('auth.reset_requested', { userId: user.id, tokenId: tokens[1].id })
    await until(() => stage.provider.received.length === 2)

    const queued = stage.redis ? await dumpRedis(stage.redis) : JSON.stringify(await dumpSchema(stage))
    stage.provider.release()
    await until(stage.isSettled)
    const traces = [JSON.stringify(await stage.rows()), queued, stage.logs.join('')].join('\n')
    for (const { id } of await stage.rows()) expect(queued).toContain(id)
    expect(stage.provider.received.map(({ text }) => text).join('')).toContain(tokens[0].token)
    for (const { token } of tokens) expect(traces).not.toContain(token)
    expect(traces.toLowerCase()).not.toContain(user.emailKey)
    expect(traces).not.toContain('re_test_key')
  })

  it('counts what it sent, and shows the backlog', async () => {
    const user = await stage.addUser()
    const token = await stage.addToken(user, 'verify_email')
    stage.provider.hold()
    const { metrics } = await stage.start()
    await stage.emit('auth.verification_requested', { userId: user.id, tokenId: token.id })
    await until(() => stage.provider.received.length === 1)
    expect(await metrics.registry.metrics()).toMatch(/^outbox_pending 1$/m)
    stage.provider.release()
    await until(stage.isSettled)
    await until(async () => (await metrics.registry.metrics()).includes('outcome="done"'))
    const text = await metrics.registry.metrics()
    expect(text).toMatch(/^outbox_pending 0$/m)
    expect(text).toMatch(/^outbox_oldest_seconds 0$/m)
    expect(text).toMatch(/^jobs_total\{job="auth.verification_requested",outcome="done"\} 1$/m)
    expect(text).toMatch(/^job_duration_seconds_count\{job="auth.verification_requested"\} 1$/m)
  })
})

const dumpRedis = async (redis: NonNullable<Stage['redis']>) => {
  const parts: string[] = []
  for (const key of await redis.keys('*')) {
    const dump = await redis.dumpBuffer(key)
    parts.push(key, dump?.toString('latin1') ?? '', JSON.stringify(await redis.hgetall(key).catch(() => ({}))))
  }
  return parts.join('\n')
}

const dumpSchema = async ({ sql }: Stage) => {
  const tables = await sql<{ name: string }[]>`select table_name as name from information_schema.tables
    where table_schema = 'bullmq' and table_type = 'BASE TABLE'`
  return Promise.all(tables.map(({ name }) => sql`select * from bullmq.${sql(name)}`))
}

describe('jobs whose reason is gone', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage('postgres')
  })
  afterEach(() => stage.close())

  it('send nothing', async () => {
    const now = new Date()
    const disabled = await stage.addUser({ status: 'disabled', emailVerifiedAt: now })
    const removed = await stage.addUser({ deletedAt: now, emailVerifiedAt: now })
    const unverified = await stage.addUser()
    const moved = await stage.addUser()
    const [used, voided, expired, dying, otherAddress, ofDisabled] = [
      await stage.addToken(unverified, 'verify_email', { usedAt: now }),
      await stage.addToken(unverified, 'verify_email', { voidedAt: now }),
      await stage.addToken(await stage.addUser(), 'verify_email', { expiresAt: new Date(Date.now() - 1000) }),
      await stage.addToken(await stage.addUser(), 'reset_password', { expiresAt: new Date(Date.now() + 300_000) }),
      await stage.addToken({ id: moved.id, emailKey: 'before@example.com' }, 'verify_email'),
      await stage.addToken(disabled, 'reset_password'),
    ]
    const { metrics } = await stage.start()
    for (const { id: tokenId } of [used, voided, expired, otherAddress])
      await stage.emit('auth.verification_requested', { userId: unverified.id, tokenId })
    for (const { id: tokenId } of [dying, ofDisabled, otherAddress])
      await stage.emit('auth.reset_requested', { userId: disabled.id, tokenId })
    for (const { id: userId } of [disabled, removed, unverified]) await stage.emit('auth.email_verified', { userId })
    for (const { id: userId } of [disabled, removed]) await stage.emit('auth.password_changed', { userId })
    await stage.emit('auth.registration_attempted', { userId: removed.id })
    await until(stage.isSettled)

    expect(stage.provider.received).toEqual([])
    const { values } = await metrics.jobs.get()
    expect(values.map(({ labels }) => labels.outcome)).toEqual(values.map(() => 'skipped'))
    expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(13)
  })
})

describe('the development mailbox', () => {
  it('keeps each message once under the id of its row', async () => {
    const stage = await openStage('postgres')
    const user = await stage.addUser()
    await stage.start({ EMAIL_TRANSPORT: 'mailbox', EMAIL_FROM: '', RESEND_API_KEY: '', RESEND_BASE_URL: '' })
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(stage.isSettled)
    const [row] = await stage.rows()
    expect(await stage.sql`select idempotency_key, sender, recipient, subject from dev_mailbox`).toEqual([
      {
        idempotency_key: row!.id,
        sender: 'servAI <no-reply@homes.example>',
        recipient: user.email,
        subject: 'Your servAI password was changed',
      },
    ])
    await stage.close()
  })
})
