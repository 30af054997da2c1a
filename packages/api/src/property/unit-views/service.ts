import { and, eq, sql } from 'drizzle-orm'
import type { GridCell, UnitCard, UnitGrid } from '@servai/contract/unit-views'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { activeInvite } from '../policy.ts'
import { complexInCare, unitInCare } from './policy.ts'

type Building = UnitGrid['buildings'][number]
type Entrance = Building['entrances'][number]
type Floor = Entrance['floors'][number]

type Place = { entranceId: string | null; entranceNumber: string | null; floor: number | null }
type Row = { buildingId: string | null; buildingName: string } & Place & (GridCell | { id: null })

/**
 * Every unit of a complex by building, entrance and floor, in one query.
 *
 * @throws not_found property.complex_not_found
 */
export const getUnitGrid = async ({ db, actor }: Ctx, { complexId }: { complexId: string }): Promise<UnitGrid> => {
  const rows = await db.execute<Row>(sql`
    with complex as materialized (
      select ${complexes.id} as id, (now() at time zone ${complexes.timezone})::date as today
      from ${complexes} where ${and(eq(complexes.id, complexId), complexInCare(actor))}
    ), homes as materialized (
      select u.id, u.building_id, u.entrance_id, u.floor, u.number, u.number_sort, u.type, u.unit_type_id, complex.today
      from complex join units u on u.complex_id = complex.id and u.deleted_at is null
    ), lived as (
      select h.id, bool_or(p.user_id is not null) as connected
      from homes h join residencies r on r.unit_id = h.id join people p on p.id = r.person_id
      where r.deleted_at is null and r.starts_on <= h.today and (r.ends_on is null or r.ends_on > h.today)
      group by h.id
    ), asked as (
      select distinct h.id from homes h join invites i on i.unit_id = h.id where ${activeInvite}
    )
    select b.id as "buildingId", b.name as "buildingName", h.entrance_id as "entranceId", e.number as "entranceNumber",
      h.floor, h.id, h.number, h.type, h.unit_type_id as "unitTypeId",
      case when lived.connected then 'connected' when asked.id is not null then 'invited'
           when lived.id is not null then 'occupied' else 'empty' end as state
    from complex
    left join buildings b on b.complex_id = complex.id and b.deleted_at is null
    left join homes h on h.building_id = b.id
    left join entrances e on e.id = h.entrance_id
    left join lived on lived.id = h.id
    left join asked on asked.id = h.id
    order by b.name_sort, b.id, e.number_sort, e.id, h.floor desc nulls last, h.number_sort, h.id`)
  if (rows.length === 0) throw new DomainError('not_found', 'property.complex_not_found')
  // The driver's result is an array of rows with a few properties besides.
  return { buildings: nest(rows as unknown as Row[]) }
}

/** Rows come in order: each goes on with the group of the one before, or opens the next. */
const nest = (rows: Row[]) => {
  const buildings: Building[] = []
  let building: Building | undefined
  let entrance: Entrance | undefined
  let floor: Floor | undefined
  for (const row of rows) {
    if (row.buildingId === null) continue
    if (building?.id !== row.buildingId) {
      building = { id: row.buildingId, name: row.buildingName, entrances: [] }
      buildings.push(building)
      entrance = floor = undefined
    }
    if (row.id === null) continue
    if (!entrance || entrance.id !== row.entranceId) {
      entrance = { id: row.entranceId, number: row.entranceNumber, floors: [] }
      building.entrances.push(entrance)
      floor = undefined
    }
    if (!floor || floor.floor !== row.floor) {
      floor = { floor: row.floor, units: [] }
      entrance.floors.push(floor)
    }
    const { id, number, type, unitTypeId, state } = row
    floor.units.push({ id, number, type, unitTypeId, state })
  }
  return buildings
}

/**
 * What there is about a unit, counted in one round trip.
 *
 * @throws not_found property.unit_not_found
 */
export const getUnitCard = async ({ db, actor }: Ctx, { id }: { id: string }): Promise<UnitCard> => {
  const rows = await db.execute<UnitCard>(sql`
    with unit as materialized (
      select ${units.id} as id, (now() at time zone ${complexes.timezone})::date as today
      from ${units} join ${complexes} on ${complexes.id} = ${units.complexId}
      where ${and(eq(units.id, id), unitInCare(actor))}
    )
    select
      (select json_build_object(
         'now', count(*) filter (where s.state = 'now'), 'future', count(*) filter (where s.state = 'future'),
         'past', count(*) filter (where s.state = 'past'),
         'connected', count(*) filter (where s.state = 'now' and s.user_id is not null),
         'unverified', count(*) filter (where s.state = 'now' and s.verified_level = 'unverified'))
       from (
         select p.user_id, r.verified_level,
           case when r.ends_on <= unit.today then 'past' when r.starts_on > unit.today then 'future' else 'now' end as state
         from residencies r join people p on p.id = r.person_id
         where r.unit_id = unit.id and r.deleted_at is null
       ) s) as people,
      (select json_build_object('active', count(*) filter (where ${activeInvite}), 'all', count(*))
       from invites i where i.unit_id = unit.id and i.deleted_at is null) as invites
    from unit`)
  const [row] = rows
  if (!row) throw new DomainError('not_found', 'property.unit_not_found')
  return row
}
