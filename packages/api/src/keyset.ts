import { and, eq, sql, type Placeholder, type SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { PAGE_LIMIT } from '@servai/contract/fields'
import type { CompanyDb } from '@servai/db'
import { DomainError } from './errors.ts'
import { decodeCursor } from './page.ts'

type Table = PgTable & { id: PgColumn }
export type Order = 'asc' | 'desc'

const TYPES = {
  text: sql`text`,
  integer: sql`integer`,
  numeric: sql`numeric`,
  date: sql`date`,
  instant: sql`timestamptz`,
}

/** What rows are sorted by, before their id; `null` for the id alone, which as a UUIDv7 grows with time. */
export type Sort = { by: PgColumn; type: keyof typeof TYPES; isNullable?: true } | null

type Value = string | number | null
type Given<T> = T | Placeholder

/** Where a page starts; the values of a prepared statement are placeholders. */
export type Start = { kind: 'top' } | { kind: 'value' | 'null'; value: Given<Value>; id: Given<string> }

/**
 * The row after which the page starts.
 *
 * @throws invalid request.invalid for a cursor of another list or sort
 */
export const startOf = (cursor: string | undefined, sort: Sort): Start => {
  const position = decodeCursor(cursor)
  if (!position) return { kind: 'top' }
  const { value, id } = position
  const fits = sort
    ? value === null
      ? sort.isNullable
      : typeof value === (sort.type === 'integer' ? 'number' : 'string')
    : value === null
  if (!fits)
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })
  return { kind: value === null ? 'null' : 'value', value, id }
}

const directionOf = (order: Order) => (order === 'asc' ? sql`asc` : sql`desc`)

/**
 * Order of the rows of a page, or of those joined to its keys. PostgreSQL puts NULL last in
 * ascending and first in descending order; so do the indexes and so does `segmentsAfter`.
 */
export const orderOfPage = (sort: Sort, order: Order, page = sql`page`) => {
  const direction = directionOf(order)
  return sort ? sql`${page}.key ${direction}, ${page}.id ${direction}` : sql`${page}.id ${direction}`
}

/**
 * A value that the planner cannot look at. Near the end of a list it would count on a page of one row, and plan each
 * such page anew for being cheaper than any other.
 */
export const unseen = (value: SQL): SQL => sql`(select ${value})`

const LONGEST_PAGE = PAGE_LIMIT + 1

/**
 * The first `limit` rows of a statement on `table`. Of a parameter alone PostgreSQL expects a tenth of the table, and
 * would therefore plan every execution anew; a number besides tells it that a page is short.
 */
export const firstOf = (table: Table, rows: SQL, order: SQL, limit: number): SQL => {
  const atMost = sql.raw(String(Math.max(limit, LONGEST_PAGE)))
  return sql`select * from (${rows} order by ${order} limit ${atMost}) ${table} order by ${order} limit ${limit}`
}

/** One range of the index, or two where the rows with NULL follow or precede the others. */
const segmentsAfter = (table: Table, sort: Sort, order: Order, start: Start): (SQL | undefined)[] => {
  if (start.kind === 'top') return [undefined]
  const beyond = order === 'asc' ? sql`>` : sql`<`
  const id = unseen(sql`${start.id}::uuid`)
  const idBeyond = sql`${table.id} ${beyond} ${id}`
  if (!sort) return [idBeyond]
  if (start.kind === 'null') {
    const rest = sql`${sort.by} is null and ${idBeyond}`
    return order === 'asc' ? [rest] : [rest, sql`${sort.by} is not null`]
  }
  const value = unseen(sql`${start.value}::${TYPES[sort.type]}`)
  const rest = sql`(${sort.by}, ${table.id}) ${beyond} (${value}, ${id})`
  return sort.isNullable && order === 'asc' ? [rest, sql`${sort.by} is null`] : [rest]
}

type PageOf = { where: SQL | undefined; sort: Sort; order: Order; start: Start; limit: number }

const cutPage = (table: Table, columns: SQL, { where, sort, order, start, limit }: PageOf): SQL => {
  const by = sort?.by ?? table.id
  const inOrder = sql`key ${directionOf(order)}, id ${directionOf(order)}`
  const segments = segmentsAfter(table, sort, order, start).map((after) => {
    const condition = and(where, after) ?? sql`true`
    return firstOf(table, sql`select ${columns}, ${by} as key from ${table} where ${condition}`, inOrder, limit)
  })
  const [first, second] = segments
  if (!first || !second) return first ?? sql``
  return sql`select * from ((${first}) union all (${second})) segments order by ${inOrder} limit ${limit}`
}

/**
 * Sub-select of the ids of one page and of one row more: joins and counts then touch no other row. Every page costs
 * the same, because each segment starts at its place in the index.
 */
export const keysOfPage = (table: Table, page: PageOf): SQL => cutPage(table, sql`${table.id} as id`, page)

/** The same with all columns, for a statement that reads nothing else of the table. */
export const rowsOfPage = (table: Table, page: PageOf): SQL => cutPage(table, sql`${table}.*`, page)

/** How many rows fit, counted no further than `atMost`. */
export const countRows = async (db: CompanyDb, table: Table, where: SQL | undefined, atMost: number) => {
  const [row] = (await db.execute<{ count: number }>(
    sql`select count(*)::int as count from (select from ${table} where ${where ?? sql`true`} limit ${atMost}) counted`,
    // postgres.js answers an array; the statement says what is in it.
  )) as unknown as [{ count: number }]
  return row.count
}

/** The same for a single row. */
export const keyOfRow = (table: Table, id: Given<string>, where: SQL | undefined): SQL =>
  sql`select ${table.id} as id from ${table} where ${and(eq(table.id, id), where)}`

export const rowOf = (table: Table, id: Given<string>, where: SQL | undefined): SQL =>
  sql`select ${table}.* from ${table} where ${and(eq(table.id, id), where)}`

/** `%`, `_` and `\` of a search stand for themselves. */
export const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&')

export const contains = (column: PgColumn | SQL, text: Given<string>) =>
  sql`${column} ilike ${typeof text === 'string' ? `%${escapeLike(text)}%` : text}`

/** One parameter whatever the number of ids, so that the statement stays the same. */
export const isOneOf = (column: PgColumn, ids: readonly string[] | Placeholder) =>
  sql`${column} = any (string_to_array(${Array.isArray(ids) ? ids.join(',') : ids}, ',')::uuid[])`
