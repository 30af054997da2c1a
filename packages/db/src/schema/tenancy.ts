import { sql, type SQL } from 'drizzle-orm'
import {
  check,
  customType,
  index,
  integer,
  pgPolicy,
  pgRole,
  primaryKey,
  timestamp,
  uuid,
  type AnyPgColumn,
  type PgColumn,
} from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { TIMEZONE_PATTERN } from './timezones.ts'

/** Serves requests; sees one company at a time. */
export const appRole = pgRole('servai_app').existing()
/** Sign-in, sessions, the outbox relay and platform work. */
export const systemRole = pgRole('servai_system').existing()
/** Owns everything, and is held by forced row-level security all the same. */
export const ownerRole = pgRole('servai_owner').existing()

/** Company of the current transaction; NULL, hence no rows, when none was opened. */
export const currentCompany = sql`nullif(current_setting('app.company_id', true), '')::uuid`
/** A sub-select becomes an init plan: evaluated once per query, and the key is used. */
export const companyScope = sql`(select ${currentCompany})`

export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** `version` and `updated_at` are bumped by the trigger `touch_row`, which no statement can forget. */
export const rowColumns = {
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  version: integer('version').notNull().default(1),
  deletedAt: instant('deleted_at'),
  deletedBy: uuid('deleted_by'),
}

export const companyColumns = {
  companyId: uuid('company_id').notNull().default(currentCompany),
  id: uuid('id').notNull().$defaultFn(uuidv7),
  ...rowColumns,
  /** Of a row that was removed together with what it hangs on: the id of that. Restoring brings back exactly these. */
  deletedWith: uuid('deleted_with'),
}

type CompanyTable = { companyId: PgColumn; id: PgColumn }

const systemAccess = pgPolicy('system_access', { to: systemRole, using: sql`true`, withCheck: sql`true` })

/** The wall: primary key and policies of every table that belongs to a company. */
export const isolate = (t: CompanyTable) => [
  primaryKey({ columns: [t.companyId, t.id] }),
  pgPolicy('company_isolation', {
    to: appRole,
    using: sql`${t.companyId} = ${companyScope}`,
    withCheck: sql`${t.companyId} = ${companyScope}`,
  }),
  systemAccess,
]

/** Row-level security keeps LIKE and similarity off their indexes; the owner, in `search_people`, reads past it. */
export const readByOwner = () => pgPolicy('search', { to: ownerRole, for: 'select', using: sql`true` })

/** Finds what went with a row, for bringing it back. */
export const removedWith = (table: string, t: { companyId: PgColumn; deletedWith: PgColumn }) =>
  index(`${table}_removed_with`)
    .on(t.companyId, t.deletedWith)
    .where(sql`${t.deletedWith} is not null`)

type BulkTable = { companyId: PgColumn }

/** The wall of working data that comes and goes by the hundred thousand: neither versioned nor audited. */
export const bulkWall = (t: BulkTable) => [
  pgPolicy('company_isolation', {
    to: appRole,
    using: sql`${t.companyId} = ${companyScope}`,
    withCheck: sql`${t.companyId} = ${companyScope}`,
  }),
  systemAccess,
]

/** Policy of identity tables: requests never touch them, only the system role does. */
export const systemOnly = () => [systemAccess]

/** `text({ enum })` narrows the type only; this makes the database refuse the rest. */
export const oneOf = (name: string, column: AnyPgColumn, values: readonly string[]) =>
  check(name, sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`)

export const active = (t: { deletedAt: PgColumn }): SQL => sql`${t.deletedAt} is null`

/** Browsers and Node know zones that PostgreSQL may not; such a name would break every query that asks for today. */
export const knownTimezone = (name: string, column: AnyPgColumn) =>
  check(
    name,
    sql`${column} ~ ${sql.raw(`'${TIMEZONE_PATTERN}'`)} and (timestamptz 'epoch' at time zone ${column}) is not null`,
  )
