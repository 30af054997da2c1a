import { and, eq, isNotNull, isNull, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { bulkIdsInput, bulkRemovalInput, removalInput } from '@servai/contract/fields'
import {
  PERSON_HOMES_LISTED,
  type createPersonInput,
  type listPeopleInput,
  type person,
  type PersonHome,
  type updatePersonInput,
} from '@servai/contract/people'
import { complexes } from '@servai/db/schema/complexes'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { isoOf } from '../../instant.ts'
import {
  countRows,
  firstOf,
  isOneOf,
  orderOfPage,
  rowOf,
  rowsOfPage,
  startOf,
  unseen,
  type Order,
} from '../../keyset.ts'
import { decodeCursor, encodeCursor } from '../../page.ts'
import { requireVersion } from '../conflict/service.ts'
import { fieldsSent, homeScope, isWhollyWithin, requireRight } from '../policy.ts'
import { removeRows, restoreRows } from '../removal/service.ts'
import { holdUnitsOf, requireRoomForAll } from '../occupancy/service.ts'
import {
  allowedActions,
  homesWithin,
  isKnownTo,
  listedFor,
  mayCreate,
  rightsOver,
  visibleTo,
  type Rights,
} from './policy.ts'

type Output = z.input<typeof person>

const isDue = sql`${residencies.startsOn} > (now() at time zone ${complexes.timezone})::date`
const isOver = sql`${residencies.endsOn} <= (now() at time zone ${complexes.timezone})::date`

/** As PostgreSQL sends it: bare values, which it writes in two thirds of the time it takes with their names. */
type HomeValues = [
  residencyId: string,
  unitId: string,
  number: string,
  buildingId: string,
  buildingName: string,
  complexId: string,
  complexName: string,
  ...rest: [
    PersonHome['kind'],
    PersonHome['startsOn'],
    PersonHome['endsOn'],
    PersonHome['verifiedLevel'],
    PersonHome['state'],
  ],
]

const homeOf = ([
  residencyId,
  unitId,
  number,
  buildingId,
  buildingName,
  complexId,
  complexName,
  kind,
  startsOn,
  endsOn,
  verifiedLevel,
  state,
]: HomeValues): PersonHome => ({
  residencyId,
  unit: { id: unitId, number },
  building: { id: buildingId, name: buildingName },
  complex: { id: complexId, name: complexName },
  kind,
  startsOn,
  endsOn,
  verifiedLevel,
  state,
})

/** Homes of the person at hand, present ones first. */
const homesOf = ({ actor }: Ctx, listed: boolean) => sql<HomeValues[]>`(
  select coalesce(json_agg(h.home), '[]') from (
    select json_build_array(${residencies.id}, ${units.id}, ${units.number}, b.id, b.name, ${complexes.id}, ${complexes.name},
      ${residencies.kind}, ${residencies.startsOn}, ${residencies.endsOn}, ${residencies.verifiedLevel},
      case when ${isOver} then 'past' when ${isDue} then 'future' else 'now' end) as home
    from ${residencies} join ${units} on ${units.id} = ${residencies.unitId} join buildings b on b.id = ${units.buildingId}
      join ${complexes} on ${complexes.id} = ${units.complexId}
    where ${residencies.personId} = ${people.id} and ${units.deletedAt} is null
      and (${residencies.deletedAt} is null or ${residencies.deletedWith} = ${people.id})
      and ${homesWithin(actor) ?? sql`true`} and ${listed ? sql`(${isOver}) is not true` : sql`true`}
    order by case when ${isOver} then 2 when ${isDue} then 1 else 0 end, ${residencies.startsOn} desc, ${residencies.id}
    limit ${listed ? sql.raw(String(PERSON_HOMES_LISTED)) : sql`null`}
  ) h)`

/** As PostgreSQL sends it: instants are text. */
type Row = {
  id: string
  version: number
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  firstName: string
  lastName: string
  email: string | null
  phone: string | null
  note: string
  hasAccount: boolean
  mayEdit: boolean
  mayRemove: boolean
  homes: HomeValues[]
}

/** Of a page of whole rows: joined to its ids, a long one would read everybody. */
const selectRows = async (ctx: Ctx, page: SQL, order: SQL, listed: boolean) => {
  const { mayEdit, mayRemove } = rightsOver(ctx.actor)
  const rows = await ctx.db.execute<Row>(sql`
    select ${people.id}, ${people.version}, ${people.createdAt} as "createdAt", ${people.updatedAt} as "updatedAt",
      ${people.deletedAt} as "deletedAt", ${people.firstName} as "firstName", ${people.lastName} as "lastName",
      ${people.email}, ${people.phone}, ${people.note}, ${people.userId} is not null as "hasAccount",
      ${mayEdit} as "mayEdit", ${mayRemove} as "mayRemove", ${homesOf(ctx, listed)} as homes
    from (${page}) ${people} order by ${order}`)
  // The driver's result is an array of rows with a few properties besides.
  return rows as unknown as Row[]
}

const present = (
  { createdAt, updatedAt, deletedAt, mayEdit, mayRemove, homes: values, ...shown }: Row,
  listed: boolean,
): Output => {
  const homes = values.map(homeOf)
  return {
    ...shown,
    homes,
    createdAt: isoOf(createdAt),
    updatedAt: isoOf(updatedAt),
    removedAt: deletedAt && isoOf(deletedAt),
    // A list shows no past, so it cannot tell.
    allowed: allowedActions(
      { mayEdit, mayRemove, livesHere: listed || homes.some(({ state }) => state !== 'past') },
      { deletedAt },
    ),
  }
}

type Filter = z.output<typeof listPeopleInput>
type Unpaged = Omit<Filter, 'cursor' | 'limit'>

/** Asks where the home is only of a residency that has an end. */
const lasts = sql`${residencies.deletedAt} is null and (${residencies.endsOn} is null or ${residencies.endsOn} > (
  select (now() at time zone ${complexes.timezone})::date from ${units} join ${complexes} on ${complexes.id} = ${units.complexId}
  where ${units.id} = ${residencies.unitId}))`

/**
 * In homes that the caller may know of. Of a place: collected once. Of a kind alone in the whole company, which is
 * common: asked of one after the other, until a page is full.
 */
const livesIn = (actor: Actor, { complexId, buildingId, kind }: Pick<Filter, 'complexId' | 'buildingId' | 'kind'>) => {
  const isOfKind = kind ? eq(residencies.kind, kind) : sql`true`
  const shown = homesWithin(actor)
  if (!complexId && !buildingId && !shown)
    return sql`(select true from ${residencies} where ${residencies.personId} = ${people.id} and ${isOfKind} and ${lasts} limit 1)`
  const inPlace = and(
    isNull(units.deletedAt),
    shown,
    complexId ? eq(units.complexId, complexId) : undefined,
    buildingId ? eq(units.buildingId, buildingId) : undefined,
  )
  return sql`${people.id} = any (array(select ${residencies.personId} from ${residencies}
    where ${residencies.unitId} in (select ${units.id} from ${units} where ${inPlace}) and ${isOfKind} and ${lasts}))`
}

/** As far as the caller may know. */
const hasNoHome = (actor: Actor) => {
  const shown = homesWithin(actor)
  return shown
    ? sql`${people.id} not in (select ${residencies.personId} from ${residencies}
        where ${residencies.unitId} in (select ${units.id} from ${units} where ${shown}) and ${lasts})`
    : sql`not exists (select from ${residencies} where ${residencies.personId} = ${people.id} and ${lasts})`
}

/** At most this many, the best matches. */
const FOUND_AT_MOST = 200

const isFound = (actor: Actor, q: string) => {
  const scope = homeScope(actor)
  const complexIds = scope === 'company' ? null : scope.join(',')
  return sql`${people.id} = any (array(
    select search_people(${q}, ${FOUND_AT_MOST}, string_to_array(${complexIds}::text, ',')::uuid[])))`
}

const filtersOf = (actor: Actor, { q, complexId, buildingId, kind, hasAccount, withoutHome }: Unpaged) => [
  // A letter alone is the beginning of a search.
  q && q.length > 1 ? isFound(actor, q) : undefined,
  complexId || buildingId || kind ? livesIn(actor, { complexId, buildingId, kind }) : undefined,
  hasAccount === undefined ? undefined : hasAccount ? isNotNull(people.userId) : isNull(people.userId),
  withoutHome ? hasNoHome(actor) : undefined,
]

const BY_NAME = sql`${people.lastName}, ${people.firstName}, ${people.id}`
const orderByName = (order: Order) => {
  const direction = order === 'asc' ? sql`asc` : sql`desc`
  return sql`${people.lastName} ${direction}, ${people.firstName} ${direction}, ${people.id} ${direction}`
}
const foreign = () =>
  new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })

