import { sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { ImportCount } from '@servai/contract/imports'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { entrances } from '@servai/db/schema/entrances'
import { importRows } from '@servai/db/schema/imports'
import { units } from '@servai/db/schema/units'
import { execute, isIn, joinComplex, rangesOf, rowsIn, WRITTEN, type RowRange, type Target } from './rows.ts'
import { joinUnit, UNIT_COLUMNS } from './unit-diff.ts'

const CHUNK = 2_500
const PARENTS_AT_ONCE = 500

export type Applied = Partial<Record<ImportCount, number>>

const recordset = (records: object[], columns: ReturnType<typeof sql>) =>
  sql`jsonb_to_recordset((${JSON.stringify(records)}::text)::jsonb) as n (${columns})`

/** Notes with the first row that needs it what was made for it. */
const noteCreated = (importId: string, table: 'buildings' | 'entrances') => sql`
  update ${importRows} i set applied = coalesce(i.applied, '{}')
    || jsonb_build_object(${sql.raw(`'${table}'`)}, jsonb_build_object('id', made.id, 'version', made.version, 'created', true))
  from made where i.import_id = ${importId}::uuid and i.row = made.row`

/** Nobody else adds to the buildings that are there meanwhile; those made below nobody else can see yet. */
export const lockBuildings = (db: CompanyDb, target: Target) =>
  db.execute(sql`
    select b.id from ${buildings} b where b.deleted_at is null and b.complex_id in (
      select c.id from ${rowsIn(target.importId, UNIT_COLUMNS, null)} ${joinComplex(target)})
    order by b.id for no key update`)

const createBuildings = async (db: CompanyDb, target: Target) => {
  const { importId } = target
  let created = 0
  for (;;) {
    const missing = await execute<{ row: number; complexId: string; name: string; nameSort: string }>(
      db,
      sql`select min(r.row) as row, c.id as "complexId", r.building as name, r."buildingSort" as "nameSort"
        from ${rowsIn(importId, UNIT_COLUMNS, null, WRITTEN)} ${joinUnit(target)}
        where b.id is null group by 2, 3, 4 order by 1 limit ${PARENTS_AT_ONCE}`,
    )
    if (missing.length === 0) return created
    created += missing.length
    const records = missing.map((building) => ({ ...building, id: uuidv7() }))
    const columns = sql`id uuid, row int, "complexId" uuid, name text, "nameSort" text`
    await db.execute(sql`
      with n as (select * from ${recordset(records, columns)}),
      inserted as (
        insert into ${buildings} (id, complex_id, name, name_sort)
        select id, "complexId", name, "nameSort" from n returning id, version),
      made as (select n.row, inserted.* from inserted join n using (id))
      ${noteCreated(importId, 'buildings')}`)
  }
}

const createEntrances = async (db: CompanyDb, target: Target) => {
  const { importId } = target
  let created = 0
  for (;;) {
    const missing = await execute<{ row: number; complexId: string; buildingId: string }>(
      db,
      sql`select min(r.row) as row, c.id as "complexId", b.id as "buildingId", r.entrance as number, r."entranceSort" as "numberSort"
        from ${rowsIn(importId, UNIT_COLUMNS, null, WRITTEN)} ${joinUnit(target)}
        left join ${entrances} e on e.building_id = b.id and e.number = r.entrance and e.deleted_at is null
        where e.id is null and r.entrance is not null
        group by 2, 3, 4, 5 order by 1 limit ${PARENTS_AT_ONCE}`,
    )
    if (missing.length === 0) return created
    created += missing.length
    const records = missing.map((entrance) => ({ ...entrance, id: uuidv7() }))
    const columns = sql`id uuid, row int, "complexId" uuid, "buildingId" uuid, number text, "numberSort" text`
    await db.execute(sql`
      with n as (select * from ${recordset(records, columns)}),
      inserted as (
        insert into ${entrances} (id, complex_id, building_id, number, number_sort)
        select id, "complexId", "buildingId", number, "numberSort" from n returning id, version),
      made as (select n.row, inserted.* from inserted join n using (id))
      ${noteCreated(importId, 'entrances')}`)
  }
}

const applyRange = (db: CompanyDb, target: Target, range: RowRange) =>
  execute<{ created: boolean }>(
    db,
    sql`with placed as (
        select r.*, c.id as complex_id, b.id as building_id, u.id as unit_id, e.id as entrance_id
        from ${rowsIn(target.importId, UNIT_COLUMNS, range, WRITTEN)} ${joinUnit(target)}
        left join ${entrances} e on e.building_id = b.id and e.number = r.entrance and e.deleted_at is null
      ),
      old as (
        select p.row, u.id, u.entrance_id, u.type, u.unit_type_id, u.floor, u.area_m2, u.share_numerator, u.share_denominator
        from placed p join ${units} u on u.id = p.unit_id for no key update of u
      ),
      updated as (
        update ${units} u set
          entrance_id = coalesce(p.entrance_id, u.entrance_id), type = coalesce(p.type, u.type),
          unit_type_id = case when coalesce(p.type, u.type) = u.type then u.unit_type_id end,
          floor = coalesce(p.floor, u.floor), area_m2 = coalesce(p."areaM2", u.area_m2),
          share_numerator = coalesce(p."shareNumerator", u.share_numerator),
          share_denominator = coalesce(p."shareDenominator", u.share_denominator)
        from placed p join old on old.row = p.row
        where u.id = p.unit_id
        returning p.row, u.id, u.version, false as created, to_jsonb(old) - 'row' - 'id' as before
      ),
      inserted as (
        insert into ${units} (id, complex_id, building_id, entrance_id, type, number, number_sort, floor, area_m2, share_numerator, share_denominator)
        select id, complex_id, building_id, entrance_id, coalesce(type, 'apartment'), number, "numberSort", floor, "areaM2",
          "shareNumerator", "shareDenominator"
        from placed where unit_id is null
        returning id, version
      ),
      made as (
        select * from updated
        union all
        select p.row, n.id, n.version, true, null from inserted n join placed p on p.id = n.id
      )
      update ${importRows} i set applied = coalesce(i.applied, '{}')
        || jsonb_build_object('units', to_jsonb(made) - 'row')
      from made where ${isIn(target.importId, range)} and i.row = made.row
      returning made.created`,
  )

/** Applies the written rows; `onChunk` is told what has come of them so far, and may end it by throwing. */
export const applyUnits = async (db: CompanyDb, target: Target, onChunk: (applied: Applied) => Promise<void>) => {
  const applied = { applied: 0, created: 0, updated: 0, buildingsCreated: 0, entrancesCreated: 0 }
  applied.buildingsCreated = await createBuildings(db, target)
  applied.entrancesCreated = await createEntrances(db, target)
  for await (const range of rangesOf(db, target.importId, CHUNK, WRITTEN)) {
    await onChunk(applied)
    const rows = await applyRange(db, target, range)
    const created = rows.filter((row) => row.created).length
    applied.applied += rows.length
    applied.created += created
    applied.updated += rows.length - created
  }
  return applied
}
