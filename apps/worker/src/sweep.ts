import { sweepExpiringKeys } from '@servai/api/api-keys/jobs'
import { sweepExports } from '@servai/api/property/export/jobs'
import { sweepImports } from '@servai/api/property/import/sweep'
import type { Database } from '@servai/db'
import type { Logger } from '@servai/telemetry/log'

const EVERY_MS = 10 * 60_000

/** What nobody may have any more, and keys that are about to end: looked for at the start and then every ten minutes. Several workers do not disturb each other. */
export const startSweep = ({ database, log }: { database: Database; log: Logger }, everyMs = EVERY_MS) => {
  let running: Promise<unknown> = Promise.resolve()
  const sweep = () => {
    running = Promise.all([sweepExports(database), sweepImports(database), sweepExpiringKeys(database)]).catch(
      (err: unknown) => log.warn({ err }, 'sweep failed, will try again'),
    )
  }
  sweep()
  const timer = setInterval(sweep, everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
