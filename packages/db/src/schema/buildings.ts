import { foreignKey, index, integer, pgTable, pgView, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { complexes } from './complexes.ts'
import { active, companyColumns, isolate, removedWith } from './tenancy.ts'

export const buildings = pgTable(
  'buildings',
  {
    ...companyColumns,
    complexId: uuid('complex_id').notNull(),
    /** What people call it: "А", "2А", "Tower 1". */
    name: text('name').notNull(),
    nameSort: text('name_sort').notNull(),
    address: text('address').notNull().default(''),
    floors: integer('floors'),
  },
  (t) => [
    ...isolate(t),
    removedWith('buildings', t),
    foreignKey({
      name: 'buildings_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    unique('buildings_in_complex').on(t.companyId, t.complexId, t.id),
    uniqueIndex('buildings_name').on(t.companyId, t.complexId, t.name).where(active(t)),
    index('buildings_by_name').on(t.companyId, t.nameSort, t.id).where(active(t)),
  ],
)

export const buildingsActive = pgView('buildings_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(buildings).where(active(buildings)))
