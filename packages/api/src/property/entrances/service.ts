import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { removalInput } from '@servai/contract/fields'
import { naturalKey } from '@servai/contract/natural-key'
import type { createEntranceInput, entrance, listEntrancesInput, updateEntranceInput } from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { entrances } from '@servai/db/schema/entrances'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { contains, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { holdBuilding } from '../buildings/service.ts'
import { requireVersion } from '../conflict/service.ts'
import { requirePresent, requireRight } from '../policy.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { allowedActions, listedFor, mayEdit, reachableBy, visibleTo } from './policy.ts'

type Output = z.input<typeof entrance>

const SORTS = {
  number: { by: entrances.numberSort, type: 'text' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const {
  companyId: _companyId,
  deletedBy: _deletedBy,
  deletedWith: _deletedWith,
  ...columns
} = getTableColumns(entrances)

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      ...columns,
      building: { id: buildings.id, name: buildings.name },
      units: sql<number>`(select count(*)::int from ${units} where ${units.entranceId} = ${entrances.id} and ${units.deletedAt} is null)`,
    })
    .from(entrances)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${entrances.id}`)
    .innerJoin(buildings, eq(buildings.id, entrances.buildingId))

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Ctx, row: Row): Output => {
  const {
    deletedAt: _deletedAt,
    complexId: _complexId,
    buildingId: _buildingId,
    numberSort: _numberSort,
    ...shown
  } = row
  return { ...shown, ...stampsOf(row), allowed: allowedActions(actor, row) }
}

export const listEntrances = async (ctx: Ctx, input: z.output<typeof listEntrancesInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(entrances, {
    where: and(
      listedFor(ctx.actor, input.includeRemoved),
      input.buildingId ? eq(entrances.buildingId, input.buildingId) : undefined,
      input.q ? contains(entrances.number, input.q) : undefined,
    ),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => sort && row.numberSort)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.entrance_not_found */
export const getEntrance = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(entrances, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.entrance_not_found')
  return present(ctx, row)
}

/** @throws not_found property.building_not_found, conflict property.number_taken, property.parent_removed */
export const createEntrance = async (ctx: Ctx, { buildingId, number }: z.output<typeof createEntranceInput>) => {
  const { complexId } = await holdBuilding(ctx, buildingId)
  const [created] = await ctx.db
    .insert(entrances)
    .values({ complexId, buildingId, number, numberSort: naturalKey(number) })
    .returning({ id: entrances.id })
  return getEntrance(ctx, created!)
}

/** @throws not_found property.entrance_not_found, conflict property.version_conflict, property.number_taken */
export const updateEntrance = async (ctx: Ctx, { id, version, number }: z.output<typeof updateEntranceInput>) => {
  await requireVersion(ctx, await lockEntrance(ctx, id), version, () => getEntrance(ctx, { id }))
  await ctx.db
    .update(entrances)
    .set({ number, numberSort: naturalKey(number) })
    .where(eq(entrances.id, id))
  return getEntrance(ctx, { id })
}

/**
 * With `cascade`, with everything in it: units, residencies and invites.
 *
 * @throws not_found property.entrance_not_found, conflict property.version_conflict, property.has_children
 */
export const removeEntrance = async (ctx: Ctx, { id, version, cascade }: z.output<typeof removalInput>) => {
  const row = await lockEntrance(ctx, id)
  await requireVersion(ctx, row, version, () => getEntrance(ctx, { id }))
  await removeRows(ctx, 'entrances', [id], cascade)
  return { ok: true as const }
}

/**
 * With exactly what was removed with it.
 *
 * @throws not_found property.entrance_not_found, conflict property.number_taken, property.parent_removed
 */
export const restoreEntrance = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockEntrance(ctx, id, 'removed')
  await holdBuilding(ctx, row.buildingId)
  if (row.deletedAt) await restoreRows(ctx, 'entrances', [id])
  return getEntrance(ctx, { id })
}

/**
 * Holds an entrance of this building, until the end of the transaction, against being removed under a unit.
 *
 * @throws not_found property.entrance_not_found, invalid property.entrance_of_other_building,
 *   conflict property.parent_removed
 */
export const holdEntrance = async ({ db, actor }: Ctx, id: string, buildingId: string) => {
  const [row] = await db
    .select({
      id: entrances.id,
      number: entrances.number,
      buildingId: entrances.buildingId,
      deletedAt: entrances.deletedAt,
    })
    .from(entrances)
    .where(and(eq(entrances.id, id), reachableBy(actor)))
    .for('share')
  if (!row) throw new DomainError('not_found', 'property.entrance_not_found')
  if (row.buildingId !== buildingId) throw new DomainError('invalid', 'property.entrance_of_other_building')
  requirePresent(row)
  return { id: row.id, number: row.number }
}

const lockEntrance = async ({ db, actor }: Ctx, id: string, state: 'present' | 'removed' = 'present') => {
  const { complexId, buildingId, version, deletedAt } = columns
  const [row] = await db
    .select({ complexId, buildingId, version, deletedAt })
    .from(entrances)
    .where(and(eq(entrances.id, id), visibleTo(actor)))
    .for('no key update')
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.entrance_not_found')
  requireRight(mayEdit(actor, row))
  return row
}
