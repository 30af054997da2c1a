import type { Database } from '@servai/db'
import { putBack, takeDue } from '@servai/db/outbox'
import type { Logger } from '@servai/telemetry/log'
import type { JobQueue } from './queue.ts'

export type RelayOptions = {
  database: Pick<Database, 'system' | 'lookup' | 'listen'>
  queue: Pick<JobQueue, 'add'>
  log: Logger
  /** How long a row waits at most for its relay when no NOTIFY came. */
  pollMs?: number
  /** A row that was handed over this long ago and is still open is handed over again. */
  lostAfterMs?: number
}

const BATCH = 100
/** Between attempts while the queue or the database is gone. */
const MAX_PAUSE_MS = 5_000

/** Hands due rows of the outbox to the queue: at once after a NOTIFY, else at the next poll. */
export const startRelay = async ({ database, queue, log, pollMs = 1_000, lostAfterMs = 60_000 }: RelayOptions) => {
  let isStopping = false
  let isWoken = false
  let wake = () => {}
  let failures = 0

  const notice = () => {
    isWoken = true
    if (failures === 0) wake()
  }

  const rest = () =>
    new Promise<void>((resolve) => {
      if ((isWoken && failures === 0) || isStopping) return resolve()
      const timer = setTimeout(resolve, Math.min(pollMs * 2 ** failures, Math.max(pollMs, MAX_PAUSE_MS)))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Noted as handed over, but the queue did not take them; kept here while the database cannot be told either. */
  let refused: string[] = []

  const relayBatch = async () => {
    if (refused.length > 0) await putBack(database, refused)
    refused = []
    const rows = await takeDue(database, { limit: BATCH, lostAfterMs })
    if (rows.length === 0) return false
    refused = rows.map(({ id }) => id)
    await queue.add(rows)
    refused = []
    return rows.length === BATCH
  }

  const loop = async () => {
    while (!isStopping) {
      isWoken = false
      try {
        while (!isStopping && (await relayBatch()));
        failures = 0
      } catch (err) {
        failures++
        log.warn({ err, failures }, 'relay failed, will try again')
      }
      await rest()
    }
  }

  const unlisten = await database.listen('outbox', notice)
  const running = loop()
  return {
    async stop() {
      isStopping = true
      wake()
      await Promise.all([running, unlisten().catch(() => undefined)])
    },
  }
}