/** By family name, then first name: a page starts after a row of three. */
const rowsByName = (where: SQL | undefined, order: Order, cursor: string | undefined, limit: number) => {
  const position = decodeCursor(cursor)
  const after = position && isAfter(position, order)
  return firstOf(
    people,
    sql`select * from ${people} where ${and(where, after ?? undefined)}`,
    orderByName(order),
    limit,
  )
}

const isAfter = ({ value, id }: { value: string | number | null; id: string }, order: Order) => {
  const [lastName, firstName, ...rest] = typeof value === 'string' ? value.split('\n') : []
  if (lastName === undefined || firstName === undefined || rest.length > 0) throw foreign()
  return sql`(${BY_NAME}) ${order === 'asc' ? sql`>` : sql`<`} (${unseen(sql`${lastName}::text`)}, ${unseen(sql`${firstName}::text`)}, ${unseen(sql`${id}::uuid`)})`
}

const filtered = (ctx: Ctx, input: Unpaged) =>
  and(listedFor(ctx.actor, input.includeRemoved), ...filtersOf(ctx.actor, input))

/** Rows of the list, counted no further than `atMost`. */
export const countPeople = (ctx: Ctx, input: Unpaged, atMost: number) =>
  countRows(ctx.db, people, filtered(ctx, input), atMost)

