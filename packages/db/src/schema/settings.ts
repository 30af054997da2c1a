import { sql } from 'drizzle-orm'
import { foreignKey, integer, jsonb, pgPolicy, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { complexes } from './complexes.ts'
import { appRole, companyColumns, companyScope, instant, isolate, systemOnly, removedWith } from './tenancy.ts'

/** What a company, or one complex of it, has decided for itself. Absent: inherited. */
export const settings = pgTable(
  'settings',
  {
    ...companyColumns,
    /** NULL: for the whole company. */
    complexId: uuid('complex_id'),
    key: text('key').notNull(),
    /** Validated by the contract's registry of settings; NULL in JSON is a value of its own ("no limit"). */
    value: jsonb('value').$type<unknown>().notNull(),
  },
  (t) => [
    ...isolate(t),
    removedWith('settings', t),
    foreignKey({ name: 'settings_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    foreignKey({
      name: 'settings_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    unique('settings_once').on(t.companyId, t.complexId, t.key).nullsNotDistinct(),
  ],
)

/** What holds for every company that has not decided otherwise. */
export const platformSettings = pgTable(
  'platform_settings',
  {
    key: text('key').primaryKey(),
    value: jsonb('value').$type<unknown>().notNull(),
    version: integer('version').notNull().default(1),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    updatedBy: uuid('updated_by'),
  },
  () => [
    pgPolicy('companies_read', { to: appRole, for: 'select', using: sql`${companyScope} is not null` }),
    ...systemOnly(),
  ],
)
