import { sql } from 'drizzle-orm'
import { foreignKey, pgTable, pgView, text, unique, uniqueIndex } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { UNIT_TYPES } from './enums.ts'
import { active, companyColumns, isolate, oneOf } from './tenancy.ts'

/** A company's own name for units of one of the general types: "Atelier" for commercial ones, say. */
export const unitTypes = pgTable(
  'unit_types',
  {
    ...companyColumns,
    name: text('name').notNull(),
    /** What it counts as wherever rules and texts know the general types only. */
    type: text('type', { enum: UNIT_TYPES }).notNull(),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'unit_types_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    oneOf('unit_types_type', t.type, UNIT_TYPES),
    unique('unit_types_of_type').on(t.companyId, t.id, t.type),
    uniqueIndex('unit_types_name')
      .on(t.companyId, sql`lower(${t.name})`)
      .where(active(t)),
  ],
)

export const unitTypesActive = pgView('unit_types_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(unitTypes).where(active(unitTypes)))
