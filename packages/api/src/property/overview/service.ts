import { sql } from 'drizzle-orm'
import type { Overview } from '@servai/contract/property'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { homeScope, within } from '../policy.ts'

/** How much there is in the complexes the caller looks after, as of today where each of them stands. */
export const getOverview = async ({ db, actor }: Ctx): Promise<Overview> => {
  const inScope = within(homeScope(actor), complexes.id) ?? sql`true`
  const rows = await db.execute<Overview>(sql`
    with scope as materialized (
      select ${complexes.id} as id, (now() at time zone ${complexes.timezone})::date as today
      from ${complexes} where ${complexes.deletedAt} is null and ${inScope}
    ), homes as materialized (
      select ${units.id} as id, scope.today
      from ${units} join scope on scope.id = ${units.complexId} where ${units.deletedAt} is null
    ), lived as materialized (
      select ${residencies.personId} as person, ${residencies.unitId} as unit
      from ${residencies} join homes on homes.id = ${residencies.unitId}
      where ${residencies.deletedAt} is null and ${residencies.startsOn} <= homes.today
        and (${residencies.endsOn} is null or ${residencies.endsOn} > homes.today)
    )
    select
      (select count(*)::int from scope) as complexes,
      (select count(*)::int from ${buildings} join scope on scope.id = ${buildings.complexId}
       where ${buildings.deletedAt} is null) as buildings,
      (select count(*)::int from homes) as units,
      (select count(*)::int from (select from lived group by person) people) as residents,
      (select count(*)::int from (select from lived group by unit) occupied) as "occupiedUnits"`)
  // A SELECT without FROM gives exactly one row.
  const [row] = rows as unknown as [Overview]
  return row
}
