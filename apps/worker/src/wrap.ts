import { setTimeout as sleep } from 'node:timers/promises'

import { jobOf } from '@servai/api/jobs'
import type { Job, JobCtx, JobOutcome } from '@servai/api/jobs'
import { claim, giveUp, markDone, renew, retryLater } from '@servai/db/outbox'
import type { ClaimedRow } from '@servai/db/outbox'
import type { Mailbox, MailTransport } from '@servai/email/transports'
import { messageOf } from '@servai/telemetry/redact'
import { within } from './deadline.ts'
import type { Ticket } from './queue.ts'

export type Retries = {
  maxAttempts: number
  /** Before attempt 2; three times as long before each further one, with a fifth of chance, up to `maxDelayMs`. */
  firstDelayMs: number
  maxDelayMs: number
}

/** Ten attempts over about four hours: longer than most outages of a mail provider, shorter than a link lives. */
export const RETRIES: Retries = { maxAttempts: 10, firstDelayMs: 5_000, maxDelayMs: 3_600_000 }

export type RunnerOptions = Omit<JobCtx, 'mail' | 'emittedAt'> & {
  transport: Pick<MailTransport, 'send'>
  from: Mailbox
  appUrl: string
  /** An error that another attempt cannot change. */
  isHopeless: (error: unknown) => boolean
  retries?: Retries
  /** How long a row stays with a worker that gives no sign of life. */
  leaseMs?: number | undefined
}

/** Longer than the database is away when it is restarted, and short for whoever waits for the job of a worker that died. */
const LEASE_MS = 20_000
const RENEWALS_PER_LEASE = 4

export const delayBefore = (attempt: number, { firstDelayMs, maxDelayMs }: Retries, chance = Math.random()) =>
  Math.min(firstDelayMs * 3 ** (attempt - 2), maxDelayMs) * (0.9 + chance * 0.2)

/** Runs the job of one outbox row, if the row is still due, and writes down how it went. Throws only when that fails. */
export const createRunner = (options: RunnerOptions) => {
  const { database, metrics, log, retries = RETRIES, leaseMs = LEASE_MS } = options

  const run = (job: Job, row: ClaimedRow, jobLog: JobCtx['log']): Promise<JobOutcome> => {
    const { transport, from, appUrl, tokenKeys, principals, now } = options
    const send: JobCtx['mail']['send'] = async (to, message) => {
      const { providerId } = await transport.send({ to, from, message, idempotencyKey: row.id })
      jobLog.info({ providerId }, 'mail sent')
    }
    const ctx: JobCtx = {
      database,
      tokenKeys,
      principals,
      metrics,
      log: jobLog,
      now,
      mail: { sender: { appUrl, senderName: from.name }, send },
      emittedAt: new Date(row.createdAtMs),
    }
    const renewal = setInterval(
      () => void renew(database, row, leaseMs).catch((err: unknown) => jobLog.warn({ err }, 'lease not renewed')),
      leaseMs / RENEWALS_PER_LEASE,
    )
    // `jobOf` found this handler by the topic that the payload was emitted under.
    return within(job.timeoutMs, job.handle(ctx, row.payload as never)).finally(() => clearInterval(renewal))
  }

  const settleFailure = async (row: ClaimedRow, error: unknown): Promise<'retried' | 'dead'> => {
    const reason = error instanceof Error ? `${error.name}: ${messageOf(error)}`.slice(0, 500) : 'unknown'
    const isDead = row.attempt >= retries.maxAttempts || options.isHopeless(error)
    await insist(() =>
      isDead ? giveUp(database, row, reason) : retryLater(database, row, delayBefore(row.attempt + 1, retries), reason),
    )
    return isDead ? 'dead' : 'retried'
  }

  return async ({ id, topic }: Ticket): Promise<void> => {
    const job = jobOf(topic)
    const row = await insist(() => claim(database, id, leaseMs))
    if (!row) return
    const jobLog = log.child({ job: topic, jobId: id, attempt: row.attempt, requestId: row.requestId ?? undefined })
    const started = performance.now()
    const count = (outcome: string) => {
      const durationMs = Math.round(performance.now() - started)
      metrics.jobs.inc({ job: topic, outcome })
      metrics.jobSeconds.observe({ job: topic }, durationMs / 1000)
      return { durationMs, outcome }
    }

    let outcome: JobOutcome
    try {
      // Only crashes lead here: a job that fails is given up when it fails.
      if (row.attempt > retries.maxAttempts) throw new Error('the process ended during every attempt')
      if (!job) throw new Error('this release has no job for the topic')
      outcome = await run(job, row, jobLog)
    } catch (error) {
      const ending = await settleFailure(row, error)
      return jobLog[ending === 'dead' ? 'error' : 'warn']({ err: error, ...count(ending) }, 'job failed')
    }
    await insist(() => markDone(database, row))
    jobLog.info(count(outcome), 'job finished')
  }
}

const INSIST_PAUSES_MS = [100, 400, 1_500, 3_000]

/** Rides out a short loss of the database: no ticket is wasted on it, and what was sent is written down as sent. */
const insist = async <T>(write: () => Promise<T>): Promise<T> => {
  for (const pauseMs of INSIST_PAUSES_MS) {
    try {
      return await write()
    } catch {
      await sleep(pauseMs)
    }
  }
  return write()
}