/** People by name, or as they were added; `q` looks for a name, an e-mail address or a phone number. */
export const listPeople = async (ctx: Ctx, input: Filter) => {
  const where = filtered(ctx, input)
  const limit = input.limit + 1
  const isByName = input.sort === 'name'
  const [page, order] = isByName
    ? [rowsByName(where, input.order, input.cursor, limit), orderByName(input.order)]
    : [
        rowsOfPage(people, { where, sort: null, order: input.order, start: startOf(input.cursor, null), limit }),
        orderOfPage(null, input.order, sql`${people}`),
      ]
  const rows = await selectRows(ctx, page, order, true)
  const shown = rows.slice(0, input.limit)
  const last = rows.length > input.limit && shown.at(-1)
  return {
    items: shown.map((row) => present(row, true)),
    // No name holds a line break.
    nextCursor: last
      ? encodeCursor({ value: isByName ? `${last.lastName}\n${last.firstName}` : null, id: last.id })
      : null,
  }
}

/** @throws not_found property.person_not_found */
export const getPerson = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx, rowOf(people, id, visibleTo(ctx.actor)), sql`${people.id}`, false)
  if (!row) throw new DomainError('not_found', 'property.person_not_found')
  return present(row, false)
}

/** @throws forbidden auth.forbidden */
export const createPerson = async (ctx: Ctx, input: z.output<typeof createPersonInput>) => {
  requireRight(mayCreate(ctx.actor))
  const { firstName, lastName, email, phone, note } = input
  const [created] = await ctx.db
    .insert(people)
    .values({ firstName, lastName, email, phone, note })
    .returning({ id: people.id })
  return getPerson(ctx, created!)
}

