import { CLEANUPS, cleanUp, type CleanupName, type Pace } from '@servai/db/cleanup'
import { failTurn, finishTurn, holdTurn, lastDue, renewTurn } from '@servai/db/schedule'
import type { Database } from '@servai/db'
import type { Logger } from '@servai/telemetry/log'
import type { Metrics } from '@servai/telemetry/metrics'
import { messageOf } from '@servai/telemetry/redact'

/** What comes round once a day. */
export type DailyJob = {
  name: string
  /** By the clock of UTC, e.g. `02:00`. */
  at: string
  /** Returns the number of rows it removed; stops where `goesOn` says no. */
  run(pace: Pick<Pace, 'goesOn'>): Promise<number>
}

type Options = {
  database: Database
  log: Logger
  metrics: Pick<Metrics, 'rowsRemoved'>
  jobs?: readonly DailyJob[]
  now?: () => Date
  /** How often it looks whether something is due. */
  everyMs?: number
}

const EVERY_MS = 30_000
/** A batch takes far less; whoever has not renewed for so long is gone. */
const HOLD_MS = 60_000
const RETRY_MS = 5 * 60_000

export const cleanupJobs = (database: Pick<Database, 'system'>): DailyJob[] =>
  // Object.keys forgets the type of the keys.
  (Object.keys(CLEANUPS) as CleanupName[]).map((name) => ({
    name,
    at: CLEANUPS[name].at,
    run: (pace) => cleanUp(database, name, pace),
  }))

/** Runs every job once a day in one of the workers; a turn that was missed is made up for at the start. */
export const startDaily = ({
  database,
  log,
  metrics,
  jobs = cleanupJobs(database),
  now = () => new Date(),
  everyMs = EVERY_MS,
}: Options) => {
  let isStopping = false

  const runTurn = async ({ name, at, run }: DailyJob) => {
    const turn = await holdTurn(database, { job: name, dueAt: lastDue(at, now()) }, HOLD_MS)
    if (!turn) return
    let isMine = true
    const goesOn = async () => !isStopping && (isMine = await renewTurn(database, turn, HOLD_MS))
    try {
      const removed = await run({ goesOn })
      if (isStopping || !isMine) return
      await finishTurn(database, turn, removed)
      metrics.rowsRemoved.inc({ job: name }, removed)
      log.info({ job: name, removed }, 'cleaned up')
    } catch (err) {
      log.warn({ err, job: name }, 'clean-up failed, will try again')
      const lastError = err instanceof Error ? messageOf(err).slice(0, 500) : 'unknown'
      await failTurn(database, turn, lastError, RETRY_MS)
    }
  }

  const look = async () => {
    for (const job of jobs) {
      if (isStopping) return
      await runTurn(job).catch((err: unknown) => log.warn({ err, job: job.name }, 'the schedule cannot be read'))
    }
  }

  let running = look()
  const timer = setInterval(() => {
    running = running.then(look)
  }, everyMs)
  return {
    stop: async () => {
      isStopping = true
      clearInterval(timer)
      await running
    },
  }
}
