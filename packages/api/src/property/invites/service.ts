import { and, eq, isNotNull, isNull, or, sql, type SQL } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { deriveToken, hashToken, newNonce } from '@servai/auth/one-time-token'
import type { createInviteInput, invite, InviteStatus, listInvitesInput } from '@servai/contract/invites'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { entrances } from '@servai/db/schema/entrances'
import { invites } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { units } from '@servai/db/schema/units'
import { users } from '@servai/db/schema/users'
import type { Actor } from '../../actor.ts'
import type { Ctx, Services } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { countRows, isOneOf, keyOfRow, keysOfPage, orderOfPage, startOf } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import { toPage } from '../../page.ts'
import { editScope, isBacked, MAX_FAMILY_USES, ownsToday, requireRight, within } from '../policy.ts'
import { holdPerson } from '../residencies/service.ts'
import { readSettings } from '../settings/service.ts'
import { allowedActions, inPlace, isOfStaff, mayBeInvitedTo, mayMail, mayManage, reachableBy } from './policy.ts'

const PURPOSE = 'resident_invite'

/** Id and token of a new invite, of which only the hash is stored. */
export const newToken = ({ tokenKeys }: Pick<Services, 'tokenKeys'>) => {
  const [id, nonce, kid] = [uuidv7(), newNonce(), tokenKeys.current.kid]
  return { id, nonce, keyId: kid, tokenHash: hashToken(deriveToken(tokenKeys, { purpose: PURPOSE, id, nonce, kid })) }
}

type Seed = { id: string; nonce: string; keyId: string }

/** Where its link leads, below the address of the web app; null when its key was dropped. */
export const pathOf = ({ tokenKeys }: Pick<Services, 'tokenKeys'>, { id, nonce, keyId: kid }: Seed) =>
  tokenKeys.byKid.has(kid) ? `/invite#${deriveToken(tokenKeys, { purpose: PURPOSE, id, nonce, kid })}` : null

const isRevoked = isNotNull(invites.revokedAt)
const isExhausted = sql`coalesce(${invites.usedCount} >= ${invites.maxUses}, false)`
const isExpired = sql`${invites.expiresAt} <= now()`

const isWhole = sql`(not ${isRevoked} and not ${isExhausted} and ${invites.expiresAt} > now())`
const isKept = isBacked(sql`${invites}`)

export const isActive = sql`(${isWhole} and ${isKept})`
const isOrphaned = sql`(${isWhole} and not ${isKept})`
export const isAdoptable = sql`(${isOrphaned} and ${isOfStaff})`

/** Of the units that the caller may invite anybody into. */
export const inCare = (actor: Actor) => and(reachableBy(actor), inPlace(within(editScope(actor), units.complexId)))

/** Active, and not what residents made for their own family: that uses up nothing of what staff may have out. */
export const isForTheUnit = sql`(${invites.deletedAt} is null and ${isActive} and ${isOfStaff})`

const ofFamily = (userId: string) =>
  and(eq(invites.createdBy, userId), eq(invites.kind, 'family'), isNull(invites.deletedAt), isActive)

const statusOf = sql<InviteStatus>`case when ${isRevoked} then 'revoked' when ${isExhausted} then 'exhausted'
  when ${isExpired} then 'expired' when ${isKept} then 'active' else 'orphaned' end`

const WITH_STATUS: Record<InviteStatus, SQL> = {
  active: isActive,
  orphaned: isOrphaned,
  revoked: isRevoked,
  exhausted: sql`(not ${isRevoked} and ${isExhausted})`,
  expired: sql`(not ${isRevoked} and not ${isExhausted} and ${isExpired})`,
}

