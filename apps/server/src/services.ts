import type { Services } from '@servai/api/context'
import { createKnownKeys } from '@servai/api/known-keys'
import { createAccessTokens } from '@servai/auth/access-token'
import type { HashLane } from '@servai/auth/hash-lanes'
import { relyingPartyOf } from '@servai/auth/passkey'
import { createPasswordHasher } from '@servai/auth/password-hash'
import { createDatabase } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { createRedis, type RedisConnection } from '@servai/redis/connection'
import { watchEviction } from '@servai/redis/eviction'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { createLimiter } from '@servai/redis/rate-limit'
import type { Logger } from '@servai/telemetry/log'
import { createMetrics, type Metrics } from '@servai/telemetry/metrics'
import type { Env } from './env.ts'
import { MAX_BATCH_SIZE, MAX_BODY_BYTES, TIMEOUT_MS } from './http/limits.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What is the same in every installation (SECURITY A4 and A7). */
const POLICY = {
  sessions: {
    resident: { absoluteSeconds: 30 * DAY, idleSeconds: 7 * DAY },
    staff: { absoluteSeconds: DAY, idleSeconds: HOUR },
  },
  refreshGraceMs: 30_000,
  maxSessionsPerUser: 20,
}

const AUDIENCE = 'servai-api'
const KNOWN_KEYS = 10_000
/** Statements are parameterised: their text holds no values. */
const LOGGED_STATEMENT_CHARACTERS = 500

const openDatabase = (env: Env, metrics: Metrics, log: Logger) => {
  const database = createDatabase({
    appUrl: env.DATABASE_URL,
    systemUrl: env.DATABASE_SYSTEM_URL,
    appMax: env.DATABASE_POOL_MAX,
    systemMax: env.DATABASE_SYSTEM_POOL_MAX,
    acquireTimeoutMs: env.DATABASE_ACQUIRE_TIMEOUT_MS,
    connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionTimeoutMs: env.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
    onQuery: ({ pool, text, durationMs, error }) => {
      metrics.databaseQueries.inc({ pool })
      metrics.databaseSeconds.observe({ pool }, durationMs / 1000)
      if (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
        metrics.databaseErrors.inc({ pool, code })
      }
      if (durationMs >= env.SLOW_QUERY_MS)
        log.warn({ pool, durationMs, statement: text.slice(0, LOGGED_STATEMENT_CHARACTERS) }, 'slow query')
    },
    onLeak: (leak) => log.error(leak, 'a transaction is held for too long'),
  })
  for (const { pool } of database.stats()) {
    metrics.poolWaiting.sampleFrom(() => database.stats().find((one) => one.pool === pool)?.waiting ?? 0, { pool })
  }
  return database
}

const createHasher = (env: Env, metrics: Metrics) => {
  const depths: Record<HashLane, number> = { login: 0, register: 0 }
  for (const lane of ['login', 'register'] as const) metrics.hashQueueDepth.sampleFrom(() => depths[lane], { lane })
  return createPasswordHasher({
    memoryKiB: env.ARGON2_MEMORY_KIB,
    timeCost: env.ARGON2_TIME_COST,
    lanes: env.ARGON2_LANES,
    pepper: env.PASSWORD_PEPPER_KEYS,
    metrics: {
      onQueueDepth: (lane, depth) => {
        depths[lane] = depth
      },
      onShed: (lane) => metrics.hashShed.inc({ lane }),
      onHash: (lane, seconds) => metrics.hashSeconds.observe({ lane }, seconds),
    },
  })
}

const configOf = (env: Env): Services['config'] => ({
  passwordMinLength: env.PASSWORD_MIN_LENGTH,
  ...POLICY,
  hashing: { memoryKiB: env.ARGON2_MEMORY_KIB, timeCost: env.ARGON2_TIME_COST, lanes: env.ARGON2_LANES },
  requests: { jsonBytes: MAX_BODY_BYTES, callsAtOnce: MAX_BATCH_SIZE, timeoutMs: TIMEOUT_MS },
  auditRetentionDays: env.AUDIT_RETENTION_DAYS,
  counting: { store: env.REDIS_URL ? 'redis' : 'memory', replicas: env.REPLICAS },
})

export type Platform = {
  services: Services
  /** `null` where REDIS_URL is unset: everything works, each process on its own. */
  redis: RedisConnection | null
  /** Closes pools and connections; never rejects. */
  close(): Promise<void>
}

/** Makes everything a request needs. Nothing is connected yet: connections open on first use. */
export const createServices = (env: Env, log: Logger, now = () => new Date()): Platform => {
  const metrics = createMetrics()
  const database = openDatabase(env, metrics, log)
  const redis = env.REDIS_URL
    ? createRedis(env.REDIS_URL, {
        name: 'servai-server',
        onError: (error) => log.warn({ err: error }, 'Redis failed'),
      })
    : null
  // The worker's queue is in the same Redis.
  if (redis)
    watchEviction(redis, (evictionPolicy) =>
      log.error({ evictionPolicy }, 'Redis may evict jobs: set its maxmemory-policy to noeviction'),
    )
  const principals = createPrincipalCache<Principal>({
    redis,
    onHit: () => metrics.cacheHits.inc({ cache: 'principal' }),
    onMiss: () => metrics.cacheMisses.inc({ cache: 'principal' }),
  })
  const services: Services = {
    database,
    accessTokens: createAccessTokens({ keys: env.JWT_KEYS, issuer: env.APP_URL, audience: AUDIENCE, now }),
    refreshKeys: env.REFRESH_KEYS,
    tokenKeys: env.TOKEN_KEYS,
    factorKeys: env.FACTOR_KEYS,
    relyingParty: relyingPartyOf(env.APP_URL),
    passwords: createHasher(env, metrics),
    limiter: createLimiter({
      redis,
      replicas: env.REPLICAS,
      onFallback: () => metrics.redisFallback.inc({ feature: 'limits' }),
      onExceeded: (limit) => metrics.rateLimitExceeded.inc({ limit }),
      now,
    }),
    knownKeys: createKnownKeys(KNOWN_KEYS),
    principals,
    metrics,
    log,
    config: configOf(env),
    now,
  }
  return {
    services,
    redis,
    close: async () => {
      principals.close()
      await Promise.allSettled([database.close(), redis?.close()])
    },
  }
}
