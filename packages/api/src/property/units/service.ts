import { and, asc, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import type { z } from 'zod'
import type { removalInput } from '@servai/contract/fields'
import { naturalKey } from '@servai/contract/natural-key'
import type { createUnitInput, listUnitsInput, Share, unit, updateUnitInput } from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { isoOf } from '../../instant.ts'
import { countRows, isOneOf, orderOfPage, rowOf, rowsOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { holdBuilding } from '../buildings/service.ts'
import { requireVersion } from '../conflict/service.ts'
import { holdEntrance } from '../entrances/service.ts'
import { editScope, fieldsSent, requirePresent, requireRight, within } from '../policy.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { holdUnitTypes } from '../unit-types/service.ts'
import { allowedActions, listedFor, mayEdit, reachableBy, visibleTo } from './policy.ts'

type Output = z.input<typeof unit>

const SORTS = {
  number: { by: units.numberSort, type: 'text' },
  floor: { by: units.floor, type: 'integer', isNullable: true },
  areaM2: { by: units.areaM2, type: 'numeric', isNullable: true },
  createdAt: null,
} as const satisfies Record<string, Sort>

/** As PostgreSQL sends it: instants and `numeric` are text. */
type Row = {
  id: string
  version: number
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  complexId: string
  complexName: string
  buildingId: string
  buildingName: string
  entranceId: string | null
  entranceNumber: string | null
  type: Output['type']
  unitTypeId: string | null
  unitTypeName: string | null
  number: string
  numberSort: string
  floor: number | null
  areaM2: string | null
  shareNumerator: number | null
  shareDenominator: number | null
  residents: number
}

/** Of `u`, a unit, and of what `HOME` joins to it; `residents` are those of today where the complex stands. */
const FIELDS = sql`u.id, u.version, u.created_at as "createdAt", u.updated_at as "updatedAt", u.deleted_at as "deletedAt",
      u.complex_id as "complexId", c.name as "complexName", u.building_id as "buildingId", b.name as "buildingName",
      u.entrance_id as "entranceId", e.number as "entranceNumber", u.type,
      u.unit_type_id as "unitTypeId", t.name as "unitTypeName", u.number, u.number_sort as "numberSort",
      u.floor, u.area_m2 as "areaM2", u.share_numerator::float8 as "shareNumerator",
      u.share_denominator::float8 as "shareDenominator",
      (select count(*)::int from residencies r
       where r.unit_id = u.id and r.deleted_at is null and r.starts_on <= (now() at time zone c.timezone)::date
         and (r.ends_on is null or r.ends_on > (now() at time zone c.timezone)::date)) as residents`
const HOME = sql`join complexes c on c.id = u.complex_id
    join buildings b on b.id = u.building_id
    left join entrances e on e.id = u.entrance_id
    left join unit_types t on t.id = u.unit_type_id`

/**
 * The most frequent query of all, hence written by hand: building it and mapping its rows one by one would take as long
 * as PostgreSQL takes to answer it.
 */
const selectRows = async (db: CompanyDb, page: SQL, order: SQL = sql`u.id`) => {
  const rows = await db.execute<Row>(sql`select ${FIELDS} from (${page}) u ${HOME} order by ${order}`)
  // The driver's result is an array of rows with a few properties besides.
  return rows as unknown as Row[]
}

export const shareOf = (row: { shareNumerator: number | null; shareDenominator: number | null }): Share | null =>
  row.shareNumerator === null || row.shareDenominator === null
    ? null
    : { numerator: row.shareNumerator, denominator: row.shareDenominator }

export const shareColumns = (share: Share | null | undefined) =>
  share === undefined ? {} : { shareNumerator: share?.numerator ?? null, shareDenominator: share?.denominator ?? null }

const present = ({ actor }: Ctx, row: Row): Output => ({
  id: row.id,
  version: row.version,
  createdAt: isoOf(row.createdAt),
  updatedAt: isoOf(row.updatedAt),
  removedAt: row.deletedAt && isoOf(row.deletedAt),
  allowed: allowedActions(actor, row),
  complex: { id: row.complexId, name: row.complexName },
  building: { id: row.buildingId, name: row.buildingName },
  entrance:
    row.entranceId !== null && row.entranceNumber !== null ? { id: row.entranceId, number: row.entranceNumber } : null,
  type: row.type,
  unitType:
    row.unitTypeId !== null && row.unitTypeName !== null ? { id: row.unitTypeId, name: row.unitTypeName } : null,
  number: row.number,
  floor: row.floor,
  areaM2: row.areaM2,
  share: shareOf(row),
  residents: row.residents,
})

/** A range of the key: LIKE could not use its index below row-level security. U+10FFFF sorts after every character. */
const isNumberedFrom = (start: string) =>
  sql`${units.numberKey} >= unit_key(${start}::text) and ${units.numberKey} < unit_key(${start}::text) || chr(1114111)`

type Filter = Omit<z.output<typeof listUnitsInput>, 'cursor' | 'limit'>

const filtered = (ctx: Ctx, input: Filter) =>
  and(
    listedFor(ctx.actor, input.includeRemoved),
    input.complexId ? eq(units.complexId, input.complexId) : undefined,
    input.buildingId ? eq(units.buildingId, input.buildingId) : undefined,
    input.entranceId ? eq(units.entranceId, input.entranceId) : undefined,
    input.type ? eq(units.type, input.type) : undefined,
    input.unitTypeId ? eq(units.unitTypeId, input.unitTypeId) : undefined,
    input.q ? isNumberedFrom(input.q) : undefined,
  )

/** Rows of the list, counted no further than `atMost`. */
export const countUnits = (ctx: Ctx, input: Filter, atMost: number) =>
  countRows(ctx.db, units, filtered(ctx, input), atMost)

export const listUnits = async (ctx: Ctx, input: z.output<typeof listUnitsInput>) => {
  const sort = SORTS[input.sort]
  const page = rowsOfPage(units, {
    where: filtered(ctx, input),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, page, orderOfPage(sort, input.order, sql`u`))
  const key = { number: 'numberSort', floor: 'floor', areaM2: 'areaM2', createdAt: null } as const
  const { items, nextCursor } = toPage(rows, input.limit, (row) => {
    const name = key[input.sort]
    return name && row[name]
  })
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.unit_not_found */
export const getUnit = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, rowOf(units, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.unit_not_found')
  return present(ctx, row)
}

/**
 * @throws not_found property.building_not_found, property.entrance_not_found, property.unit_type_not_found,
 *   invalid property.entrance_of_other_building, conflict property.number_taken, property.parent_removed
 */
export const createUnit = async (ctx: Ctx, input: z.output<typeof createUnitInput>) => {
  const { buildingId, entranceId, number, floor, areaM2 } = input
  const { complexId } = await holdBuilding(ctx, buildingId)
  if (entranceId) await holdEntrance(ctx, entranceId, buildingId)
  const numberSort = naturalKey(number)
  const [created] = await ctx.db
    .insert(units)
    .values({
      complexId,
      buildingId,
      entranceId,
      ...(await typeColumns(ctx, input)),
      number,
      numberSort,
      floor,
      areaM2,
      ...shareColumns(input.share),
    })
    .returning({ id: units.id })
  return getUnit(ctx, created!)
}

/**
 * @throws not_found property.unit_not_found, property.entrance_not_found, property.unit_type_not_found,
 *   invalid property.entrance_of_other_building, conflict property.version_conflict, property.number_taken, property.parent_removed
 */
export const updateUnit = async (ctx: Ctx, input: z.output<typeof updateUnitInput>) => {
  const { id, version, entranceId, number, floor, areaM2 } = input
  const numberSort = number === undefined ? undefined : naturalKey(number)
  const changes = fieldsSent({
    entranceId,
    ...(await typeColumns(ctx, input)),
    number,
    numberSort,
    floor,
    areaM2,
    ...shareColumns(input.share),
  })
  if (changes && !entranceId) {
    const changed = await changeAtOnce(ctx, { id, version }, changes)
    if (changed) return present(ctx, changed)
  }
  const row = await lockUnit(ctx, id)
  await requireVersion(ctx, row, version, () => getUnit(ctx, { id }))
  if (entranceId) await holdEntrance(ctx, entranceId, row.buildingId)
  if (changes) await ctx.db.update(units).set(changes).where(eq(units.id, id))
  return getUnit(ctx, { id })
}

/** A type of the company's own decides the general one; a general one lets go of an own type of another sort. */
export const typeColumns = async (
  ctx: Ctx,
  { type, unitTypeId }: { type?: Output['type'] | undefined; unitTypeId?: string | null | undefined },
) => {
  if (unitTypeId) {
    const types = await holdUnitTypes(ctx, [unitTypeId])
    return { unitTypeId, type: types.get(unitTypeId)! }
  }
  if (type === undefined) return { unitTypeId }
  return { type, unitTypeId: unitTypeId === null ? null : keptFor(type) }
}

const keptFor = (type: Output['type']) => sql`case when ${units.type} = ${type} then ${units.unitTypeId} end`

type Changes = PgUpdateSetSource<typeof units>

/**
 * Version check, change and answer in one statement. Null where no such unit can be changed by this actor, for whatever
 * reason: it then has to be locked to find out which.
 */
const changeAtOnce = async ({ db, actor }: Ctx, { id, version }: { id: string; version: number }, changes: Changes) => {
  const isUnchanged = and(eq(units.id, id), eq(units.version, version), isNull(units.deletedAt))
  const where = and(isUnchanged, reachableBy(actor), within(editScope(actor), units.complexId))
  const rows = await db.execute<Row>(sql`
    with u as ${db.update(units).set(changes).where(where).returning()}
    select ${FIELDS} from u ${HOME}`)
  return rows[0] ?? null
}

/**
 * With `cascade`, with those who live there and the invites to it.
 *
 * @throws not_found property.unit_not_found, conflict property.version_conflict, property.has_children
 */
export const removeUnit = async (ctx: Ctx, { id, version, cascade }: z.output<typeof removalInput>) => {
  const row = await lockUnit(ctx, id)
  await requireVersion(ctx, row, version, () => getUnit(ctx, { id }))
  await removeRows(ctx, 'units', [id], cascade)
  return { ok: true as const }
}

/**
 * With exactly what was removed with it.
 *
 * @throws not_found property.unit_not_found, conflict property.number_taken, property.parent_removed
 */
export const restoreUnit = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockUnit(ctx, id, 'removed')
  await holdBuilding(ctx, row.buildingId)
  if (row.entranceId) await holdEntrance(ctx, row.entranceId, row.buildingId)
  if (row.deletedAt) await restoreRows(ctx, 'units', [id])
  return getUnit(ctx, { id })
}

/**
 * Locks a unit for what belongs to all its residencies together.
 *
 * @throws not_found property.unit_not_found, forbidden auth.forbidden, conflict property.parent_removed
 */
export const claimUnit = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await db
    .select({ id: units.id, complexId: units.complexId, deletedAt: units.deletedAt })
    .from(units)
    .where(and(eq(units.id, id), reachableBy(actor)))
    .for('no key update')
  if (!row) throw new DomainError('not_found', 'property.unit_not_found')
  requireRight(mayEdit(actor, row))
  requirePresent(row)
  return row
}

const lockUnit = async (ctx: Ctx, id: string, state?: 'present' | 'removed') => (await lockUnits(ctx, [id], state))[0]!

/**
 * Units that the caller may change, locked in the order of their ids.
 *
 * @throws not_found property.unit_not_found, forbidden auth.forbidden
 */
export const lockUnits = async (
  { db, actor }: Ctx,
  ids: readonly string[],
  state: 'present' | 'removed' = 'present',
) => {
  const { id, complexId, buildingId, entranceId, version, deletedAt } = units
  const rows = await db
    .select({ id, complexId, buildingId, entranceId, version, deletedAt })
    .from(units)
    .where(and(isOneOf(units.id, ids), visibleTo(actor)))
    .orderBy(asc(units.id))
    .for('no key update')
  if (rows.length < ids.length || (state === 'present' && rows.some((row) => row.deletedAt)))
    throw new DomainError('not_found', 'property.unit_not_found')
  for (const row of rows) requireRight(mayEdit(actor, row))
  return rows
}
