import { setTimeout as sleep } from 'node:timers/promises'

import { createDatabase } from '@servai/db'
import { createSealer } from '@servai/db/audit/links'
import type { Database } from '@servai/db'
import { storeDevMail } from '@servai/db/dev-mailbox'
import { pendingMigrations } from '@servai/db/migrate'
import type { Principal } from '@servai/db/principal'
import { backlog } from '@servai/db/outbox'
import { mailSettings } from '@servai/email/config'
import { MailRejectedError, createTransport } from '@servai/email/transports'
import type { StoredMail } from '@servai/email/transports'
import { createRedis } from '@servai/redis/connection'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { createLogger } from '@servai/telemetry/log'
import type { LoggerOptions } from '@servai/telemetry/log'
import { createMetrics } from '@servai/telemetry/metrics'
import { auditJobs, startSealing, watchAudit } from './audit.ts'
import type { WorkerEnv } from './env.ts'
import { cleanupJobs, startDaily } from './daily.ts'
import { serveHealth } from './health.ts'
import { createJobQueue } from './queue.ts'
import type { JobQueueOptions } from './queue.ts'
import { startRelay } from './relay.ts'
import type { RelayOptions } from './relay.ts'
import { startSweep } from './sweep.ts'
import { createRunner } from './wrap.ts'
import type { Retries } from './wrap.ts'

export type WorkerOptions = {
  retries?: Retries
  leaseMs?: number
  relay?: Pick<RelayOptions, 'pollMs' | 'lostAfterMs'>
  locks?: JobQueueOptions['locks']
  migrationTimeoutMs?: number
  logDestination?: LoggerOptions['destination']
}

const MIGRATION_TIMEOUT_MS = 300_000

/** Runs until `stop`, which takes no more jobs and waits for those at work. @throws when it cannot start */
export const startWorker = async (env: WorkerEnv, options: WorkerOptions = {}) => {
  const log = createLogger({ level: env.LOG_LEVEL, service: 'worker', destination: options.logDestination })
  const metrics = createMetrics()
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
      if (error) metrics.databaseErrors.inc({ pool, code: codeOf(error) })
      if (durationMs > env.SLOW_QUERY_MS)
        log.warn({ pool, durationMs: Math.round(durationMs), query: text }, 'slow query')
    },
    onLeak: ({ pool, heldMs }) => log.error({ pool, heldMs: Math.round(heldMs) }, 'database connection held too long'),
  })
  for (const { pool } of database.stats())
    metrics.poolWaiting.sampleFrom(() => database.stats().find((each) => each.pool === pool)?.waiting ?? 0, { pool })
  metrics.outboxPending.sampleFrom(async () => (await backlog(database)).pending)
  metrics.outboxOldestSeconds.sampleFrom(async () => (await backlog(database)).oldestSeconds)

  const { transport: config, from } = mailSettings(env, {
    isProduction: env.NODE_ENV === 'production',
    appUrl: env.APP_URL,
    store: ({ to, from: sender, ...mail }: StoredMail) => storeDevMail(database, { ...mail, recipient: to, sender }),
  })
  const transport = createTransport(config)
  const queue = createJobQueue({
    redisUrl: env.REDIS_URL,
    systemUrl: env.DATABASE_SYSTEM_URL,
    log,
    locks: options.locks,
  })
  const redis = env.REDIS_URL
    ? createRedis(env.REDIS_URL, {
        name: 'servai-worker',
        onError: (error) => log.warn({ err: error }, 'Redis failed'),
      })
    : null
  const principals = createPrincipalCache<Principal>({ redis })
  let isRunning = false

  const closers: (() => Promise<unknown>)[] = [
    () => database.close(),
    () => transport.close(),
    async () => {
      principals.close()
      await redis?.close()
    },
    () => queue.close(),
  ]
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch((err: unknown) => log.warn({ err }, 'closing'))
  }

  try {
    await migrationsInPlace(database, options.migrationTimeoutMs ?? MIGRATION_TIMEOUT_MS, () =>
      log.info('waiting for the migrations'),
    )
    const run = createRunner({
      database,
      tokenKeys: env.TOKEN_KEYS,
      principals,
      metrics,
      log,
      now: () => new Date(),
      transport,
      from,
      appUrl: env.APP_URL,
      isHopeless: (error) => error instanceof MailRejectedError,
      ...(options.retries && { retries: options.retries }),
      leaseMs: options.leaseMs,
    })
    await queue.consume(run, env.WORKER_CONCURRENCY)
    const { AUDIT_RETENTION_DAYS: retentionDays, AUDIT_ANCHOR_FILE: anchorFile } = env
    const audit = { database, sealer: createSealer(env.AUDIT_KEYS), log, metrics, retentionDays, anchorFile }
    watchAudit(audit)
    const relay = await startRelay({ database, queue, log, ...options.relay })
    closers.push(
      () => queue.drain(),
      () => relay.stop(),
      startSweep({ database, log }).stop,
      startDaily({ database, log, metrics, jobs: [...cleanupJobs(database), ...auditJobs(audit)] }).stop,
      startSealing(audit).stop,
    )

    let health: Awaited<ReturnType<typeof serveHealth>> | undefined
    if (env.WORKER_METRICS_PORT !== undefined) {
      const isReady = async () => isRunning && (await isReachable(database))
      const { HOST: host, WORKER_METRICS_PORT: port, METRICS_TOKEN: metricsToken } = env
      health = await serveHealth({ host, port, metrics, metricsToken, isReady })
      closers.unshift(health.close)
    }
    isRunning = true
    log.info({ queue: env.REDIS_URL ? 'redis' : 'postgres', mail: transport.kind, health: health?.url }, 'worker ready')

    return {
      metrics,
      log,
      healthUrl: health?.url,
      async stop() {
        isRunning = false
        await closeAll()
        log.info('worker stopped')
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

const isReachable = (database: Database) =>
  database.ping().then(
    () => true,
    () => false,
  )

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

/** The server migrates; a worker that starts first, or before the database, waits. */
const migrationsInPlace = async (database: Database, timeoutMs: number, onWait: () => void) => {
  const deadline = performance.now() + timeoutMs
  for (let attempt = 0; ; attempt++) {
    const pending = await pendingMigrations(database).catch((error: unknown) => error)
    if (pending === 0) return
    if (performance.now() > deadline)
      throw pending instanceof Error ? pending : new Error(`${String(pending)} migrations are still missing`)
    if (attempt % 20 === 0) onWait()
    await sleep(500)
  }
}
