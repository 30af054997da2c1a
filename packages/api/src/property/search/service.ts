import { and, isNull, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import {
  SEARCH_GROUP_LIMIT,
  type searchInput,
  type SearchHit,
  type SearchKind,
  type SearchResults,
} from '@servai/contract/search'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { staffProfiles } from '@servai/db/schema/staff'
import { units } from '@servai/db/schema/units'
import { users } from '@servai/db/schema/users'
import type { Actor } from '../../actor.ts'
import type { Ctx, RequestContext } from '../../context.ts'
import { isOneOf, unseen } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import { doerOf } from '../../principal.ts'
import { listMembers } from '../../staff/members/service.ts'
import { listBuildings } from '../buildings/service.ts'
import { listCompanies } from '../companies/service.ts'
import { listComplexes } from '../complexes/service.ts'
import { activeInvite, homeScope, registryScope, within } from '../policy.ts'
import { searchableBy } from './policy.ts'

/** Inside one company, or, for the platform, across all of them. */
type SearchCtx = Pick<RequestContext, 'services' | 'requestId'> & {
  db: CompanyDb | SystemDb
  actor: Actor
  principal: Pick<Principal, 'userId' | 'impersonation'>
  now: () => Date
}

type Found = { hits: SearchHit[]; hasMore: boolean }
/** `readOnce`: the units that the words mean, read once for all who ask. */
type Find = (ctx: SearchCtx, q: string, readOnce: () => Promise<FoundUnit[]>) => Promise<Found>

const NOTHING: Found = { hits: [], hasMore: false }

const LIMIT = SEARCH_GROUP_LIMIT
const NAMED = { limit: LIMIT, includeRemoved: false, sort: 'name', order: 'asc' } as const

const first = (hits: SearchHit[]): Found => ({ hits: hits.slice(0, LIMIT), hasMore: hits.length > LIMIT })

const rowsOf = async <Row extends Record<string, unknown>>({ db }: Pick<SearchCtx, 'db'>, query: SQL) =>
  // postgres.js answers an array of rows; the query above each call says what is in them.
  (await db.execute<Row>(query)) as unknown as Row[]

/** The key of a search, worked out once: as an expression it would be for every row. */
const keyOf = (text: string) => unseen(sql`unit_key(${text}::text)`)

const isNumberedFrom = (start: string) =>
  sql`${units.numberKey} >= ${keyOf(start)} and ${units.numberKey} < ${keyOf(start)} || chr(1114111)`

/** Units of staff by their complexes, of a resident the own ones. */
const reachableUnits = (actor: Actor) =>
  and(
    isNull(units.deletedAt),
    actor.kind === 'resident' ? isOneOf(units.id, actor.unitIds) : within(homeScope(actor), units.complexId),
  )

/** "Lozenets 12", "12 Lozenets" or "А 12": the number, and the beginnings of words of building and complex. */
const splitPlace = (q: string) => {
  const words = q.split(/\s+/)
  if (words.length < 2) return null
  const at = /\d/.test(words.at(-1)!) || !/\d/.test(words[0]!) ? words.length - 1 : 0
  return { number: words[at]!, place: words.filter((_, index) => index !== at) }
}

const wordsOf = (text: SQL) => sql`'/' || unit_key(replace(${text}, ' ', '/'))`

const beginsWords = (names: SQL, words: readonly string[]) =>
  and(...words.map((word) => sql`position('/' || ${keyOf(word)} in ${wordsOf(names)}) > 0`))

/** Not as a join: units are walked through in the order of their numbers, until a page is full. */
const inPlaces = (actor: Actor, words: readonly string[]) => sql`(${units.buildingId} in (
  select ${buildings.id} from ${buildings} join ${complexes} on ${complexes.id} = ${buildings.complexId}
  where ${and(
    isNull(buildings.deletedAt),
    actor.kind === 'resident' ? undefined : within(registryScope(actor), buildings.complexId),
    beginsWords(sql`${complexes.name} || ' ' || ${buildings.name}`, words),
  )})) is true`

const unitKeys = (where: SQL | undefined, rank: number) => sql`
  (select ${units.id} as id, ${units.numberKey} as key, ${sql.raw(String(rank))} as rank from ${units}
   where ${where} order by ${units.numberKey}, ${units.id} limit ${LIMIT + 1})`

const unitsFound = ({ actor }: SearchCtx, q: string) => {
  const split = splitPlace(q)
  const whole = unitKeys(and(reachableUnits(actor), isNumberedFrom(q)), 0)
  if (!split) return whole
  const placed = and(reachableUnits(actor), isNumberedFrom(split.number), inPlaces(actor, split.place))
  return sql`${whole} union all ${unitKeys(placed, 1)}`
}

type FoundUnit = { id: string; number: string; building: string; complex: string }

const readUnits = (ctx: SearchCtx, q: string) =>
  rowsOf<FoundUnit>(
    ctx,
    sql`select u.id, u.number, b.name as building, c.name as complex
        from (select id, min(rank) as rank, min(key) as key from (${unitsFound(ctx, q)}) either group by id) found
        join units u on u.id = found.id join buildings b on b.id = u.building_id join complexes c on c.id = u.complex_id
        order by found.rank, found.key, c.name, b.name_sort, u.id limit ${LIMIT + 1}`,
  )

const hitOf = (id: string, { id: unitId, number, building, complex }: FoundUnit): SearchHit => ({
  id,
  label: number,
  place: `${building}, ${complex}`,
  contact: null,
  target: { kind: 'unit', id: unitId },
})

const findUnits: Find = async (_ctx, _q, readOnce) => first((await readOnce()).map((unit) => hitOf(unit.id, unit)))

/** Those of the units found that can still be used. */
const findInvites: Find = async (ctx, _q, readOnce) => {
  const found = await readOnce()
  if (found.length === 0) return NOTHING
  const ids = found.map(({ id }) => id)
  const rows = await rowsOf<{ id: string; unitId: string }>(
    ctx,
    sql`select i.id, i.unit_id as "unitId" from invites i
        where i.unit_id = any (string_to_array(${ids.join(',')}, ',')::uuid[]) and ${activeInvite}
        order by array_position(string_to_array(${ids.join(',')}, ',')::uuid[], i.unit_id), i.id desc limit ${LIMIT + 1}`,
  )
  // Each stands in one of the units that were asked for.
  return first(
    rows.map(({ id, unitId }) =>
      hitOf(
        id,
        found.find((unit) => unit.id === unitId)!,
      ),
    ),
  )
}

type FoundPerson = {
  id: string
  firstName: string
  lastName: string
  email: string | null
  phone: string | null
  home: string | null
}

const findPeople = async (ctx: SearchCtx, q: string): Promise<Found> => {
  const scope = homeScope(ctx.actor)
  const complexIds = scope === 'company' ? null : `{${scope.join(',')}}`
  const rows = await rowsOf<FoundPerson>(
    ctx,
    sql`select p.id, p.first_name as "firstName", p.last_name as "lastName", p.email, p.phone, home.place as home
        from search_people(${q}, ${LIMIT + 1}, ${complexIds}::uuid[]) with ordinality found (id, place)
        join people p on p.id = found.id
        left join lateral (
          select ${units.number} || ', ' || b.name || ', ' || c.name as place
          from residencies r join ${units} on ${units.id} = r.unit_id
          join buildings b on b.id = ${units.buildingId} join complexes c on c.id = ${units.complexId}
          where r.person_id = p.id and r.deleted_at is null and ${reachableUnits(ctx.actor)}
            and (r.ends_on is null or r.ends_on > (now() at time zone c.timezone)::date)
          order by r.starts_on desc, r.id limit 1) home on true
        order by found.place`,
  )
  const asked = q.replace(/\D/g, '')
  return first(
    rows.map(({ id, firstName, lastName, email, phone, home }) => ({
      id,
      label: `${firstName} ${lastName}`,
      place: home,
      contact: asked.length > 2 ? (phone ?? email) : (email ?? phone),
      target: { kind: 'person', id },
    })),
  )
}

const findComplexes = async (ctx: Ctx, q: string): Promise<Found> => {
  const { items, nextCursor } = await listComplexes(ctx, { ...NAMED, q })
  const hits = items.map(({ id, name, city, address }): SearchHit => ({
    id,
    label: name,
    place: `${city}, ${address}`,
    contact: null,
    target: { kind: 'complex', id },
  }))
  return { hits, hasMore: nextCursor !== null }
}

const findBuildings = async (ctx: Ctx, q: string): Promise<Found> => {
  const { items, nextCursor } = await listBuildings(ctx, { ...NAMED, q })
  const hits = items.map(({ id, name, complex }): SearchHit => ({
    id,
    label: name,
    place: complex.name,
    contact: null,
    target: { kind: 'building', id },
  }))
  return { hits, hasMore: nextCursor !== null }
}

/**
 * Asked first, because whose grants somebody may see takes longer than what anybody is called. In one piece, whose middle
 * may be found although nobody is called so: the list decides.
 */
const staffNamed = async (ctx: Ctx, q: string) => {
  if (!/[\p{L}@]/u.test(q)) return []
  const called = sql`concat_ws(' ', ${users.firstName}, ${users.lastName}, ${users.firstName}, ${users.email})`
  const rows = await rowsOf<{ id: string }>(
    ctx,
    sql`select ${users.id} from ${users}
        where ${users.id} = any (array(select ${staffProfiles.userId} from ${staffProfiles} where ${isNull(staffProfiles.deletedAt)}))
          and position(lower(${q}) in lower(${called})) > 0`,
  )
  return rows.map(({ id }) => id)
}

const findStaff = async (ctx: Ctx, q: string): Promise<Found> => {
  const named = await staffNamed(ctx, q)
  if (named.length === 0) return NOTHING
  const { items, nextCursor } = await listMembers(ctx, { ...NAMED, state: 'current', q }, named)
  const hits = items.map(({ id, firstName, lastName, title, email }): SearchHit => ({
    id,
    label: `${firstName} ${lastName}`,
    place: title || null,
    contact: email,
    target: { kind: 'member', id },
  }))
  return { hits, hasMore: nextCursor !== null }
}

const findCompanies = async (ctx: SearchCtx, q: string): Promise<Found> => {
  const { items, nextCursor } = await listCompanies(ctx, { ...NAMED, q })
  const hits = items.map(({ id, name, legalName, registrationNumber }): SearchHit => ({
    id,
    label: name,
    place: `${legalName}, ${registrationNumber}`,
    contact: null,
    target: { kind: 'company', id },
  }))
  return { hits, hasMore: nextCursor !== null }
}

// A kind of a company is searched inside one only (`searchableBy`), where the transaction is a company's.
const inCompany =
  (find: (ctx: Ctx, q: string) => Promise<Found>): Find =>
  (ctx, q) =>
    find(ctx as Ctx, q)

const FINDERS: Record<SearchKind, Find> = {
  units: findUnits,
  people: findPeople,
  complexes: inCompany(findComplexes),
  buildings: inCompany(findBuildings),
  invites: findInvites,
  staff: inCompany(findStaff),
  companies: findCompanies,
}

/**
 * Whatever in the active context goes by that number, name, address or phone number, at most eight of a kind.
 *
 * @throws limited request.rate_limited
 */
export const search = async (ctx: SearchCtx, { q, kinds }: z.output<typeof searchInput>): Promise<SearchResults> => {
  await enforce(ctx.services, { search: doerOf(ctx.principal) })
  const groups: SearchResults['groups'] = []
  let found: Promise<FoundUnit[]> | undefined
  const readOnce = () => (found ??= readUnits(ctx, q))
  for (const kind of searchableBy(ctx.actor, kinds)) {
    const results = await FINDERS[kind](ctx, q, readOnce)
    if (results.hits.length > 0) groups.push({ kind, ...results })
  }
  return { groups }
}
