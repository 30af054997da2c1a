import { and, eq, getTableColumns, isNull, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type {
  createUnitTypeInput,
  listUnitTypesInput,
  unitType,
  updateUnitTypeInput,
} from '@servai/contract/unit-types'
import type { CompanyDb } from '@servai/db'
import { unitTypes } from '@servai/db/schema/unit-types'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { contains, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { requireVersion } from '../conflict/service.ts'
import { fieldsSent, requireRight } from '../policy.ts'
import { allowedActions, listedFor, mayEdit, visibleTo } from './policy.ts'

type Output = z.input<typeof unitType>

const SORTS = {
  name: { by: unitTypes.name, type: 'text' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const {
  companyId: _companyId,
  deletedBy: _deletedBy,
  deletedWith: _deletedWith,
  ...columns
} = getTableColumns(unitTypes)

const usesOf = (id: SQL | typeof unitTypes.id) =>
  sql<number>`(select count(*)::int from ${units} where ${units.unitTypeId} = ${id} and ${units.deletedAt} is null)`

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({ ...columns, units: usesOf(unitTypes.id) })
    .from(unitTypes)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${unitTypes.id}`)

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Ctx, row: Row): Output => {
  const { deletedAt: _deletedAt, ...shown } = row
  return { ...shown, ...stampsOf(row), allowed: allowedActions(actor, row) }
}

export const listUnitTypes = async (ctx: Ctx, input: z.output<typeof listUnitTypesInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(unitTypes, {
    where: and(listedFor(ctx.actor, input.includeRemoved), input.q ? contains(unitTypes.name, input.q) : undefined),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => sort && row.name)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

const getUnitType = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(unitTypes, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.unit_type_not_found')
  return present(ctx, row)
}

/** @throws conflict property.name_taken */
export const createUnitType = async (ctx: Ctx, { name, type }: z.output<typeof createUnitTypeInput>) => {
  const [created] = await ctx.db.insert(unitTypes).values({ name, type }).returning({ id: unitTypes.id })
  return getUnitType(ctx, created!)
}

/**
 * Another general type goes over to all units of this one.
 *
 * @throws not_found property.unit_type_not_found, conflict property.version_conflict, property.name_taken
 */
export const updateUnitType = async (ctx: Ctx, input: z.output<typeof updateUnitTypeInput>) => {
  const { id, version, name, type } = input
  await requireVersion(ctx, await lockUnitType(ctx, id), version, () => getUnitType(ctx, { id }))
  const changes = fieldsSent({ name, type })
  if (changes) await ctx.db.update(unitTypes).set(changes).where(eq(unitTypes.id, id))
  return getUnitType(ctx, { id })
}

/** @throws not_found property.unit_type_not_found, conflict property.version_conflict, property.unit_type_in_use */
export const removeUnitType = async (ctx: Ctx, { id, version }: { id: string; version?: number | undefined }) => {
  await requireVersion(ctx, await lockUnitType(ctx, id), version, () => getUnitType(ctx, { id }))
  const inUse = await ctx.db.$count(units, and(eq(units.unitTypeId, id), isNull(units.deletedAt)))
  if (inUse > 0) throw new DomainError('conflict', 'property.unit_type_in_use', { counts: { units: inUse } })
  await ctx.db.update(unitTypes).set({ deletedAt: ctx.now(), deletedBy: ctx.actor.userId }).where(eq(unitTypes.id, id))
  return { ok: true as const }
}

/** @throws not_found property.unit_type_not_found, conflict property.name_taken */
export const restoreUnitType = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockUnitType(ctx, id, 'removed')
  if (row.deletedAt)
    await ctx.db.update(unitTypes).set({ deletedAt: null, deletedBy: null }).where(eq(unitTypes.id, id))
  return getUnitType(ctx, { id })
}

/**
 * Holds unit types, until the end of the transaction, against being removed under a unit; answers the general type of each.
 *
 * @throws not_found property.unit_type_not_found
 */
export const holdUnitTypes = async ({ db }: Ctx, ids: readonly string[]) => {
  const wanted = [...new Set(ids)]
  const rows = await db
    .select({ id: unitTypes.id, type: unitTypes.type })
    .from(unitTypes)
    .where(
      and(sql`${unitTypes.id} = any (string_to_array(${wanted.join(',')}, ',')::uuid[])`, isNull(unitTypes.deletedAt)),
    )
    .for('share')
  if (rows.length < wanted.length) throw new DomainError('not_found', 'property.unit_type_not_found')
  return new Map(rows.map((row) => [row.id, row.type]))
}

const lockUnitType = async ({ db, actor }: Ctx, id: string, state: 'present' | 'removed' = 'present') => {
  const [row] = await db
    .select({ version: unitTypes.version, deletedAt: unitTypes.deletedAt })
    .from(unitTypes)
    .where(and(eq(unitTypes.id, id), visibleTo(actor)))
    .for('update')
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.unit_type_not_found')
  requireRight(mayEdit(actor))
  return row
}
