import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { workerEnv } from '../../worker/src/env.ts'
import { EnvError, parseEnv, serverEnv } from './env.ts'

const ring = (kid = 'k1') => `${kid}:${randomBytes(32).toString('base64')}`
const url = (role: string, password: string) => `postgres://${role}:${password}@db.internal/servai`

const development = {
  NODE_ENV: 'development',
  APP_URL: 'http://localhost:3000',
  DATABASE_URL: url('servai_app', 'a'),
  DATABASE_SYSTEM_URL: url('servai_system', 'a'),
  JWT_KEYS: ring(),
  REFRESH_KEYS: ring(),
  TOKEN_KEYS: ring(),
  FACTOR_KEYS: ring(),
  PASSWORD_PEPPER_KEYS: ring(),
}
const production = {
  ...development,
  NODE_ENV: 'production',
  APP_URL: 'https://servai.example',
  DATABASE_URL: url('servai_app', randomBytes(18).toString('hex')),
  DATABASE_SYSTEM_URL: url('servai_system', randomBytes(18).toString('hex')),
  EMAIL_TRANSPORT: 'smtp',
  SMTP_HOST: 'smtp.internal',
  EMAIL_FROM: 'no-reply@servai.example',
  METRICS_PORT: '9464',
}

const faults = (record: Record<string, string | undefined>): string[] => {
  try {
    parseEnv(record)
    return []
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    return error.message.split('\n')
  }
}

describe('parseEnv', () => {
  it('takes a development environment and fills in the rest', () => {
    expect(parseEnv(development)).toMatchObject({
      isProduction: false,
      HOST: '127.0.0.1',
      PORT: 3000,
      DATABASE_POOL_MAX: 10,
      DATABASE_SYSTEM_POOL_MAX: 5,
      DATABASE_ACQUIRE_TIMEOUT_MS: 2000,
      DATABASE_STATEMENT_TIMEOUT_MS: 5000,
      SLOW_QUERY_MS: 100,
      TRUST_PROXY_HOPS: 0,
      ALLOWED_ORIGINS: [],
      PASSWORD_MIN_LENGTH: 12,
      ARGON2_MEMORY_KIB: 19_456,
      ARGON2_TIME_COST: 2,
      REPLICAS: 1,
    })
  })

  it('takes a complete production environment', () => {
    expect(faults(production)).toEqual([])
    expect(parseEnv(production).isProduction).toBe(true)
  })

  it('treats a forgotten NODE_ENV as production', () => {
    expect(parseEnv({ ...production, NODE_ENV: undefined }).isProduction).toBe(true)
  })

  it('counts an empty variable as unset', () => {
    const env = parseEnv({ ...development, REDIS_URL: '', METRICS_PORT: '', PORT: '' })
    expect([env.REDIS_URL, env.METRICS_PORT, env.PORT]).toEqual([undefined, undefined, 3000])
  })

  it('names every variable that is missing, each on a line of its own', () => {
    expect(faults({ NODE_ENV: 'development' })).toEqual([
      'APP_URL: is not set',
      'DATABASE_URL: is not set',
      'DATABASE_SYSTEM_URL: is not set',
      'JWT_KEYS: is not set',
      'REFRESH_KEYS: is not set',
      'TOKEN_KEYS: is not set',
      'FACTOR_KEYS: is not set',
      'PASSWORD_PEPPER_KEYS: is not set',
    ])
  })

  it('refuses a short secret and does not repeat it', () => {
    const secret = randomBytes(31).toString('base64')
    const [fault, ...others] = faults({ ...development, JWT_KEYS: `k1:${secret}` })
    expect(fault).toBe('JWT_KEYS: key "k1" has 31 bytes, at least 32 are needed')
    expect(others).toEqual([])
  })

  it('refuses one secret for two purposes', () => {
    expect(faults({ ...development, REFRESH_KEYS: development.JWT_KEYS })).toEqual([
      'JWT_KEYS/k1 and REFRESH_KEYS/k1 hold the same secret',
    ])
  })

  it('takes origins only, without a path', () => {
    expect(parseEnv({ ...development, APP_URL: 'http://localhost:3000/' }).APP_URL).toBe('http://localhost:3000')
    expect(
      parseEnv({ ...development, ALLOWED_ORIGINS: 'https://a.example, https://b.example' }).ALLOWED_ORIGINS,
    ).toEqual(['https://a.example', 'https://b.example'])
    for (const origin of ['*', 'null', 'a.example', 'https://a.example/path', 'https://*.example'])
      expect(faults({ ...development, ALLOWED_ORIGINS: origin })).toHaveLength(1)
  })
})