/**
 * The address is what an account is recognised by: it is changed by who answers for every home of the person.
 *
 * @throws not_found property.person_not_found, forbidden property.homes_elsewhere, conflict property.version_conflict
 */
export const updatePerson = async (ctx: Ctx, input: z.output<typeof updatePersonInput>) => {
  const { id, version, firstName, lastName, email, phone, note } = input
  const row = await lockPerson(ctx, id)
  await requireVersion(ctx, row, version, () => getPerson(ctx, { id }))
  if (email !== undefined && email !== row.email && !row.mayRemove)
    throw new DomainError('forbidden', 'property.homes_elsewhere')
  const changes = fieldsSent({ firstName, lastName, email, phone, note })
  if (changes) await ctx.db.update(people).set(changes).where(eq(people.id, id))
  return getPerson(ctx, { id })
}

/**
 * With `cascade`, with the homes they have and the invites for them; what is over goes along.
 *
 * @throws not_found property.person_not_found, forbidden auth.forbidden where some of it is out of the caller's reach,
 *   conflict property.version_conflict, property.has_children
 */
export const removePerson = async (ctx: Ctx, { id, version, cascade }: z.output<typeof removalInput>) =>
  removePeople(ctx, { items: [{ id, version }], cascade })

/** All of them or none. @throws as for one */
export const removePeople = async (ctx: Ctx, { items, cascade }: z.output<typeof bulkRemovalInput>) => {
  for (const { id, version } of items.toSorted(byId)) {
    const row = await lockPerson(ctx, id)
    requireRight(row.mayRemove)
    await requireVersion(ctx, row, version, () => getPerson(ctx, { id }))
  }
  const ids = items.map(({ id }) => id)
  await removeRows(ctx, 'people', ids, cascade)
  return { ok: true as const }
}

/**
 * With exactly what was removed with them.
 *
 * @throws not_found property.person_not_found, conflict property.account_taken, property.residency_overlaps,
 *   property.shares_exceed_whole where somebody else has taken their place
 */
export const restorePerson = async (ctx: Ctx, { id }: { id: string }) => {
  await restorePeople(ctx, { items: [{ id }] })
  return getPerson(ctx, { id })
}

/** All of them or none. @throws as for one */
export const restorePeople = async (ctx: Ctx, { items }: z.output<typeof bulkIdsInput>) => {
  const ids = items.map(({ id }) => id).toSorted()
  // Units before people, as whoever moves in locks them.
  const homes = await holdUnitsOf(ctx, isOneOf(residencies.deletedWith, ids))
  const rows: Locked[] = []
  for (const id of ids) rows.push(await lockPerson(ctx, id, 'removed'))
  for (const row of rows) requireRight(row.mayRemove)
  const removed = rows.filter(({ deletedAt }) => deletedAt).map(({ id }) => id)
  if (removed.length > 0) {
    await restoreRows(ctx, 'people', removed)
    await requireRoomForAll(ctx, homes)
  }
  return { ok: true as const }
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

export type Locked = Rights & {
  id: string
  version: number
  deletedAt: Date | null
  userId: string | null
  email: string | null
}

/** @throws not_found property.person_not_found, forbidden auth.forbidden */
export const lockPerson = async (
  { db, actor }: Ctx,
  id: string,
  state: 'present' | 'removed' = 'present',
): Promise<Locked> => {
  // Rights are read by a statement of their own: one that waited for the lock still sees the homes of before.
  await db.select({ id: people.id }).from(people).where(eq(people.id, id)).for('no key update')
  const [row] = await db
    .select({
      id: people.id,
      version: people.version,
      deletedAt: people.deletedAt,
      userId: people.userId,
      email: people.email,
      mayEdit: isKnownTo(actor),
      mayRemove: isWhollyWithin(actor),
    })
    .from(people)
    .where(and(eq(people.id, id), visibleTo(actor)))
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.person_not_found')
  requireRight(row.mayEdit)
  return row
}
