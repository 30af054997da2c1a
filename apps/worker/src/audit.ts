import { appendFile } from 'node:fs/promises'
import { noteAnchored, readAnchor } from '@servai/db/audit/anchor'
import type { Sealer } from '@servai/db/audit/links'
import { createMonths, dropMonths, readDaysAhead } from '@servai/db/audit/months'
import { createSealing, readUnsealed } from '@servai/db/audit/seal'
import { noteVerified, readVerified, verifyAudit } from '@servai/db/audit/verify'
import type { Database } from '@servai/db'
import type { Logger } from '@servai/telemetry/log'
import type { Metrics } from '@servai/telemetry/metrics'
import type { DailyJob } from './daily.ts'

type Options = {
  database: Database
  sealer: Sealer
  log: Logger
  metrics: Metrics
  retentionDays: number
  anchorFile?: string | undefined
  /** How long a row waits for its seal, about. */
  everyMs?: number
}

const EVERY_MS = 1_000
const MONTHS_EVERY_MS = 3_600_000
const MAX_PAUSE_MS = 30_000

/** Seals rows within seconds of their commit, and makes months ahead. */
export const startSealing = ({ database, sealer, log, metrics, everyMs = EVERY_MS }: Options) => {
  const sealing = createSealing(database, sealer)
  let isStopping = false
  let wake = () => {}
  let failures = 0
  let monthsDueAt = 0

  const turn = async () => {
    if (Date.now() >= monthsDueAt) {
      const made = await createMonths(database)
      if (made.length > 0) log.info({ months: made }, 'months of the audit log made')
      monthsDueAt = Date.now() + MONTHS_EVERY_MS
    }
    metrics.auditSealed.inc(await sealing.run())
  }
  const rest = () =>
    new Promise<void>((resolve) => {
      if (isStopping) return resolve()
      const timer = setTimeout(resolve, Math.min(everyMs * 2 ** failures, Math.max(everyMs, MAX_PAUSE_MS)))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const loop = async () => {
    while (!isStopping) {
      try {
        await turn()
        failures = 0
      } catch (err) {
        failures++
        log.warn({ err, failures }, 'the audit log could not be sealed, will try again')
      }
      await rest()
    }
  }

  const running = loop()
  return {
    stop: async () => {
      isStopping = true
      wake()
      await running
    },
  }
}

/** Once a night: what is too old goes, all that is left is verified, and the ends of the chains leave the database. */
export const auditJobs = ({ database, sealer, log, retentionDays, anchorFile }: Options): DailyJob[] => [
  { name: 'audit_months', at: '03:00', run: () => dropMonths(database, sealer, retentionDays) },
  {
    name: 'audit_proof',
    at: '03:30',
    run: async ({ goesOn }) => {
      const verdict = await verifyAudit(database, sealer, {
        onProgress: async () => {
          if (!(await goesOn())) throw new Error('stopped on the way')
        },
      })
      await noteVerified(database, verdict)
      for (const fault of verdict.faults) log.error({ fault }, 'the audit log is not as it was sealed')
      const anchor = await readAnchor(database)
      log.info({ anchor, rows: verdict.rows, faults: verdict.faults.length }, 'anchor of the audit log')
      if (anchorFile) await appendFile(anchorFile, `${JSON.stringify(anchor)}\n`, { mode: 0o600 })
      await noteAnchored(database)
      return 0
    },
  },
]

export const watchAudit = ({ database, metrics }: Pick<Options, 'database' | 'metrics'>) => {
  metrics.auditUnsealed.sampleFrom(async () => (await readUnsealed(database)).rows)
  metrics.auditUnsealedSeconds.sampleFrom(async () => (await readUnsealed(database)).oldestSeconds)
  metrics.auditDaysAhead.sampleFrom(() => readDaysAhead(database))
  const verified = async () => {
    const last = await readVerified(database)
    if (!last) throw new Error('never verified')
    return last
  }
  metrics.auditVerifiedSeconds.sampleFrom(async () => (await verified()).ageSeconds)
  metrics.auditFaults.sampleFrom(async () => (await verified()).faults)
}
