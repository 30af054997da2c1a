import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './index.ts'
import { outbox } from './schema/outbox.ts'

type Access = Pick<Database, 'system' | 'lookup'>

/** A row that a worker holds; `attempt` counts from 1 and fences whoever held it before. */
export type ClaimedRow = {
  id: string
  topic: string
  payload: Record<string, unknown>
  requestId: string | null
  attempt: number
  createdAtMs: number
}

const open = sql`${outbox.doneAt} is null and ${outbox.failedAt} is null`
const due = sql`${open} and ${outbox.availableAt} <= now()`
const inMs = (ms: number) => sql`now() + ${Math.round(ms)} * interval '1 millisecond'`

const write = <Row extends Record<string, unknown>>(database: Access, statement: SQL): Promise<Row[]> =>
  // postgres.js answers an array; the statements below say what is in it.
  database.system({}, 'write', async (db) => (await db.execute<Row>(statement)) as unknown as Row[])

/**
 * Names up to `limit` due rows and notes that they were handed to the queue. One that was handed over before
 * `lostAfterMs` and is still due got lost there and is named again; at once where it was held since and its lease has run
 * out. Two relays never name the same row.
 */
export const takeDue = (database: Access, { limit, lostAfterMs }: { limit: number; lostAfterMs: number }) =>
  write<{ id: string; topic: string }>(
    database,
    sql`with taken as (
          select ${outbox.id} from ${outbox}
          where ${due} and (${outbox.relayedAt} is null or ${outbox.relayedAt} < ${outbox.availableAt}
            or ${outbox.relayedAt} < ${inMs(-lostAfterMs)})
          order by ${outbox.availableAt}, ${outbox.id} limit ${limit} for update skip locked)
        update ${outbox} set relayed_at = now() from taken where ${outbox.id} = taken.id
        returning ${outbox.id}, ${outbox.topic}`,
  )

/** The queue did not take them: the next relay may try again at once. */
export const putBack = (database: Access, ids: string[]) =>
  write(database, sql`update ${outbox} set relayed_at = null where ${open} and ${outbox.id} in ${ids}`)

/** Holds a due row for `leaseMs`; null when it is done, given up, not due, or held by somebody else. */
export const claim = async (database: Access, id: string, leaseMs: number): Promise<ClaimedRow | null> => {
  const [row] = await write<ClaimedRow>(
    database,
    sql`update ${outbox} set attempts = ${outbox.attempts} + 1, available_at = ${inMs(leaseMs)}
        where ${outbox.id} = ${id} and ${due}
        returning ${outbox.id}, ${outbox.topic}, ${outbox.payload}, ${outbox.requestId} as "requestId",
          ${outbox.attempts} as attempt, (extract(epoch from ${outbox.createdAt}) * 1000)::float8 as "createdAtMs"`,
  )
  return row ?? null
}

type Held = Pick<ClaimedRow, 'id' | 'attempt'>

const settle = (database: Access, { id, attempt }: Held, change: SQL) =>
  write(
    database,
    sql`update ${outbox} set ${change} where ${outbox.id} = ${id} and ${outbox.attempts} = ${attempt} and ${open}`,
  )

/** Another `leaseMs` from now, for whoever still holds it. */
export const renew = (database: Access, row: Held, leaseMs: number) =>
  settle(database, row, sql`available_at = ${inMs(leaseMs)}`)

export const markDone = (database: Access, row: Held) => settle(database, row, sql`done_at = now(), last_error = null`)

export const retryLater = (database: Access, row: Held, delayMs: number, lastError: string) =>
  settle(database, row, sql`available_at = ${inMs(delayMs)}, relayed_at = null, last_error = ${lastError}`)

/** The dead letter: nobody tries again until a person clears `failed_at`. */
export const giveUp = (database: Access, row: Held, lastError: string) =>
  settle(database, row, sql`failed_at = now(), last_error = ${lastError}`)

/** How many rows are open, and the age of the oldest in seconds (0 when none is). */
export const backlog = async (database: Pick<Database, 'lookup'>) => {
  const [row] = await database.lookup<{ pending: number; oldestSeconds: number }>(
    `select count(*)::int as pending, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds"
     from outbox where done_at is null and failed_at is null`,
    [],
  )
  return row ?? { pending: 0, oldestSeconds: 0 }
}
