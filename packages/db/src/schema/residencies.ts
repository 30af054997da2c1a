import { sql } from 'drizzle-orm'
import { bigint, check, date, foreignKey, index, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { RESIDENCY_KINDS, VERIFIED_LEVELS } from './enums.ts'
import { people } from './people.ts'
import { active, companyColumns, isolate, oneOf, readByOwner, removedWith } from './tenancy.ts'
import { units } from './units.ts'

/** A person in a unit for a period. Access ends on the day `endsOn`. */
export const residencies = pgTable(
  'residencies',
  {
    ...companyColumns,
    unitId: uuid('unit_id').notNull(),
    personId: uuid('person_id').notNull(),
    kind: text('kind', { enum: RESIDENCY_KINDS }).notNull(),
    /** Owner's part of the unit; NULL for tenants and family. */
    shareNumerator: bigint('share_numerator', { mode: 'number' }),
    shareDenominator: bigint('share_denominator', { mode: 'number' }),
    startsOn: date('starts_on', { mode: 'string' }).notNull(),
    /** First day without access; NULL while open-ended. */
    endsOn: date('ends_on', { mode: 'string' }),
    verifiedLevel: text('verified_level', { enum: VERIFIED_LEVELS }).notNull().default('unverified'),
  },
  (t) => [
    ...isolate(t),
    removedWith('residencies', t),
    readByOwner(),
    foreignKey({
      name: 'residencies_unit',
      columns: [t.companyId, t.unitId],
      foreignColumns: [units.companyId, units.id],
    }),
    foreignKey({
      name: 'residencies_person',
      columns: [t.companyId, t.personId],
      foreignColumns: [people.companyId, people.id],
    }),
    oneOf('residencies_kind', t.kind, RESIDENCY_KINDS),
    oneOf('residencies_verified_level', t.verifiedLevel, VERIFIED_LEVELS),
    check('residencies_period', sql`${t.endsOn} is null or ${t.endsOn} > ${t.startsOn}`),
    check(
      'residencies_share_fraction',
      sql`(${t.shareNumerator} is null) = (${t.shareDenominator} is null) and ${t.shareNumerator} between 1 and ${t.shareDenominator}`,
    ),
    check('residencies_share_of_owner', sql`${t.shareNumerator} is null or ${t.kind} = 'owner'`),
    uniqueIndex('residencies_open')
      .on(t.companyId, t.unitId, t.personId)
      .where(sql`${t.deletedAt} is null and ${t.endsOn} is null`),
    index('residencies_of_unit').on(t.companyId, t.unitId, t.id).where(active(t)),
    index('residencies_of_person').on(t.companyId, t.personId, t.id).where(active(t)),
    // Of all times, removed ones too: what a timeline tells.
    index('residencies_of_unit_ever').on(t.companyId, t.unitId),
    index('residencies_of_person_ever').on(t.companyId, t.personId),
    index('residencies_by_start').on(t.companyId, t.startsOn, t.id).where(active(t)),
  ],
)

export const residenciesActive = pgView('residencies_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(residencies).where(active(residencies)))
