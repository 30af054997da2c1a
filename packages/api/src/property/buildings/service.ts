import { and, eq, getTableColumns, or, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { removalInput } from '@servai/contract/fields'
import { naturalKey } from '@servai/contract/natural-key'
import type { building, createBuildingInput, listBuildingsInput, updateBuildingInput } from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { entrances } from '@servai/db/schema/entrances'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { contains, countRows, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { holdComplex } from '../complexes/service.ts'
import { requireVersion } from '../conflict/service.ts'
import { fieldsSent, requirePresent, requireRight } from '../policy.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { allowedActions, listedFor, mayEdit, reachableBy, visibleTo } from './policy.ts'

type Output = z.input<typeof building>

const SORTS = {
  name: { by: buildings.nameSort, type: 'text' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const {
  companyId: _companyId,
  deletedBy: _deletedBy,
  deletedWith: _deletedWith,
  ...columns
} = getTableColumns(buildings)

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      ...columns,
      complex: { id: complexes.id, name: complexes.name },
      entrances: sql<number>`(select count(*)::int from ${entrances} where ${entrances.buildingId} = ${buildings.id} and ${entrances.deletedAt} is null)`,
      units: sql<number>`(select count(*)::int from ${units} where ${units.buildingId} = ${buildings.id} and ${units.deletedAt} is null)`,
    })
    .from(buildings)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${buildings.id}`)
    .innerJoin(complexes, eq(complexes.id, buildings.complexId))

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Ctx, row: Row): Output => {
  const { deletedAt: _deletedAt, complexId: _complexId, nameSort: _nameSort, ...shown } = row
  return { ...shown, ...stampsOf(row), allowed: allowedActions(actor, row) }
}

type Filter = Omit<z.output<typeof listBuildingsInput>, 'cursor' | 'limit'>

const filtered = (ctx: Ctx, input: Filter) =>
  and(
    listedFor(ctx.actor, input.includeRemoved),
    input.complexId ? eq(buildings.complexId, input.complexId) : undefined,
    input.q ? or(contains(buildings.name, input.q), contains(buildings.address, input.q)) : undefined,
  )

/** Rows of the list, counted no further than `atMost`. */
export const countBuildings = (ctx: Ctx, input: Filter, atMost: number) =>
  countRows(ctx.db, buildings, filtered(ctx, input), atMost)

export const listBuildings = async (ctx: Ctx, input: z.output<typeof listBuildingsInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(buildings, {
    where: filtered(ctx, input),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => sort && row.nameSort)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.building_not_found */
export const getBuilding = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(buildings, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.building_not_found')
  return present(ctx, row)
}

/** @throws not_found property.complex_not_found, conflict property.name_taken, property.parent_removed */
export const createBuilding = async (ctx: Ctx, input: z.output<typeof createBuildingInput>) => {
  const { complexId, name, address, floors } = input
  await holdComplex(ctx, complexId)
  const [created] = await ctx.db
    .insert(buildings)
    .values({ complexId, name, nameSort: naturalKey(name), address, floors })
    .returning({ id: buildings.id })
  return getBuilding(ctx, created!)
}

/** @throws not_found property.building_not_found, conflict property.version_conflict, property.name_taken */
export const updateBuilding = async (ctx: Ctx, input: z.output<typeof updateBuildingInput>) => {
  const { id, version, name, address, floors } = input
  await requireVersion(ctx, await lockBuilding(ctx, id), version, () => getBuilding(ctx, { id }))
  const changes = fieldsSent({ name, nameSort: name === undefined ? undefined : naturalKey(name), address, floors })
  if (changes) await ctx.db.update(buildings).set(changes).where(eq(buildings.id, id))
  return getBuilding(ctx, { id })
}

/**
 * With `cascade`, with everything in it: entrances, units, residencies and invites.
 *
 * @throws not_found property.building_not_found, conflict property.version_conflict, property.has_children
 */
export const removeBuilding = async (ctx: Ctx, { id, version, cascade }: z.output<typeof removalInput>) => {
  const row = await lockBuilding(ctx, id)
  await requireVersion(ctx, row, version, () => getBuilding(ctx, { id }))
  await removeRows(ctx, 'buildings', [id], cascade)
  return { ok: true as const }
}

/**
 * With exactly what was removed with it.
 *
 * @throws not_found property.building_not_found, conflict property.name_taken, property.parent_removed
 */
export const restoreBuilding = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockBuilding(ctx, id, 'removed')
  await holdComplex(ctx, row.complexId)
  if (row.deletedAt) await restoreRows(ctx, 'buildings', [id])
  return getBuilding(ctx, { id })
}

/**
 * Holds a building, until the end of the transaction, against being removed under what is about to hang on it.
 *
 * @throws not_found property.building_not_found, forbidden auth.forbidden, conflict property.parent_removed
 */
export const holdBuilding = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await db
    .select({ id: buildings.id, name: buildings.name, complexId: buildings.complexId, deletedAt: buildings.deletedAt })
    .from(buildings)
    .where(and(eq(buildings.id, id), reachableBy(actor)))
    .for('share')
  if (!row) throw new DomainError('not_found', 'property.building_not_found')
  requireRight(mayEdit(actor, row))
  requirePresent(row)
  return row
}

const lockBuilding = async ({ db, actor }: Ctx, id: string, state: 'present' | 'removed' = 'present') => {
  const [row] = await db
    .select({ complexId: buildings.complexId, version: buildings.version, deletedAt: buildings.deletedAt })
    .from(buildings)
    .where(and(eq(buildings.id, id), visibleTo(actor)))
    .for('no key update')
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.building_not_found')
  requireRight(mayEdit(actor, row))
  return row
}
