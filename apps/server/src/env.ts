import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { assertDistinct, KeyRingError, parseKeyRing, type KeyRing } from '@servai/auth/key-ring'
import { AUDIT_RETENTION_DAYS as auditDays } from '@servai/db/cleanup'
import { mailEnv, mailSettings } from '@servai/email/config'
import { LOG_LEVELS } from '@servai/telemetry/log'
import { z } from 'zod'

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const milliseconds = integer(1, 600_000)
const port = integer(0, 65_535)
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ })

const origin = z.url({ protocol: /^https?$/ }).transform((text, ctx) => {
  const url = new URL(text)
  if (url.origin === text.replace(/\/$/, '') && !text.includes('*')) return url.origin
  ctx.addIssue({ code: 'custom', message: 'has to be an origin: scheme, host and port only' })
  return z.NEVER
})

const keyRing = z.string().transform((text, ctx): KeyRing => {
  try {
    return parseKeyRing(text)
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error
    ctx.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

/** Every variable the server reads; `.env.example` is held against it. */
export const serverEnv = z.object({
  /** Whoever forgets it gets the strict rules. */
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  APP_URL: origin,

  DATABASE_URL: postgresUrl,
  DATABASE_SYSTEM_URL: postgresUrl,
  /** Where it is set the server migrates at its start; without it, it waits for somebody else to do so. */
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_POOL_MAX: integer(1, 500).default(10),
  DATABASE_SYSTEM_POOL_MAX: integer(1, 500).default(5),
  DATABASE_ACQUIRE_TIMEOUT_MS: milliseconds.default(2_000),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds.default(5_000),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds.default(5_000),
  DATABASE_LOCK_TIMEOUT_MS: milliseconds.default(2_000),
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: milliseconds.default(10_000),
  SLOW_QUERY_MS: integer(0, 600_000).default(100),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),

  JWT_KEYS: keyRing,
  REFRESH_KEYS: keyRing,
  TOKEN_KEYS: keyRing,
  FACTOR_KEYS: keyRing,
  PASSWORD_PEPPER_KEYS: keyRing,
  PASSWORD_MIN_LENGTH: integer(8, 64).default(12),
  ARGON2_MEMORY_KIB: integer(8_192, 4_194_304).default(19_456),
  ARGON2_TIME_COST: integer(1, 100).default(2),
  ARGON2_LANES: integer(1, 64).default(Math.max(1, availableParallelism() - 1)),

  ...mailEnv,

  /** `/metrics` on a port of its own instead of the main one. */
  METRICS_PORT: port.optional(),
  METRICS_TOKEN: z.string().min(16).optional(),
  /** Says that `/metrics` on the main port, without a token, is meant so. */
  METRICS_PUBLIC: z.stringbool().default(false),
  TRUST_PROXY_HOPS: integer(0, 10).default(0),
  /** Other origins whose pages may call the API, separated by commas. */
  ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(origin))
    .default([]),
  REPLICAS: integer(1, 1_000).default(1),
  /** The worker's; the server tells operators of it. */
  AUDIT_RETENTION_DAYS: integer(auditDays.min, auditDays.max).default(auditDays.fallback),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  WEB_ROOT: z.string().default(fileURLToPath(new URL('../../web/dist', import.meta.url))),
})

export type Env = z.output<typeof serverEnv> & { isProduction: boolean }

/** Its message has one line for each variable that is wrong, and never the value of a secret. */
export class EnvError extends Error {
  override name = 'EnvError'
}

const RINGS = ['JWT_KEYS', 'REFRESH_KEYS', 'TOKEN_KEYS', 'FACTOR_KEYS', 'PASSWORD_PEPPER_KEYS'] as const
const DATABASES = ['DATABASE_URL', 'DATABASE_SYSTEM_URL', 'DATABASE_OWNER_URL'] as const
const MIN_PASSWORD_LENGTH = 12
/** What documentation and examples write where a secret belongs. */
const PLACEHOLDER = /change|example|replace|secret|password|postgres|servai/i

const faultOf = (check: () => void): string[] => {
  try {
    check()
    return []
  } catch (error) {
    return [(error as Error).message] // both checks passed in throw nothing but errors
  }
}

/** 32 random bytes are practically never all printable. */
const isText = (secret: Buffer) => secret.every((byte) => byte >= 0x20 && byte < 0x7f)

const passwordOf = (url: string) => decodeURIComponent(new URL(url).password)

const productionFaults = (env: z.output<typeof serverEnv>): string[] => {
  const faults = RINGS.flatMap((name) =>
    [...env[name].byKid]
      .filter(([, secret]) => isText(secret))
      .map(([kid]) => `${name}: key "${kid}" is readable text, not random bytes`),
  )
  const passwords = DATABASES.flatMap((name) => (env[name] ? [[name, passwordOf(env[name])] as const] : []))
  for (const [name, password] of passwords) {
    if (password.length < MIN_PASSWORD_LENGTH || PLACEHOLDER.test(password))
      faults.push(`${name}: its password is missing, short or an example`)
  }
  if (new Set(passwords.map(([, password]) => password)).size < passwords.length)
    faults.push('DATABASE_URL, DATABASE_SYSTEM_URL and DATABASE_OWNER_URL: each needs a password of its own')
  if (env.METRICS_PORT === undefined && env.METRICS_TOKEN === undefined && !env.METRICS_PUBLIC)
    faults.push('METRICS_PORT: set it, or METRICS_TOKEN, or METRICS_PUBLIC=true where anybody may read /metrics')
  if (env.METRICS_TOKEN && PLACEHOLDER.test(env.METRICS_TOKEN)) faults.push('METRICS_TOKEN: this is an example')
  if (!env.APP_URL.startsWith('https:')) faults.push('APP_URL: has to be https in production')
  return faults
}

const refuse = (faults: string[]) => {
  if (faults.length > 0) throw new EnvError(faults.join('\n'))
}

/**
 * The server's settings, checked once; an empty variable counts as unset.
 *
 * @throws EnvError
 */
export const parseEnv = (record: Record<string, string | undefined>): Env => {
  const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''))
  const parsed = serverEnv.safeParse(given)
  if (!parsed.success)
    throw new EnvError(
      parsed.error.issues
        .map(({ path, message }) => {
          const name = String(path[0])
          return given[name] === undefined ? `${name}: is not set` : `${name}: ${message}`
        })
        .join('\n'),
    )
  const env = parsed.data
  const isProduction = env.NODE_ENV === 'production'
  const rings = Object.fromEntries(RINGS.map((name) => [name, env[name]]))
  refuse([
    ...faultOf(() => assertDistinct(rings)),
    ...faultOf(() => mailSettings(env, { isProduction, appUrl: env.APP_URL, store: async () => '' })),
    ...(isProduction ? productionFaults(env) : []),
  ])
  return { ...env, isProduction }
}

/** @throws EnvError */
export const readEnv = (): Env => parseEnv(process.env)

const keysEnv = z.object({
  DATABASE_URL: serverEnv.shape.DATABASE_URL,
  DATABASE_SYSTEM_URL: serverEnv.shape.DATABASE_SYSTEM_URL,
  JWT_KEYS: keyRing.optional(),
  REFRESH_KEYS: keyRing.optional(),
  TOKEN_KEYS: keyRing.optional(),
  FACTOR_KEYS: keyRing.optional(),
  PASSWORD_PEPPER_KEYS: keyRing.optional(),
  AUDIT_KEYS: keyRing.optional(),
})

export type KeysEnv = z.output<typeof keysEnv>

/** For the command that looks after keys: whatever rings this process is given. @throws EnvError */
export const readKeysEnv = (record: Record<string, string | undefined> = process.env): KeysEnv => {
  const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''))
  const parsed = keysEnv.safeParse(given)
  if (parsed.success) return parsed.data
  throw new EnvError(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'))
}
