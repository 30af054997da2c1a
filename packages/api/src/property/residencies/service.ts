import { and, eq, isNull, ne, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type {
  createResidencyInput,
  listResidenciesInput,
  residency,
  Share,
  updateResidencyInput,
} from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { countRows, escapeLike, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { requireVersion } from '../conflict/service.ts'
import { overlap, requirePresent, requireRight, sharesExceedWhole } from '../policy.ts'
import { claimUnit, shareColumns, shareOf } from '../units/service.ts'
import { allowedActions, inUnitsOf, knownPeople, listedFor, mayEdit, seesDetails, visibleTo } from './policy.ts'

type Output = z.input<typeof residency>

const SORTS = {
  startsOn: { by: residencies.startsOn, type: 'date' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      id: residencies.id,
      version: residencies.version,
      createdAt: residencies.createdAt,
      updatedAt: residencies.updatedAt,
      deletedAt: residencies.deletedAt,
      kind: residencies.kind,
      shareNumerator: residencies.shareNumerator,
      shareDenominator: residencies.shareDenominator,
      startsOn: residencies.startsOn,
      endsOn: residencies.endsOn,
      verifiedLevel: residencies.verifiedLevel,
      unitId: units.id,
      unitNumber: units.number,
      buildingName: buildings.name,
      buildingAddress: buildings.address,
      complexId: complexes.id,
      complexName: complexes.name,
      complexAddress: complexes.address,
      city: complexes.city,
      personId: people.id,
      userId: people.userId,
      firstName: people.firstName,
      lastName: people.lastName,
      email: people.email,
      phone: people.phone,
    })
    .from(residencies)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${residencies.id}`)
    .innerJoin(units, eq(units.id, residencies.unitId))
    .innerJoin(buildings, eq(buildings.id, units.buildingId))
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .innerJoin(people, eq(people.id, residencies.personId))

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Ctx, row: Row): Output => {
  const isDetailed = seesDetails(actor, row)
  const detail = <T>(value: T) => (isDetailed ? value : null)
  return {
    id: row.id,
    version: row.version,
    ...stampsOf(row),
    allowed: allowedActions(actor, row),
    unit: {
      id: row.unitId,
      number: row.unitNumber,
      building: row.buildingName,
      complex: row.complexName,
      address: `${row.city}, ${row.buildingAddress || row.complexAddress}`,
    },
    person: {
      id: row.personId,
      firstName: row.firstName,
      lastName: row.lastName,
      email: detail(row.email),
      phone: detail(row.phone),
      hasAccount: detail(row.userId !== null),
    },
    kind: row.kind,
    share: detail(shareOf(row)),
    startsOn: detail(row.startsOn),
    endsOn: detail(row.endsOn),
    verifiedLevel: detail(row.verifiedLevel),
  }
}

const isNamedLike = (q: string) =>
  sql`${residencies.personId} in (select ${people.id} from ${people} where lower(${people.firstName} || ' ' || ${people.lastName}) like lower(${`%${escapeLike(q)}%`}::text))`

type Filter = Omit<z.output<typeof listResidenciesInput>, 'cursor' | 'limit'>

const filtered = (ctx: Ctx, input: Filter) =>
  and(
    listedFor(ctx.actor, input.includeRemoved),
    input.unitId ? eq(residencies.unitId, input.unitId) : undefined,
    input.personId ? eq(residencies.personId, input.personId) : undefined,
    input.complexId ? inUnitsOf([input.complexId]) : undefined,
    input.q ? isNamedLike(input.q) : undefined,
  )

/** Rows of the list, counted no further than `atMost`. */
export const countResidencies = (ctx: Ctx, input: Filter, atMost: number) =>
  countRows(ctx.db, residencies, filtered(ctx, input), atMost)

export const listResidencies = async (ctx: Ctx, input: z.output<typeof listResidenciesInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(residencies, {
    where: filtered(ctx, input),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => sort && row.startsOn)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.residency_not_found */
export const getResidency = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(residencies, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.residency_not_found')
  return present(ctx, row)
}

/**
 * @throws not_found property.unit_not_found, property.person_not_found, invalid property.share_not_allowed,
 *   conflict property.parent_removed, property.residency_overlaps, property.shares_exceed_whole
 */
export const createResidency = async (ctx: Ctx, input: z.output<typeof createResidencyInput>) => {
  const { unitId, kind, share, startsOn, endsOn } = input
  await claimUnit(ctx, unitId)
  const person = 'id' in input.person ? await holdPerson(ctx, input.person.id) : await createPerson(ctx, input.person)
  await requireRoom(ctx, unitId, { id: null, personId: person.id, kind, share, startsOn, endsOn })
  const [created] = await ctx.db
    .insert(residencies)
    .values({ unitId, personId: person.id, kind, startsOn, endsOn, ...shareColumns(share) })
    .returning({ id: residencies.id })
  await suspend(ctx, person)
  ctx.services.metrics.residentsCreated.inc()
  return getResidency(ctx, created!)
}

/**
 * A residency that is no owner's loses its share.
 *
 * @throws not_found property.residency_not_found, invalid property.share_not_allowed, request.invalid,
 *   conflict property.version_conflict, property.parent_removed, property.residency_overlaps, property.shares_exceed_whole
 */
export const updateResidency = async (ctx: Ctx, input: z.output<typeof updateResidencyInput>) => {
  const { id, version, verifiedLevel } = input
  const row = await lockResidency(ctx, id)
  await requireVersion(ctx, row, version, () => getResidency(ctx, { id }))
  const kind = input.kind ?? row.kind
  const kept = kind === 'owner' ? shareOf(row) : null
  const next = {
    kind,
    share: input.share === undefined ? kept : input.share,
    startsOn: input.startsOn ?? row.startsOn,
    endsOn: input.endsOn === undefined ? row.endsOn : input.endsOn,
  }
  await requireRoom(ctx, row.unitId, { id, personId: row.personId, ...next })
  const { startsOn, endsOn } = next
  await ctx.db
    .update(residencies)
    .set({ kind, startsOn, endsOn, verifiedLevel, ...shareColumns(next.share) })
    .where(eq(residencies.id, id))
  await suspend(ctx, row)
  return getResidency(ctx, { id })
}

/** @throws not_found property.residency_not_found, conflict property.version_conflict, property.parent_removed */
export const removeResidency = async (ctx: Ctx, { id, version }: { id: string; version?: number | undefined }) => {
  const row = await lockResidency(ctx, id)
  await requireVersion(ctx, row, version, () => getResidency(ctx, { id }))
  await ctx.db
    .update(residencies)
    .set({ deletedAt: ctx.now(), deletedBy: ctx.actor.userId })
    .where(eq(residencies.id, id))
  await suspend(ctx, row)
  return { ok: true as const }
}

/**
 * @throws not_found property.residency_not_found, property.person_not_found,
 *   conflict property.parent_removed, property.residency_overlaps, property.shares_exceed_whole
 */
export const restoreResidency = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockResidency(ctx, id, 'removed')
  if (row.deletedAt) {
    await requirePersonPresent(ctx, row.personId)
    await requireRoom(ctx, row.unitId, { ...row, id, share: shareOf(row) })
    await ctx.db
      .update(residencies)
      .set({ deletedAt: null, deletedBy: null, deletedWith: null })
      .where(eq(residencies.id, id))
    await suspend(ctx, row)
  }
  return getResidency(ctx, { id })
}

/** The unit first, as whoever moves in does: then nobody else changes who lives there. */
const lockResidency = async (ctx: Ctx, id: string, state: 'present' | 'removed' = 'present') => {
  const find = () =>
    ctx.db
      .select({
        unitId: residencies.unitId,
        complexId: units.complexId,
        personId: residencies.personId,
        userId: people.userId,
        kind: residencies.kind,
        shareNumerator: residencies.shareNumerator,
        shareDenominator: residencies.shareDenominator,
        startsOn: residencies.startsOn,
        endsOn: residencies.endsOn,
        version: residencies.version,
        deletedAt: residencies.deletedAt,
      })
      .from(residencies)
      .innerJoin(units, eq(units.id, residencies.unitId))
      .innerJoin(people, eq(people.id, residencies.personId))
      .where(and(eq(residencies.id, id), visibleTo(ctx.actor)))
  const [seen] = await find()
  if (!seen) throw new DomainError('not_found', 'property.residency_not_found')
  requireRight(mayEdit(ctx.actor, seen))
  await claimUnit(ctx, seen.unitId)
  const [row] = await find()
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.residency_not_found')
  return row
}

/** @throws not_found property.person_not_found */
export const holdPerson = async ({ db, actor }: Ctx, id: string) => {
  const [person] = await db
    .select({ id: people.id, userId: people.userId, email: people.email })
    .from(people)
    .where(and(eq(people.id, id), isNull(people.deletedAt), knownPeople(actor)))
    .for('share')
  if (!person) throw new DomainError('not_found', 'property.person_not_found')
  return person
}

/** Of a residency that comes back: held until the end of the transaction. */
const requirePersonPresent = async ({ db }: Ctx, id: string) => {
  const [person] = await db.select({ deletedAt: people.deletedAt }).from(people).where(eq(people.id, id)).for('share')
  if (person) requirePresent(person)
}

type Particulars = { firstName: string; lastName: string; email: string | null; phone: string | null }

const createPerson = async ({ db }: Ctx, { firstName, lastName, email, phone }: Particulars) => {
  const [person] = await db
    .insert(people)
    .values({ firstName, lastName, email, phone })
    .returning({ id: people.id, userId: people.userId })
  return person!
}

type Candidate = {
  id: string | null
  personId: string
  kind: Output['kind']
  share: Share | null
  startsOn: string
  endsOn: string | null
}

/**
 * What no constraint can say of all residencies of a unit together; its row is locked by the caller.
 *
 * @throws invalid request.invalid, property.share_not_allowed,
 *   conflict property.residency_overlaps, property.shares_exceed_whole
 */
export const requireRoom = async ({ db }: Pick<Ctx, 'db'>, unitId: string, candidate: Candidate) => {
  const { startsOn, endsOn, share } = candidate
  if (endsOn !== null && endsOn <= startsOn)
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['endsOn'], code: 'ends_before_start' }] })
  if (share && candidate.kind !== 'owner') throw new DomainError('invalid', 'property.share_not_allowed')
  const others = await db
    .select({
      personId: residencies.personId,
      startsOn: residencies.startsOn,
      endsOn: residencies.endsOn,
      shareNumerator: residencies.shareNumerator,
      shareDenominator: residencies.shareDenominator,
    })
    .from(residencies)
    .where(
      and(
        eq(residencies.unitId, unitId),
        isNull(residencies.deletedAt),
        candidate.id ? ne(residencies.id, candidate.id) : undefined,
      ),
    )
  if (others.some((other) => other.personId === candidate.personId && overlap(other, candidate)))
    throw new DomainError('conflict', 'property.residency_overlaps')
  if (share && sharesExceedWhole([candidate, ...others.map((other) => ({ ...other, share: shareOf(other) }))]))
    throw new DomainError('conflict', 'property.shares_exceed_whole')
}

/** Before the commit: from then on the person's rights are read anew. */
const suspend = async ({ services }: Ctx, { userId }: { userId: string | null }) => {
  if (userId) await services.principals.suspend(userId)
}
