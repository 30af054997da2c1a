import { getTableColumns, sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  pgView,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { UNIT_TYPES } from './enums.ts'
import { buildings } from './buildings.ts'
import { entrances } from './entrances.ts'
import { active, companyColumns, isolate, oneOf, readByOwner, removedWith } from './tenancy.ts'
import { unitTypes } from './unit-types.ts'

/** Byte order, in which a prefix is a range: comparisons, unlike LIKE, may use an index below row-level security. */
const searchKey = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

export const units = pgTable(
  'units',
  {
    ...companyColumns,
    complexId: uuid('complex_id').notNull(),
    buildingId: uuid('building_id').notNull(),
    entranceId: uuid('entrance_id'),
    type: text('type', { enum: UNIT_TYPES }).notNull().default('apartment'),
    /** The company's own name for it, of the same general type. */
    unitTypeId: uuid('unit_type_id'),
    number: text('number').notNull(),
    /** `naturalKey(number)`: sorts "2" before "10" and "10" before "10А". */
    numberSort: text('number_sort').notNull(),
    /** `unit_key(number)`: case, spaces and the alphabet of look-alike letters do not count. */
    numberKey: searchKey('number_key')
      .notNull()
      .generatedAlwaysAs(sql`unit_key(number)`),
    /** Ground floor 0, basements negative. */
    floor: integer('floor'),
    areaM2: numeric('area_m2', { precision: 10, scale: 2 }),
    /** Exact part of the building's common property: numerator / denominator. */
    shareNumerator: bigint('share_numerator', { mode: 'number' }),
    shareDenominator: bigint('share_denominator', { mode: 'number' }),
  },
  (t) => [
    ...isolate(t),
    removedWith('units', t),
    readByOwner(),
    foreignKey({
      name: 'units_building',
      columns: [t.companyId, t.complexId, t.buildingId],
      foreignColumns: [buildings.companyId, buildings.complexId, buildings.id],
    }),
    foreignKey({
      name: 'units_entrance',
      columns: [t.companyId, t.buildingId, t.entranceId],
      foreignColumns: [entrances.companyId, entrances.buildingId, entrances.id],
    }),
    foreignKey({
      name: 'units_unit_type',
      columns: [t.companyId, t.unitTypeId, t.type],
      foreignColumns: [unitTypes.companyId, unitTypes.id, unitTypes.type],
    }).onUpdate('cascade'),
    oneOf('units_type', t.type, UNIT_TYPES),
    check('units_area_positive', sql`${t.areaM2} > 0`),
    check(
      'units_share_fraction',
      sql`(${t.shareNumerator} is null) = (${t.shareDenominator} is null) and ${t.shareNumerator} between 0 and ${t.shareDenominator} and ${t.shareDenominator} > 0`,
    ),
    uniqueIndex('units_number').on(t.companyId, t.buildingId, t.number).where(active(t)),
    index('units_by_number').on(t.companyId, t.numberSort, t.id).where(active(t)),
    index('units_of_complex').on(t.companyId, t.complexId, t.numberSort, t.id).where(active(t)),
    index('units_of_building').on(t.companyId, t.buildingId, t.numberSort, t.id).where(active(t)),
    index('units_of_entrance').on(t.companyId, t.entranceId).where(active(t)),
    index('units_of_unit_type').on(t.companyId, t.unitTypeId).where(active(t)),
    index('units_by_floor').on(t.companyId, t.floor, t.id).where(active(t)),
    index('units_by_area').on(t.companyId, t.areaM2, t.id).where(active(t)),
    // With the places, so that a search of them reads nothing but the index.
    index('units_by_key').on(t.companyId, t.numberKey, t.id, t.buildingId, t.complexId).where(active(t)),
  ],
)

const { numberKey: _numberKey, ...shown } = getTableColumns(units)

export const unitsActive = pgView('units_active')
  .with({ securityInvoker: true })
  .as((db) => db.select(shown).from(units).where(active(units)))
