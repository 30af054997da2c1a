import { asc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { overlap, sharesExceedWhole } from '../policy.ts'
import { shareOf } from '../units/service.ts'

/** Locks the units of these residencies, as whoever moves in or out does, and answers their ids. */
export const holdUnitsOf = async ({ db }: Pick<Ctx, 'db'>, which: SQL | undefined) => {
  const rows = await db
    .select({ id: units.id })
    .from(units)
    .where(inArray(units.id, db.select({ id: residencies.unitId }).from(residencies).where(which)))
    .orderBy(asc(units.id))
    .for('no key update')
  return rows.map(({ id }) => id)
}

/**
 * That in each of these units nobody lives twice at a time and the owners of a day have no more than the whole; of a
 * removed unit those count who come back with it.
 *
 * @throws conflict property.residency_overlaps, property.shares_exceed_whole
 */
export const requireRoomForAll = async ({ db }: Pick<Ctx, 'db'>, unitIds: readonly string[]) => {
  if (unitIds.length === 0) return
  const rows = await db
    .select({
      unitId: residencies.unitId,
      personId: residencies.personId,
      startsOn: residencies.startsOn,
      endsOn: residencies.endsOn,
      shareNumerator: residencies.shareNumerator,
      shareDenominator: residencies.shareDenominator,
    })
    .from(residencies)
    .innerJoin(units, eq(units.id, residencies.unitId))
    .where(
      sql`${inArray(residencies.unitId, [...unitIds])} and case when ${units.deletedAt} is null then ${residencies.deletedAt} is null
        else ${residencies.deletedWith} = coalesce(${units.deletedWith}, ${units.id}) end`,
    )
  const byUnit = Map.groupBy(rows, ({ unitId }) => unitId)
  for (const [, together] of byUnit) {
    if (together.some((one, index) => together.slice(0, index).some((other) => isTwice(one, other))))
      throw new DomainError('conflict', 'property.residency_overlaps')
    if (sharesExceedWhole(together.map((row) => ({ ...row, share: shareOf(row) }))))
      throw new DomainError('conflict', 'property.shares_exceed_whole')
  }
}

type Stay = { personId: string; startsOn: string; endsOn: string | null }
const isTwice = (one: Stay, other: Stay) => one.personId === other.personId && overlap(one, other)
