import { foreignKey, index, pgTable, pgView, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { buildings } from './buildings.ts'
import { active, companyColumns, isolate, removedWith } from './tenancy.ts'

export const entrances = pgTable(
  'entrances',
  {
    ...companyColumns,
    complexId: uuid('complex_id').notNull(),
    buildingId: uuid('building_id').notNull(),
    number: text('number').notNull(),
    numberSort: text('number_sort').notNull(),
  },
  (t) => [
    ...isolate(t),
    removedWith('entrances', t),
    foreignKey({
      name: 'entrances_building',
      columns: [t.companyId, t.complexId, t.buildingId],
      foreignColumns: [buildings.companyId, buildings.complexId, buildings.id],
    }),
    unique('entrances_in_building').on(t.companyId, t.buildingId, t.id),
    uniqueIndex('entrances_number').on(t.companyId, t.buildingId, t.number).where(active(t)),
    index('entrances_by_number').on(t.companyId, t.numberSort, t.id).where(active(t)),
  ],
)

export const entrancesActive = pgView('entrances_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(entrances).where(active(entrances)))