describe('in production, parseEnv refuses', () => {
  it('a secret that is text', () => {
    const text = Buffer.from('this is the example secret of the docs').toString('base64')
    expect(faults({ ...production, TOKEN_KEYS: `k1:${text}` })).toEqual([
      'TOKEN_KEYS: key "k1" is readable text, not random bytes',
    ])
  })

  it('passwords of the database that are short, examples or shared', () => {
    expect(faults({ ...production, DATABASE_URL: url('servai_app', 'short') })).toEqual([
      'DATABASE_URL: its password is missing, short or an example',
    ])
    expect(faults({ ...production, DATABASE_SYSTEM_URL: url('servai_system', 'change-me-please') })).toEqual([
      'DATABASE_SYSTEM_URL: its password is missing, short or an example',
    ])
    expect(
      faults({ ...production, DATABASE_SYSTEM_URL: production.DATABASE_URL.replace('servai_app', 'servai_system') }),
    ).toEqual(['DATABASE_URL, DATABASE_SYSTEM_URL and DATABASE_OWNER_URL: each needs a password of its own'])
  })

  it('the development mailbox, and a transport that is not complete', () => {
    expect(faults({ ...production, EMAIL_TRANSPORT: 'mailbox' })).toEqual([
      'EMAIL_TRANSPORT must be resend or smtp in production',
    ])
    expect(faults({ ...production, EMAIL_TRANSPORT: undefined })).toEqual([
      'EMAIL_TRANSPORT must be resend or smtp in production',
    ])
    expect(faults({ ...production, SMTP_HOST: undefined })).toEqual(['EMAIL_TRANSPORT=smtp needs SMTP_HOST'])
  })

  it('metrics that anybody may read, unless they are meant to be', () => {
    const open = { ...production, METRICS_PORT: undefined }
    const fault = 'METRICS_PORT: set it, or METRICS_TOKEN, or METRICS_PUBLIC=true where anybody may read /metrics'
    expect(faults(open)).toEqual([fault])
    expect(faults({ ...open, METRICS_PUBLIC: 'false' })).toEqual([fault])
    expect(faults({ ...open, METRICS_PUBLIC: 'true' })).toEqual([])
    expect(faults({ ...open, METRICS_TOKEN: randomBytes(16).toString('hex') })).toEqual([])
    expect(faults({ ...development, METRICS_PORT: undefined })).toEqual([])
  })

  it('plain http and an example token', () => {
    expect(faults({ ...production, APP_URL: 'http://servai.example' })).toEqual([
      'APP_URL: has to be https in production',
    ])
    expect(faults({ ...production, METRICS_TOKEN: 'change-me-change-me' })).toEqual([
      'METRICS_TOKEN: this is an example',
    ])
  })
})

describe('.env.example', () => {
  const text = fs.readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')
  const [ours = ''] = text.split('# --- Read by the commands')
  const entries = ours.split('\n').flatMap((line) => {
    const match = /^#?\s?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line)
    return match ? [[match[1]!, match[2]!] as const] : []
  })
  const known = new Set([...Object.keys(serverEnv.shape), ...Object.keys(workerEnv.shape)])

  it('names every variable that server or worker reads, and none that neither does', () => {
    const named = new Set(entries.map(([name]) => name))
    expect([...known].filter((name) => !named.has(name))).toEqual([])
    expect([...named].filter((name) => !known.has(name))).toEqual([])
  })

  it('is refused in production as it stands', () => {
    expect(faults({ ...Object.fromEntries(entries), NODE_ENV: 'production' })).not.toEqual([])
  })
})

describe('AUDIT_RETENTION_DAYS, which the worker keeps to and the server tells operators of,', () => {
  it.each([[undefined], ['29'], ['30'], ['3650'], ['3651'], ['forever']])('%s means the same to both', (days) => {
    const inServer = serverEnv.shape.AUDIT_RETENTION_DAYS.safeParse(days)
    const inWorker = workerEnv.shape.AUDIT_RETENTION_DAYS.safeParse(days)
    expect([inServer.success, inServer.data]).toEqual([inWorker.success, inWorker.data])
  })

  it('is given to both by docker-compose', () => {
    const compose = fs.readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
    const given = (service: string) => new RegExp(`^  ${service}:\\n(?:    .*\\n|\\n)*? +AUDIT_RETENTION_DAYS:$`, 'm')
    for (const service of ['server', 'worker']) expect(compose).toMatch(given(service))
  })
})
