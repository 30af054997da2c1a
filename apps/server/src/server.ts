import { setTimeout as sleep } from 'node:timers/promises'
import { loadPasswordLists } from '@servai/auth/password-policy'
import { migrate, pendingMigrations } from '@servai/db/migrate'
import type { Logger } from '@servai/telemetry/log'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Env } from './env.ts'
import { createApp } from './http/app.ts'
import type { Phase } from './http/health.ts'
import { listen } from './http/server.ts'
import { startFaults } from './self-checks.ts'
import { createServices } from './services.ts'

const MIGRATION_POLL_MS = 1_000
const DRAIN_TIMEOUT_MS = 25_000

/** The database or the code is not fit to be served; its message says why, a line for each fault. */
export class UnsafeStartError extends Error {
  override name = 'UnsafeStartError'
}

export type RunningServer = {
  port: number
  metricsPort: number | null
  /** Migrated, checked and answering. Rejects when it never will: UnsafeStartError, or what a migration threw. */
  ready: Promise<void>
  /** Answers what has begun, for at most 25 s, then lets go of everything. */
  stop(): Promise<void>
}

/**
 * Listens at once, so that liveness can be told; everything else answers 503 until `ready`.
 *
 * @throws Error of node:net where the address cannot be had
 */
export const startServer = async (env: Env, log: Logger, router: AnyTRPCRouter): Promise<RunningServer> => {
  let phase: Phase = 'starting'
  const { services, redis, close } = createServices(env, log)
  const app = createApp({ env, services, redis, router, phase: () => phase })
  const main = await listen(app.main, { host: env.HOST, port: env.PORT })
  const metrics =
    env.METRICS_PORT === undefined ? null : await listen(app.metrics, { host: env.HOST, port: env.METRICS_PORT })

  /** Where somebody else migrates, both a database that is not there yet and an old one are waited for. */
  const waitForMigrations = async () => {
    for (let last = ''; phase === 'starting'; await sleep(MIGRATION_POLL_MS)) {
      const state = await pendingMigrations(services.database).then(
        (pending) => (pending === 0 ? '' : `${pending} migrations are pending`),
        (error: Error) => `the database cannot be read: ${error.message}`,
      )
      if (state === '') return
      if (state !== last) log.warn(`waiting: ${state}`)
      last = state
    }
  }

  const prepare = async () => {
    if (env.DATABASE_OWNER_URL) await migrate(env.DATABASE_OWNER_URL)
    else await waitForMigrations()
    const [faults] = await Promise.all([startFaults(services.database, router), loadPasswordLists()])
    if (faults.length > 0) throw new UnsafeStartError(faults.join('\n'))
    if (phase === 'starting') phase = 'serving'
  }

  return {
    port: main.port,
    metricsPort: metrics?.port ?? null,
    ready: prepare(),
    stop: async () => {
      phase = 'stopping'
      app.main.announceClose()
      await Promise.all([main.close(DRAIN_TIMEOUT_MS), metrics?.close(DRAIN_TIMEOUT_MS)])
      await close()
    },
  }
}
