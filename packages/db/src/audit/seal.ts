import { sql, type SQL } from 'drizzle-orm'
import type { Database, SystemDb } from '../index.ts'
import { NOTHING_BEFORE, PLATFORM_CHAIN, type Link, type Sealer } from './links.ts'
import { readRecord, RECORD_COLUMNS, type RecordColumns } from './records.ts'

type Access = Pick<Database, 'system' | 'lookup'>

/** One sealer at a time, in whichever process; dropping months waits for it. */
export const SEALER_LOCK = 7_306_114_922
/** About 30 ms of hashing: the worker has other things to do. */
const BATCH = 2_000

/**
 * `lastId` was the last number given out some time ago; once no transaction that runs at `horizon` is left, no row up to it
 * can appear any more.
 */
type Mark = { lastId: number; horizon: bigint | null }

type Position = { lastId: number; oldest: string; next: string }

/** Seals rows of the audit log as they are committed, in the order of their numbers; late ones when they come. */
export const createSealing = (database: Access, sealer: Sealer, { batch = BATCH } = {}) => {
  let mark: Mark | null = null

  /** How many were sealed; 0 also while another process seals. */
  const run = async () => {
    const [position] = await database.lookup<Position>(
      `select coalesce(pg_sequence_last_value('audit_log_id_seq'), 0)::float8 as "lastId",
         pg_snapshot_xmin(pg_current_snapshot())::text as oldest, pg_snapshot_xmax(pg_current_snapshot())::text as next`,
      [],
    )
    const { lastId, oldest, next } = position!
    // A turn later: whoever drew a number up to `lastId` has a transaction number by now.
    if (mark && mark.horizon === null) mark.horizon = BigInt(next)
    const settled = mark && mark.horizon !== null && BigInt(oldest) >= mark.horizon ? mark : null

    let sealed = 0
    let after = 0
    for (;;) {
      const done = await sealBatch(database, sealer, after, batch)
      if (!done) return sealed
      sealed += done.sealed
      if (done.last === null) break
      after = done.last
    }
    if (settled) {
      await database.system({}, 'write', (db) =>
        db.execute(sql`update audit_sealing set settled_id = ${settled.lastId} where settled_id < ${settled.lastId}`),
      )
      mark = null
    }
    mark ??= { lastId, horizon: null }
    return sealed
  }
  return { run }
}

type Head = { chain: string; seq: number; hash: Buffer; sealedAtMs: number }

const sealBatch = (database: Access, sealer: Sealer, after: number, batch: number) =>
  database.system({}, 'write', async (db) => {
    const [turn] = await rowsOf<{ isMine: boolean; nowMs: number }>(
      db,
      sql`select pg_try_advisory_xact_lock(${SEALER_LOCK}) as "isMine",
        (extract(epoch from date_trunc('milliseconds', now())) * 1000)::float8 as "nowMs"`,
    )
    if (!turn!.isMine) return null
    // Statements of their own: they have to see what the sealer before us has committed. Two ranges instead of one NOT EXISTS,
    // whose plan depends on statistics that a burst of rows outruns; of a limit that is a parameter, PostgreSQL would expect a tenth
    // of the table.
    const page = await rowsOf<{ id: number }>(
      db,
      sql`select a.id::float8 as id from audit_log a
        where a.id > greatest(${after}::bigint, (select settled_id from audit_sealing))
        order by a.id limit ${sql.raw(String(batch))}`,
    )
    const [first, last] = [page[0]?.id, page.at(-1)?.id]
    if (first === undefined || last === undefined) return { sealed: 0, last: null }
    const sealed = new Set(
      (
        await rowsOf<{ id: number }>(
          db,
          sql`select audit_id::float8 as id from audit_seals where audit_id between ${first} and ${last}`,
        )
      ).map(({ id }) => id),
    )
    const next = page.length < batch ? null : last
    if (page.every(({ id }) => sealed.has(id))) return { sealed: 0, last: next }
    const rows = (
      await rowsOf<RecordColumns>(
        db,
        sql`select ${sql.raw(RECORD_COLUMNS)} from audit_log a where a.id between ${first} and ${last} order by a.id`,
      )
    ).filter(({ id }) => !sealed.has(id))

    const heads = new Map(
      (
        await rowsOf<Head>(
          db,
          sql`select chain, seq::float8 as seq, hash, (extract(epoch from sealed_at) * 1000)::float8 as "sealedAtMs" from audit_chains`,
        )
      ).map((head) => [head.chain, head]),
    )
    const moved = new Set<Head>()
    const links = rows.map((row) => {
      const chain = row.companyId ?? PLATFORM_CHAIN
      const head = heads.get(chain) ?? { chain, seq: 0, hash: NOTHING_BEFORE, sealedAtMs: 0 }
      const { kid } = sealer
      const parts = sealer.partsOf(kid, chain, readRecord(row))
      const sealedAtMs = Math.max(turn!.nowMs, head.sealedAtMs)
      const link: Link = { chain, seq: head.seq + 1, auditId: row.id, atMs: row.atMs, sealedAtMs, kid, parts }
      head.hash = sealer.hashOf(link, head.hash)
      head.seq = link.seq
      head.sealedAtMs = sealedAtMs
      heads.set(chain, head)
      moved.add(head)
      return { ...link, parts: parts.toString('hex'), hash: head.hash.toString('hex') }
    })
    const headsMoved = [...moved].map((head) => ({ ...head, hash: head.hash.toString('hex') }))
    await db.execute(sql`
      insert into audit_seals (chain, seq, audit_id, at, sealed_at, kid, parts, hash)
      select chain, seq, "auditId", ${instant('atMs')}, ${instant('sealedAtMs')}, kid, decode(parts, 'hex'), decode(hash, 'hex')
      from json_to_recordset(${JSON.stringify(links)}::json) as link
        (chain uuid, seq bigint, "auditId" bigint, "atMs" bigint, "sealedAtMs" bigint, kid text, parts text, hash text)`)
    await db.execute(sql`
      insert into audit_chains (chain, seq, hash, sealed_at)
      select chain, seq, decode(hash, 'hex'), ${instant('sealedAtMs')}
      from json_to_recordset(${JSON.stringify(headsMoved)}::json) as head (chain uuid, seq bigint, hash text, "sealedAtMs" bigint)
      on conflict (chain) do update set seq = excluded.seq, hash = excluded.hash, sealed_at = excluded.sealed_at`)
    return { sealed: rows.length, last: next }
  })

const rowsOf = async <Row extends Record<string, unknown>>(db: SystemDb, statement: SQL) =>
  // The statement's author states the row type.
  [...(await db.execute<Row>(statement))] as unknown as Row[]

const instant = (column: string) => sql.raw(`to_timestamp("${column}" / 1000.0)`)

/** What waits for its seal, for whoever watches over it. */
export const readUnsealed = async (database: Pick<Database, 'lookup'>) => {
  const [row] = await database.lookup<{ rows: number; oldestSeconds: number }>(
    `with missing as (
       select id from audit_log where id > (select settled_id from audit_sealing)
       except select audit_id from audit_seals where audit_id > (select settled_id from audit_sealing)
     )
     select count(*)::float8 as rows,
       coalesce((select extract(epoch from now() - min(at)) from audit_log where id = min(missing.id)), 0)::float8 as "oldestSeconds"
     from missing`,
    [],
  )
  return row!
}
