import { parseKeyRing } from '@servai/auth/key-ring'
import { AUDIT_RETENTION_DAYS as auditDays } from '@servai/db/cleanup'
import { mailEnv } from '@servai/email/config'
import { LOG_LEVELS } from '@servai/telemetry/log'
import { z } from 'zod'

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ })
const count = (fallback: number, min = 1, max = 1_000) => z.coerce.number().int().min(min).max(max).default(fallback)
const milliseconds = (fallback: number) => count(fallback, 1, 3_600_000)
const keyRing = z.string().transform((text, context) => {
  try {
    return parseKeyRing(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not a key ring' })
    return z.NEVER
  }
})

/** Everything the worker reads from its environment. */
export const workerEnv = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  APP_URL: z.url({ protocol: /^https?$/ }),
  DATABASE_URL: postgresUrl,
  DATABASE_SYSTEM_URL: postgresUrl,
  DATABASE_POOL_MAX: count(10),
  DATABASE_SYSTEM_POOL_MAX: count(5),
  DATABASE_ACQUIRE_TIMEOUT_MS: milliseconds(2_000),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds(5_000),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds(5_000),
  DATABASE_LOCK_TIMEOUT_MS: milliseconds(2_000),
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: milliseconds(10_000),
  SLOW_QUERY_MS: milliseconds(100),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  TOKEN_KEYS: keyRing,
  /** Seal the audit log; no other process has them. */
  AUDIT_KEYS: keyRing,
  /** Whole months of the audit log go when they ended longer ago. */
  AUDIT_RETENTION_DAYS: count(auditDays.fallback, auditDays.min, auditDays.max),
  /** The ends of the chains are appended to this file once a day, as well as logged. */
  AUDIT_ANCHOR_FILE: z.string().optional(),
  ...mailEnv,
  HOST: z.string().default('127.0.0.1'),
  /** Port of health and metrics; none is opened when unset. */
  WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  METRICS_TOKEN: z.string().min(16).optional(),
  WORKER_CONCURRENCY: count(10, 1, 200),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
})

export type WorkerEnv = z.output<typeof workerEnv>

/** An empty variable counts as unset. @throws Error that names each variable that is missing or wrong, never its value */
export const readEnv = (source: Record<string, string | undefined> = process.env): WorkerEnv => {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const parsed = workerEnv.safeParse(given)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new Error(`The environment of the worker is not usable:\n${problems.join('\n')}`)
}