/** Of staff as their account has it, of a resident as the company has it. */
const creator = sql<string | null>`coalesce(
  (select ${users.firstName} || ' ' || ${users.lastName} from ${users} where ${users.id} = ${invites.createdBy}),
  (select p.first_name || ' ' || p.last_name from ${people} p where p.user_id = ${invites.createdBy} and p.deleted_at is null))`

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      id: invites.id,
      version: invites.version,
      createdAt: invites.createdAt,
      unitId: units.id,
      unitNumber: units.number,
      entrance: entrances.number,
      building: buildings.name,
      buildingAddress: buildings.address,
      complexId: complexes.id,
      complex: complexes.name,
      complexAddress: complexes.address,
      city: complexes.city,
      personId: people.id,
      firstName: people.firstName,
      lastName: people.lastName,
      email: people.email,
      kind: invites.kind,
      maxUses: invites.maxUses,
      usedCount: invites.usedCount,
      expiresAt: invites.expiresAt,
      revokedAt: invites.revokedAt,
      mailedAt: invites.mailedAt,
      status: statusOf,
      createdBy: invites.createdBy,
      isOfStaff,
      creator,
      nonce: invites.nonce,
      keyId: invites.keyId,
    })
    .from(invites)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${invites.id}`)
    .innerJoin(units, eq(units.id, invites.unitId))
    .innerJoin(buildings, eq(buildings.id, units.buildingId))
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .leftJoin(entrances, eq(entrances.id, units.entranceId))
    .leftJoin(people, eq(people.id, invites.personId))

type Row = Awaited<ReturnType<typeof selectRows>>[number]

/** Street and city: of the building where it has its own, else of the complex. */
export const addressOf = (row: { city: string; buildingAddress: string; complexAddress: string }) =>
  `${row.city}, ${row.buildingAddress || row.complexAddress}`

const present = ({ actor }: Pick<Ctx, 'actor'>, row: Row): z.input<typeof invite> => ({
  id: row.id,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  unit: {
    id: row.unitId,
    number: row.unitNumber,
    entrance: row.entrance,
    building: row.building,
    complexId: row.complexId,
    complex: row.complex,
    address: addressOf(row),
  },
  person:
    row.personId !== null && row.firstName !== null && row.lastName !== null
      ? { id: row.personId, firstName: row.firstName, lastName: row.lastName, email: row.email }
      : null,
  kind: row.kind,
  maxUses: row.maxUses,
  usedCount: row.usedCount,
  expiresAt: row.expiresAt.toISOString(),
  revokedAt: row.revokedAt && row.revokedAt.toISOString(),
  mailedAt: row.mailedAt && row.mailedAt.toISOString(),
  status: row.status,
  createdBy: row.creator,
  allowed: allowedActions(actor, row),
})

const ofUnitNumbered = (q: string) =>
  inPlace(sql`${units.numberKey} >= unit_key(${q}::text) and ${units.numberKey} < unit_key(${q}::text) || chr(1114111)`)

/** More than fit on a few pages: who searches for a name means one of the first. */
const FOUND_AT_MOST = 200

const forSomebodyLike = (q: string) =>
  sql`${invites.personId} in (select search_people(${q}::text, ${FOUND_AT_MOST}::int))`

type Filter = Omit<z.output<typeof listInvitesInput>, 'cursor' | 'limit'>

const filtered = (ctx: Ctx, { complexId, buildingId, entranceId, unitId, status, q }: Filter) =>
  and(
    reachableBy(ctx.actor),
    complexId ? inPlace(eq(units.complexId, complexId)) : undefined,
    buildingId ? inPlace(eq(units.buildingId, buildingId)) : undefined,
    entranceId ? inPlace(eq(units.entranceId, entranceId)) : undefined,
    unitId ? eq(invites.unitId, unitId) : undefined,
    status ? WITH_STATUS[status] : undefined,
    q ? or(ofUnitNumbered(q), forSomebodyLike(q)) : undefined,
  )

/** Rows of the list, counted no further than `atMost`. */
export const countInvites = (ctx: Ctx, input: Filter, atMost: number) =>
  countRows(ctx.db, invites, filtered(ctx, input), atMost)

export const listInvites = async (ctx: Ctx, input: z.output<typeof listInvitesInput>) => {
  const keys = keysOfPage(invites, {
    where: filtered(ctx, input),
    sort: null,
    order: 'desc',
    start: startOf(input.cursor, null),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(null, 'desc'))
  const { items, nextCursor } = toPage(rows, input.limit, () => null)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** With the link, for who may let people in. @throws not_found property.invite_not_found */
export const getInvite = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(invites, id, reachableBy(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.invite_not_found')
  const isLinked = row.status === 'active' && mayManage(ctx.actor, row)
  return { ...present(ctx, row), path: isLinked ? pathOf(ctx.services, row) : null }
}

/** Locks the unit, so that its invites are counted by one at a time. @throws not_found property.unit_not_found */
const holdUnit = async ({ db, actor }: Ctx, id: string) => {
  const [unit] = await db
    .select({ id: units.id, complexId: units.complexId })
    .from(units)
    .where(and(eq(units.id, id), mayBeInvitedTo(actor)))
    .for('no key update')
  if (!unit) throw new DomainError('not_found', 'property.unit_not_found')
  return unit
}

type Wanted = z.output<typeof createInviteInput>

/** What a resident who owns the home may ask for. @throws forbidden auth.forbidden, invites.family_closed */
const requireFamilyInvite = async ({ db, actor }: Ctx, wanted: Wanted, isOpen: boolean, mostDays: number) => {
  if (actor.kind !== 'resident') return
  const { kind, maxUses, ttlDays, personId, unitId } = wanted
  requireRight(kind === 'family' && personId === null && maxUses !== null && maxUses <= MAX_FAMILY_USES)
  requireRight(ttlDays === undefined || ttlDays <= mostDays)
  const [row] = (await db.execute<{ owns: boolean }>(
    sql`select ${ownsToday(actor.userId, unitId)} as owns`,
    // postgres.js answers an array; the statement says what is in it.
  )) as unknown as [{ owns: boolean }]
  requireRight(row.owns)
  if (!isOpen) throw new DomainError('forbidden', 'invites.family_closed')
}

/** @throws conflict invites.too_many_active */
const makeRoom = async (ctx: Ctx, { unitId, replace }: Wanted, most: number | null) => {
  if (most === null) return
  const { db, actor } = ctx
  const found = await db
    .select({ id: invites.id })
    .from(invites)
    .where(and(eq(invites.unitId, unitId), actor.kind === 'resident' ? ofFamily(actor.userId) : isForTheUnit))
    .orderBy(invites.id)
  const excess = found.slice(0, Math.max(0, found.length - most + 1))
  if (excess.length > 0 && !replace) throw new DomainError('conflict', 'invites.too_many_active')
  for (const { id } of excess) await revoke(ctx, id)
  if (actor.kind === 'staff') await endOrphans(ctx, [unitId], most - (found.length - excess.length) - 1)
}

/** Ends the oldest orphaned invites of staff for good, but for `kept` in each unit: those may live again without being too many. */
export const endOrphans = async ({ db, actor, now }: Ctx, unitIds: readonly string[], kept: number) => {
  const ranked = db
    .select({
      id: invites.id,
      rank: sql<number>`row_number() over (partition by ${invites.unitId} order by ${invites.id} desc)`.as('rank'),
    })
    .from(invites)
    .where(and(isOneOf(invites.unitId, unitIds), isNull(invites.deletedAt), isAdoptable))
    .as('ranked')
  await db
    .update(invites)
    .set({ revokedAt: now(), revokedBy: actor.userId })
    .where(sql`${invites.id} in (select ${ranked.id} from ${ranked} where ${ranked.rank} > ${kept})`)
}

const revoke = ({ db, actor, now }: Ctx, id: string) =>
  db.update(invites).set({ revokedAt: now(), revokedBy: actor.userId }).where(eq(invites.id, id))

/** @throws limited request.rate_limited */
const requestMail = async (ctx: Ctx, payload: { companyId: string; inviteId: string; personId: string }) => {
  const { companyId, personId } = payload
  const account = ctx.actor.userId ?? ''
  await enforce(ctx.services, {
    invite_mail: personId,
    invite_mail_account: account,
    invite_mail_company: companyId,
  })
  await emit(ctx, 'invites.mail_requested', payload)
}

type CreatorCtx = Ctx & { actor: { userId: string | null; companyId: string | null } }

/** An account of a member of staff or of a resident, and the company it acts in. @throws forbidden auth.forbidden */
export const creatorOf = ({ actor }: CreatorCtx) => {
  const { userId, companyId } = actor
  if (userId === null || companyId === null) throw new DomainError('forbidden', 'auth.forbidden')
  return { userId, companyId }
}

/**
 * @throws not_found property.unit_not_found, property.person_not_found, forbidden auth.forbidden,
 *   invites.family_closed, invalid invites.person_without_email, conflict invites.too_many_active, limited
 *   request.rate_limited
 */
export const createInvite = async (ctx: Ctx, input: Wanted) => {
  const { db, services, now } = ctx
  const { userId, companyId } = creatorOf(ctx)
  const { unitId, kind, maxUses, personId, mail } = input
  const unit = await holdUnit(ctx, unitId)
  const settings = await readSettings(db, unit.complexId)
  const ttlDays = settings['invites.ttlDays'].value
  await requireFamilyInvite(ctx, input, settings['invites.familyByResidents'].value, ttlDays)
  const person = personId === null ? null : await holdPerson(ctx, personId)
  if (mail && person?.email === null) throw new DomainError('invalid', 'invites.person_without_email')
  await makeRoom(ctx, input, settings['invites.maxActivePerUnit'].value)
  const token = newToken(services)
  await db.insert(invites).values({
    ...token,
    unitId,
    personId,
    kind,
    maxUses,
    expiresAt: sql`now() + ${input.ttlDays ?? ttlDays} * interval '1 day'`,
    createdBy: userId,
    mailedAt: mail ? now() : null,
  })
  if (mail && person) await requestMail(ctx, { companyId, inviteId: token.id, personId: person.id })
  services.metrics.invitesCreated.inc()
  return getInvite(ctx, token)
}

const lockInvite = async (ctx: Ctx, id: string) => {
  const [row] = await ctx.db
    .select({ id: invites.id })
    .from(invites)
    .where(and(eq(invites.id, id), reachableBy(ctx.actor)))
    .for('no key update')
  if (!row) throw new DomainError('not_found', 'property.invite_not_found')
  const [found] = await selectRows(ctx.db, keyOfRow(invites, id, undefined))
  // The row is locked: it cannot have gone.
  const locked = found!
  requireRight(mayManage(ctx.actor, locked))
  return locked
}

/** Makes the link worthless for good; one that is dead already stays as it is. @throws not_found property.invite_not_found */
export const revokeInvite = async (ctx: Ctx, { id }: { id: string }) => {
  const row = await lockInvite(ctx, id)
  if (row.status === 'active' || row.status === 'orphaned') await revoke(ctx, id)
  return getInvite(ctx, { id })
}

/** Open invites that this account has made. */
export const countActiveOf = (db: CompanyDb, userId: string) =>
  db.$count(invites, and(eq(invites.createdBy, userId), isNull(invites.deletedAt), isActive))

/**
 * Sends the link to whom it is for, again if need be.
 *
 * @throws not_found property.invite_not_found, conflict invites.not_active, invalid invites.person_without_email,
 *   limited request.rate_limited
 */
export const mailInvite = async (ctx: Ctx, { id }: { id: string }) => {
  const { companyId } = creatorOf(ctx)
  const row = await lockInvite(ctx, id)
  requireRight(mayMail(ctx.actor))
  if (row.status !== 'active') throw new DomainError('conflict', 'invites.not_active')
  if (row.personId === null || row.email === null) throw new DomainError('invalid', 'invites.person_without_email')
  await requestMail(ctx, { companyId, inviteId: id, personId: row.personId })
  await ctx.db.update(invites).set({ mailedAt: ctx.now() }).where(eq(invites.id, id))
  return getInvite(ctx, { id })
}
