import { sql } from 'drizzle-orm'
import type { Database } from '../index.ts'
import type { Sealer } from './links.ts'
import { SEALER_LOCK } from './seal.ts'

/** How far ahead rows find a place although no worker runs. */
const MONTHS_AHEAD = '3 months'

/** Names the months that were missing. */
export const createMonths = async (database: Pick<Database, 'lookup'>) => {
  const made = await database.lookup<{ name: string }>(
    'select name from create_audit_months(now() + $1::text::interval) name',
    [MONTHS_AHEAD],
  )
  return made.map(({ name }) => name)
}

/** The last month that has a place, as days from now to its end. */
export const readDaysAhead = async (database: Pick<Database, 'lookup'>) => {
  const [row] = await database.lookup<{ days: number }>(
    `select (extract(epoch from max(to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' - now()) / 86400)::float8 as days
     from pg_inherits join pg_class on oid = inhrelid where inhparent = 'audit_log'::regclass`,
    [],
  )
  return row!.days
}

export class UnsealedError extends Error {
  override name = 'UnsealedError'
}

/**
 * Drops whole months that ended more than `days` ago, and says, under the key, where each chain begins from then on. Returns
 * how many sealed rows went.
 *
 * @throws UnsealedError while rows of those months wait for their seal
 */
export const dropMonths = (database: Pick<Database, 'system'>, sealer: Sealer, days: number) =>
  database.system({}, 'write', async (db) => {
    await db.execute(sql`set local statement_timeout = '5min'`)
    await db.execute(sql`select pg_advisory_xact_lock(${SEALER_LOCK})`)
    const [end] = [
      ...(await db.execute<{ at: string | null; atMs: number }>(sql`
        select max(month)::text as at, (extract(epoch from max(month)) * 1000)::float8 as "atMs" from (
          select (to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' as month
          from pg_inherits join pg_class on oid = inhrelid where inhparent = 'audit_log'::regclass
        ) ended where month <= now() - ${days} * interval '1 day'`)),
    ]
    if (!end?.at) return 0
    const since = sql`${end.at}::timestamptz`

    const [unsealed] = [
      ...(await db.execute<{ id: number }>(sql`
        select a.id::float8 as id from audit_log a
        where a.at < ${since} and not exists (select from audit_seals s where s.audit_id = a.id) limit 1`)),
    ]
    if (unsealed) throw new UnsealedError(`row ${unsealed.id} of the audit log is not sealed yet; its month stays`)

    const chains = [
      ...(await db.execute<{ chain: string; from: number; seq: number; hash: Buffer | null }>(sql`
        select c.chain, c.dropped_seq::float8 as from, coalesce(last.seq, c.dropped_seq)::float8 as seq, coalesce(last.hash, c.dropped_hash) as hash
        from audit_chains c
        left join lateral (
          select seq, hash from audit_seals s where s.chain = c.chain and s.sealed_at < ${since} order by seq desc limit 1
        ) last on true`)),
    ]
    const beginnings = chains.map(({ chain, seq, hash }) => {
      const { kid } = sealer
      const mac = sealer.macOf({ chain, seq, hash, rowsSinceMs: end.atMs, kid })
      return { chain, seq, hash: hash?.toString('hex') ?? null, kid, mac: mac.toString('hex') }
    })
    await db.execute(sql`
      update audit_chains c set dropped_seq = b.seq, dropped_hash = decode(b.hash, 'hex'), rows_since = ${since},
        dropped_kid = b.kid, dropped_mac = decode(b.mac, 'hex')
      from json_to_recordset(${JSON.stringify(beginnings)}::json) as b (chain uuid, seq bigint, hash text, kid text, mac text)
      where c.chain = b.chain`)
    await db.execute(sql`select drop_audit_months(${since})`)
    return chains.reduce((sum, { from, seq }) => sum + seq - from, 0)
  })
