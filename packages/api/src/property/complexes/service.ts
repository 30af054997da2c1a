import { and, eq, getTableColumns, isNull, or, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { removalInput } from '@servai/contract/fields'
import type { complex, createComplexInput, listComplexesInput, updateComplexInput } from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { contains, countRows, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { requireVersion } from '../conflict/service.ts'
import { fieldsSent, requirePresent, requireRight } from '../policy.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { allowedActions, listedFor, mayOwn, mayUpdate, reachableBy, visibleTo } from './policy.ts'

type Output = z.input<typeof complex>

const SORTS = {
  name: { by: complexes.name, type: 'text' },
  city: { by: complexes.city, type: 'text' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const {
  companyId: _companyId,
  deletedBy: _deletedBy,
  deletedWith: _deletedWith,
  ...columns
} = getTableColumns(complexes)

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      ...columns,
      buildings: sql<number>`(select count(*)::int from ${buildings} where ${buildings.complexId} = ${complexes.id} and ${buildings.deletedAt} is null)`,
      units: sql<number>`(select count(*)::int from ${units} where ${units.complexId} = ${complexes.id} and ${units.deletedAt} is null)`,
    })
    .from(complexes)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${complexes.id}`)

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Ctx, row: Row): Output => {
  const { deletedAt: _deletedAt, ...shown } = row
  return { ...shown, ...stampsOf(row), allowed: allowedActions(actor, row) }
}

type Filter = Omit<z.output<typeof listComplexesInput>, 'cursor' | 'limit'>

const filtered = (ctx: Ctx, input: Filter) =>
  and(
    listedFor(ctx.actor, input.includeRemoved),
    input.q
      ? or(contains(complexes.name, input.q), contains(complexes.city, input.q), contains(complexes.address, input.q))
      : undefined,
  )

/** Rows of the list, counted no further than `atMost`. */
export const countComplexes = (ctx: Ctx, input: Filter, atMost: number) =>
  countRows(ctx.db, complexes, filtered(ctx, input), atMost)

export const listComplexes = async (ctx: Ctx, input: z.output<typeof listComplexesInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(complexes, {
    where: filtered(ctx, input),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => (sort ? row[input.sort as 'name' | 'city'] : null))
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.complex_not_found */
export const getComplex = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(complexes, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.complex_not_found')
  return present(ctx, row)
}

/** @throws conflict property.name_taken, property.parent_removed */
export const createComplex = async (ctx: Ctx, input: z.output<typeof createComplexInput>) => {
  await requireCompany(ctx)
  const [created] = await ctx.db
    .insert(complexes)
    .values({ name: input.name, city: input.city, address: input.address, timezone: input.timezone })
    .returning({ id: complexes.id })
  return getComplex(ctx, created!)
}

/** @throws not_found property.complex_not_found, conflict property.version_conflict, property.name_taken */
export const updateComplex = async (ctx: Ctx, { id, version, ...input }: z.output<typeof updateComplexInput>) => {
  const row = await lockComplex(ctx, id)
  requireRight(mayUpdate(ctx.actor, id))
  await requireVersion(ctx, row, version, () => getComplex(ctx, { id }))
  const changes = fieldsSent({ name: input.name, city: input.city, address: input.address, timezone: input.timezone })
  if (changes) await ctx.db.update(complexes).set(changes).where(eq(complexes.id, id))
  return getComplex(ctx, { id })
}

/**
 * With `cascade`, with everything in it: buildings, entrances, units, residencies, invites, claims and settings.
 *
 * @throws not_found property.complex_not_found, conflict property.version_conflict, property.has_children
 */
export const removeComplex = async (ctx: Ctx, { id, version, cascade }: z.output<typeof removalInput>) => {
  const row = await lockComplex(ctx, id)
  requireRight(mayOwn(ctx.actor))
  await requireVersion(ctx, row, version, () => getComplex(ctx, { id }))
  await removeRows(ctx, 'complexes', [id], cascade)
  return { ok: true as const }
}

/**
 * With exactly what was removed with it.
 *
 * @throws not_found property.complex_not_found, conflict property.name_taken, property.parent_removed
 */
export const restoreComplex = async (ctx: Ctx, { id }: { id: string }) => {
  await requireCompany(ctx)
  const row = await lockComplex(ctx, id, 'removed')
  requireRight(mayOwn(ctx.actor))
  if (row.deletedAt) await restoreRows(ctx, 'complexes', [id])
  return getComplex(ctx, { id })
}

/**
 * Holds a complex, until the end of the transaction, against being removed under what is about to hang on it; with
 * `no key update` also against anybody else who is about to add something.
 *
 * @throws not_found property.complex_not_found, forbidden auth.forbidden, conflict property.parent_removed
 */
export const holdComplex = async ({ db, actor }: Ctx, id: string, strength: 'share' | 'no key update' = 'share') => {
  const [row] = await db
    .select({ id: complexes.id, name: complexes.name, deletedAt: complexes.deletedAt })
    .from(complexes)
    .where(and(eq(complexes.id, id), reachableBy(actor)))
    .for(strength)
  if (!row) throw new DomainError('not_found', 'property.complex_not_found')
  requireRight(mayUpdate(actor, id))
  requirePresent(row)
  return row
}

/**
 * That the caller may add to this complex, as of now.
 *
 * @throws not_found property.complex_not_found, forbidden auth.forbidden
 */
export const requireComplex = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await db
    .select({ id: complexes.id })
    .from(complexes)
    .where(and(eq(complexes.id, id), isNull(complexes.deletedAt), reachableBy(actor)))
  if (!row) throw new DomainError('not_found', 'property.complex_not_found')
  requireRight(mayUpdate(actor, id))
}

const lockComplex = async (ctx: Ctx, id: string, state: 'present' | 'removed' = 'present') => {
  const [row] = await ctx.db
    .select({ version: complexes.version, deletedAt: complexes.deletedAt })
    .from(complexes)
    .where(and(eq(complexes.id, id), visibleTo(ctx.actor)))
    .for('no key update')
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.complex_not_found')
  return row
}

/** Held until the end of the transaction, so that the company cannot be removed under its new complex. */
const requireCompany = async ({ db, actor }: Ctx) => {
  const [company] = await db
    .select({ deletedAt: companies.deletedAt })
    .from(companies)
    .where(eq(companies.id, actor.companyId ?? ''))
    .for('share')
  if (!company) throw new DomainError('not_found', 'property.company_not_found')
  requirePresent(company)
}
