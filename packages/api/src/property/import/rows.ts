import { sql, type SQL } from 'drizzle-orm'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { importRows } from '@servai/db/schema/imports'
import type { Actor } from '../../actor.ts'
import type { Scope } from '../policy.ts'

/** Rows by number of the sheet, from one to another. */
export type RowRange = { first: number; last: number }

/** Where the rows of an import may lead: the complex it is bound to, or any of the actor's scope that they name. */
export type Target = { importId: string; complexId: string | null; actor: Actor; scope: Scope }

/** Those that applying the import may come to: neither refused nor skipped. */
export const GOOD = sql`i.state in ('new', 'changed', 'unchanged')`
/** Those of them that applying it writes. */
export const WRITTEN = sql`i.state in ('new', 'changed')`

/** What a postgres.js answer is: an array of the rows that the statement describes. */
export const rowsOf = <Row extends Record<string, unknown>>(answer: unknown) => answer as Row[]

export const execute = async <Row extends Record<string, unknown>>(db: CompanyDb, statement: SQL) =>
  rowsOf<Row>(await db.execute(statement))

/**
 * For the rest of the transaction. Its tables grow by the thousand before anybody has counted their rows again: taken
 * for empty, they would be searched from end to end once for every row. A hash join costs the same whatever is believed.
 */
export const planForBulk = (db: CompanyDb) =>
  db.execute(
    sql`select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`,
  )

/** How long an import waits for another one of the same complex. */
const LOCK_WAIT_MS = 100_000

/** Runs `work` with so much time for its locks; they may be waited for as long until the end of the transaction. */
export const patiently = async <T>(db: CompanyDb, work: () => Promise<T>): Promise<T> => {
  await db.execute(sql.raw(`set local lock_timeout = ${LOCK_WAIT_MS}`))
  const limits = await execute<{ statement: string }>(db, sql`select current_setting('statement_timeout') as statement`)
  await db.execute(sql.raw(`set local statement_timeout = ${LOCK_WAIT_MS}`))
  const result = await work()
  await db.execute(sql`select set_config('statement_timeout', ${limits[0]?.statement ?? '5s'}, true)`)
  return result
}

/** How many rows a statement has written. */
export const written = async (db: CompanyDb, statement: SQL) => {
  const { count } = (await db.execute(statement)) as unknown as { count: number }
  return count
}

/** Ranges of so many rows each, so that no statement runs for long. */
export async function* rangesOf(db: CompanyDb, importId: string, size: number, state: SQL = GOOD) {
  let last = 0
  for (;;) {
    const [range] = await execute<{ first: number | null; last: number | null }>(
      db,
      sql`select min(row) as first, max(row) as last from (
        select i.row from ${importRows} i where i.import_id = ${importId}::uuid and i.row > ${last} and ${state}
        order by i.row limit ${size}) page`,
    )
    if (!range || range.first === null || range.last === null) return
    yield { first: range.first, last: range.last } satisfies RowRange
    last = range.last
  }
}

/** The same rows, to be written. */
export const isIn = (importId: string, { first, last }: RowRange) =>
  sql`i.import_id = ${importId}::uuid and i.row between ${first} and ${last}`

/** `from` item `r`: the rows of the range with what they say as columns. */
export const rowsIn = (importId: string, columns: SQL, range: RowRange | null, state: SQL = GOOD) => sql`(
  select i.row, i.state, i.changes, d.* from ${importRows} i
  cross join lateral jsonb_to_record(i.data) as d(${columns})
  where i.import_id = ${importId}::uuid and ${state}
    ${range ? sql`and i.row between ${range.first} and ${range.last}` : sql``}) r`

/** The complex `c` of a row `r`; NULL where it names none that is there and may be changed. */
export const joinComplex = ({ complexId, scope }: Target) => sql`left join ${complexes} c
  on c.deleted_at is null
  and ${complexId === null ? sql`lower(c.name) = r.complex` : sql`c.id = ${complexId}::uuid`}
  and ${scope === 'company' ? sql`true` : sql`c.id = any (string_to_array(${scope.join(',')}, ',')::uuid[])`}`

/** A problem of a row as PostgreSQL writes it. */
export const problem = (column: string | null, name: string, value: SQL, sameAsRow: SQL = sql`null::int`) =>
  sql`jsonb_build_array(jsonb_build_object('column', ${column}::text, 'problem', ${name}::text, 'value', coalesce(${value}, ''), 'sameAsRow', ${sameAsRow}))`

/** `[old, new]` where the row says something else than the registry, else NULL. */
export const difference = (old: SQL, said: SQL) =>
  sql`case when ${said} is distinct from ${old} and ${said} is not null then jsonb_build_array(${old}, ${said}) end`

/** Of `name, [old, new]` pairs, those that differ; NULL where nothing does. */
export const changesOf = (fields: Record<string, SQL>) =>
  sql`nullif(jsonb_strip_nulls(jsonb_build_object(${sql.join(
    Object.entries(fields).map(([name, change]) => sql`${sql.raw(`'${name}'`)}, ${change}`),
    sql`, `,
  )})), '{}')`
