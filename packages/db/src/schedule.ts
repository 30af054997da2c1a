import { sql } from 'drizzle-orm'
import type { Database } from './index.ts'
import { scheduledRuns } from './schema/upkeep.ts'

type Access = Pick<Database, 'system'>

/** One turn of a job that comes round every day. */
export type Turn = { job: string; dueAt: Date }

/** A turn in the hands of this process, until it lets go or stops renewing. */
export type HeldTurn = Turn & { startedAt: string }

const DAY_MS = 86_400_000

/** The last time the clock (UTC) showed `at`, e.g. `02:00`. */
export const lastDue = (at: string, now: Date): Date => {
  const [hours, minutes] = at.split(':').map(Number)
  const today = new Date(now).setUTCHours(hours ?? 0, minutes ?? 0, 0, 0)
  return new Date(today <= now.getTime() ? today : today - DAY_MS)
}

const write = <Row extends Record<string, unknown>>(database: Access, statement: ReturnType<typeof sql>) =>
  // postgres.js answers an array; the statements below say what is in it.
  database.system({}, 'write', async (db) => (await db.execute<Row>(statement)) as unknown as Row[])

const heldFor = (ms: number) => sql`now() + ${ms} * interval '1 millisecond'`

const mine = ({ job, dueAt, startedAt }: HeldTurn) =>
  sql`job = ${job} and due_at = ${dueAt.toISOString()} and started_at = ${startedAt}::text::timestamptz and finished_at is null`

/** Null when the turn is done, or in other hands that still renew it. */
export const holdTurn = async (database: Access, { job, dueAt }: Turn, holdMs: number): Promise<HeldTurn | null> => {
  const [held] = await write<{ startedAt: string }>(
    database,
    sql`insert into ${scheduledRuns} (job, due_at, held_until) values (${job}, ${dueAt.toISOString()}, ${heldFor(holdMs)})
        on conflict (job, due_at) do update set held_until = excluded.held_until, started_at = clock_timestamp()
        where scheduled_runs.finished_at is null and scheduled_runs.held_until < now()
        returning started_at::text as "startedAt"`,
  )
  return held ? { job, dueAt, startedAt: held.startedAt } : null
}

/** False when another process has taken the turn over: whoever reads that stops. */
export const renewTurn = async (database: Access, turn: HeldTurn, holdMs: number): Promise<boolean> =>
  (
    await write(
      database,
      sql`update ${scheduledRuns} set held_until = ${heldFor(holdMs)} where ${mine(turn)} returning 1 as renewed`,
    )
  ).length > 0

export const finishTurn = (database: Access, turn: HeldTurn, rowsRemoved: number) =>
  write(
    database,
    sql`update ${scheduledRuns} set finished_at = clock_timestamp(), rows_removed = ${rowsRemoved}, last_error = null where ${mine(turn)}`,
  )

/** Somebody tries again after `retryMs`. */
export const failTurn = (database: Access, turn: HeldTurn, lastError: string, retryMs: number) =>
  write(
    database,
    sql`update ${scheduledRuns} set held_until = ${heldFor(retryMs)}, last_error = ${lastError} where ${mine(turn)}`,
  )
