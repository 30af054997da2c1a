import { sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { bulkIdsInput, bulkRemovalInput } from '@servai/contract/fields'
import type { updateUnitsInput } from '@servai/contract/property'
import type { Ctx } from '../../context.ts'
import { holdBuilding } from '../buildings/service.ts'
import { requireVersion } from '../conflict/service.ts'
import { holdEntrance } from '../entrances/service.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { holdUnitTypes } from '../unit-types/service.ts'
import { getUnit, lockUnits } from '../units/service.ts'

type Versioned = { id: string; version?: number | undefined }

/** All of them, present and as the caller saw them. */
const lockAll = async (ctx: Ctx, items: readonly Versioned[]) => {
  const expected = new Map(items.map(({ id, version }) => [id, version]))
  const rows = await lockUnits(ctx, [...expected.keys()])
  for (const row of rows) await requireVersion(ctx, row, expected.get(row.id), () => getUnit(ctx, row))
  return rows
}

/**
 * Several units in one statement, all or none; undone by the same call with what was there before.
 *
 * @throws not_found property.unit_not_found, property.entrance_not_found, property.unit_type_not_found,
 *   invalid property.entrance_of_other_building, conflict property.version_conflict, property.parent_removed
 */
export const updateUnits = async (ctx: Ctx, { items }: z.output<typeof updateUnitsInput>) => {
  const buildings = new Map((await lockAll(ctx, items)).map(({ id, buildingId }) => [id, buildingId]))
  const types = await holdUnitTypes(
    ctx,
    items.flatMap(({ unitTypeId }) => unitTypeId ?? []),
  )
  const pairs = items.flatMap(({ id, entranceId }) => (entranceId ? [[entranceId, buildings.get(id)!] as const] : []))
  for (const [entranceId, buildingId] of new Map(pairs.map((pair) => [pair.join(), pair])).values())
    await holdEntrance(ctx, entranceId, buildingId)
  const changes = items.map(({ version: _version, ...change }) => ({
    ...change,
    type: change.unitTypeId ? types.get(change.unitTypeId) : change.type,
  }))
  const rows = await ctx.db.execute<{ id: string; version: number }>(sql`
    update units u set
      entrance_id = case when c.row ? 'entranceId' then (c.row ->> 'entranceId')::uuid else u.entrance_id end,
      floor = case when c.row ? 'floor' then (c.row ->> 'floor')::int else u.floor end,
      type = coalesce(c.row ->> 'type', u.type),
      unit_type_id = case when c.row ? 'unitTypeId' then (c.row ->> 'unitTypeId')::uuid
                          when coalesce(c.row ->> 'type', u.type) = u.type then u.unit_type_id end
    from jsonb_array_elements(${JSON.stringify(changes)}::text::jsonb) c(row)
    where u.id = (c.row ->> 'id')::uuid
    returning u.id, u.version`)
  return { items: [...rows] }
}

/**
 * All of them or none.
 *
 * @throws not_found property.unit_not_found, conflict property.version_conflict, property.has_children
 */
export const removeUnits = async (ctx: Ctx, { items, cascade }: z.output<typeof bulkRemovalInput>) => {
  const rows = await lockAll(ctx, items)
  await removeRows(
    ctx,
    'units',
    rows.map(({ id }) => id),
    cascade,
  )
  return { ok: true as const }
}

/**
 * All of them or none, each with what was removed with it.
 *
 * @throws not_found property.unit_not_found, conflict property.number_taken, property.parent_removed
 */
export const restoreUnits = async (ctx: Ctx, { items }: z.output<typeof bulkIdsInput>) => {
  const ids = items.map(({ id }) => id)
  const rows = await lockUnits(ctx, ids, 'removed')
  for (const buildingId of new Set(rows.map((row) => row.buildingId))) await holdBuilding(ctx, buildingId)
  const entrances = new Map(rows.flatMap((row) => (row.entranceId ? [[row.entranceId, row.buildingId]] : [])))
  for (const [entranceId, buildingId] of entrances) await holdEntrance(ctx, entranceId, buildingId)
  const removed = rows.filter((row) => row.deletedAt).map(({ id }) => id)
  if (removed.length > 0) await restoreRows(ctx, 'units', removed)
  return { ok: true as const }
}
