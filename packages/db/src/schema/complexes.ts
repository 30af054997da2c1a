import { sql } from 'drizzle-orm'
import { foreignKey, index, pgTable, pgView, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { active, companyColumns, isolate, knownTimezone } from './tenancy.ts'

export const complexes = pgTable(
  'complexes',
  {
    ...companyColumns,
    name: text('name').notNull(),
    city: text('city').notNull(),
    address: text('address').notNull(),
    /** IANA name; windows and deadlines of the complex follow it. */
    timezone: text('timezone').notNull(),
  },
  (t) => [
    ...isolate(t),
    knownTimezone('complexes_timezone', t.timezone),
    foreignKey({ name: 'complexes_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    uniqueIndex('complexes_name')
      .on(t.companyId, sql`lower(${t.name})`)
      .where(active(t)),
    index('complexes_by_name').on(t.companyId, t.name, t.id).where(active(t)),
    index('complexes_search').using(
      'gin',
      sql`(lower(${t.name} || ' ' || ${t.city} || ' ' || ${t.address})) gin_trgm_ops`,
    ),
  ],
)

export const complexesActive = pgView('complexes_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(complexes).where(active(complexes)))
