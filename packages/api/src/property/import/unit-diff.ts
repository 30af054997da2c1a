import { sql } from 'drizzle-orm'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { entrances } from '@servai/db/schema/entrances'
import { importRows } from '@servai/db/schema/imports'
import { units } from '@servai/db/schema/units'
import {
  changesOf,
  difference,
  isIn,
  joinComplex,
  problem,
  rangesOf,
  rowsIn,
  written,
  type RowRange,
  type Target,
} from './rows.ts'

/** What a row of units says, as `unitData` writes it. */
export const UNIT_COLUMNS = sql`id uuid, complex text, building text, "buildingSort" text, entrance text, "entranceSort" text,
  number text, "numberSort" text, type text, floor int, "areaM2" numeric(10,2), "shareNumerator" bigint, "shareDenominator" bigint`

const CHUNK = 5_000

/** The unit `u` that a row means, if it is there. */
export const joinUnit = (target: Target) => sql`${joinComplex(target)}
  left join ${buildings} b on b.complex_id = c.id and b.name = r.building and b.deleted_at is null
  left join ${units} u on u.building_id = b.id and u.number = r.number and u.deleted_at is null`

/** `1/2` of two columns, NULL where there is no share. */
const fraction = (numerator: string, denominator: string) => sql.raw(`${numerator} || '/' || ${denominator}`)

const diffRange = (db: CompanyDb, target: Target, range: RowRange) =>
  written(
    db,
    sql`update ${importRows} i set state = d.state, changes = d.changes, problems = d.problems
    from (
      select r.row, x.changes,
        case when c.id is null then 'refused' when u.id is null then 'new' when x.changes is null then 'unchanged' else 'changed' end as state,
        case when c.id is null then ${problem('complex', 'complex_unknown', sql`r.complex`)} end as problems
      from ${rowsIn(target.importId, UNIT_COLUMNS, range)}
      ${joinUnit(target)}
      left join ${entrances} e on e.id = u.entrance_id
      cross join lateral (select case when u.id is not null then ${changesOf({
        entrance: difference(sql`e.number`, sql`r.entrance`),
        type: difference(sql`u.type`, sql`r.type`),
        floor: difference(sql`u.floor`, sql`r.floor`),
        areaM2: difference(sql`u.area_m2::text`, sql`r."areaM2"::text`),
        share: difference(
          fraction('u.share_numerator', 'u.share_denominator'),
          fraction('r."shareNumerator"', 'r."shareDenominator"'),
        ),
      })} end as changes) x
    ) d
    where ${isIn(target.importId, range)} and i.row = d.row
      and (i.state, i.changes) is distinct from (d.state, d.changes)`,
  )

/**
 * Compares the good rows with the registry as it is now.
 *
 * @returns how many of them turned out otherwise than they were known
 */
export const diffUnits = async (db: CompanyDb, target: Target) => {
  let different = 0
  for await (const range of rangesOf(db, target.importId, CHUNK)) different += await diffRange(db, target, range)
  return different
}

/** Of several rows for one unit the first is kept. */
export const refuseUnitsTwice = (db: CompanyDb, importId: string) =>
  written(
    db,
    sql`update ${importRows} i set state = 'refused',
      problems = ${problem('number', 'duplicate_in_file', sql`i.data ->> 'number'`, sql`d.first`)}
    from (
      select row, first_value(row) over (
        partition by data ->> 'complex', data ->> 'building', data ->> 'number' order by row) as first
      from ${importRows} where import_id = ${importId}::uuid and state = 'new'
    ) d
    where i.import_id = ${importId}::uuid and i.row = d.row and d.first <> d.row`,
  )
