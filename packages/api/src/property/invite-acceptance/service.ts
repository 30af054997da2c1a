import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { hashToken } from '@servai/auth/one-time-token'
import type { acceptedInvite, invitePreview, inviteUse, listInviteUsesInput } from '@servai/contract/invites'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { buildings } from '@servai/db/schema/buildings'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { invites, inviteUses } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import { limitKeyOf } from '../../client-traits.ts'
import type { Ctx, RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { keysOfPage, orderOfPage, startOf } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import { toPage } from '../../page.ts'
import { retrying } from '../../retry.ts'
import { readStaff } from '../../staff/grants/service.ts'
import { admit, holdAccount, holdHome, residencyOf } from '../admissions/service.ts'
import { addressOf, getInvite, isActive } from '../invites/service.ts'
import { covers, editScope } from '../policy.ts'

type Visit = Pick<RequestContext, 'services' | 'requestId' | 'address' | 'userAgent'>
type Preview = z.input<typeof invitePreview>
type Accepted = z.input<typeof acceptedInvite>

/** Unknown, revoked, expired, used up, of a home that is gone: nobody learns which. */
const dead = () => new DomainError('not_found', 'invites.token_invalid')

/** Where a token leads, alive or not, while everything above the unit stands. */
const findDoor = async (db: CompanyDb | SystemDb, tokenHash: string) => {
  const [row] = await db
    .select({
      inviteId: invites.id,
      companyId: invites.companyId,
      unitId: units.id,
      complexId: complexes.id,
      personId: invites.personId,
      createdBy: invites.createdBy,
      isActive: sql<boolean>`${isActive}`,
      company: companies.name,
      complex: complexes.name,
      city: complexes.city,
      complexAddress: complexes.address,
      building: buildings.name,
      buildingAddress: buildings.address,
      unit: units.number,
      kind: invites.kind,
    })
    .from(invites)
    .innerJoin(companies, eq(companies.id, invites.companyId))
    .innerJoin(units, and(eq(units.companyId, invites.companyId), eq(units.id, invites.unitId)))
    .innerJoin(buildings, and(eq(buildings.companyId, units.companyId), eq(buildings.id, units.buildingId)))
    .innerJoin(complexes, and(eq(complexes.companyId, units.companyId), eq(complexes.id, units.complexId)))
    .where(
      and(
        eq(invites.tokenHash, tokenHash),
        isNull(invites.deletedAt),
        isNull(units.deletedAt),
        isNull(buildings.deletedAt),
        isNull(complexes.deletedAt),
        isNull(companies.deletedAt),
        ne(companies.status, 'blocked'),
      ),
    )
  return row ?? null
}

type Door = NonNullable<Awaited<ReturnType<typeof findDoor>>>

const homeOf = (door: Door): Preview => ({
  company: door.company,
  complex: door.complex,
  address: addressOf(door),
  building: door.building,
  unit: door.unit,
  kind: door.kind,
})

/** One browser behind one address: a building shares the address, not the browser. */
const clientOf = ({ address, userAgent }: Visit) => `${limitKeyOf(address)} ${hashToken(userAgent)}`

const lookUp = ({ services }: Visit, token: string) =>
  services.database.system({}, 'read', (db) => findDoor(db, hashToken(token)))

/**
 * Where an invite leads, for whoever holds it.
 *
 * @throws not_found invites.token_invalid, limited request.rate_limited
 */
export const previewInvite = async (visit: Visit, token: string): Promise<Preview> => {
  await enforce(visit.services, {
    invite_preview: clientOf(visit),
    invite_preview_address: limitKeyOf(visit.address),
  })
  const door = await lookUp(visit, token)
  if (!door?.isActive) throw dead()
  return homeOf(door)
}

type AccountVisit = Visit & { principal: Principal }
type Entered = { status: Accepted['status']; residencyId: string; isNew: boolean }

const earlierUse = async (db: CompanyDb, inviteId: string, userId: string) => {
  const [use] = await db
    .select({ residencyId: inviteUses.residencyId, deletedAt: residencies.deletedAt, endsOn: residencies.endsOn })
    .from(inviteUses)
    .innerJoin(residencies, eq(residencies.id, inviteUses.residencyId))
    .where(and(eq(inviteUses.inviteId, inviteId), eq(inviteUses.userId, userId)))
  return use ?? null
}

/** Of parallel calls the database lets through as many as there are uses left. */
const spendUse = async (db: CompanyDb, inviteId: string) => {
  const spent = await db
    .update(invites)
    .set({ usedCount: sql`${invites.usedCount} + 1` })
    .where(and(eq(invites.id, inviteId), isActive))
    .returning({ id: invites.id })
  return spent.length > 0
}

/** As whom the invite was made: a member of staff who looks after the complex, else somebody who lives in the unit. */
const admitterOf = async (db: CompanyDb, { createdBy: userId, companyId, complexId, unitId }: Door): Promise<Actor> => {
  const staff = await readStaff(db, { userId, companyId })
  return staff && covers(editScope(staff), complexId)
    ? staff
    : { kind: 'resident', userId, companyId, unitIds: [unitId] }
}

const enter = async (visit: AccountVisit, db: CompanyDb, tokenHash: string, unitId: string): Promise<Entered> => {
  const { services, requestId, address, principal } = visit
  const { userId, sessionId } = principal
  const ctx = { services, db }
  await holdAccount(ctx, userId)
  const held = await holdHome(ctx, unitId)
  // Read again: until the unit was held, everything could change.
  const door = held && (await findDoor(db, tokenHash))
  if (!door) throw dead()
  const { today } = held
  const used = await earlierUse(db, door.inviteId, userId)
  if (used) {
    // Who came in by it and has left since does not come back by it.
    if (used.deletedAt || (used.endsOn !== null && used.endsOn <= today)) throw dead()
    return { status: 'already', residencyId: used.residencyId, isNew: false }
  }
  if (!door.isActive) throw dead()
  const present = await residencyOf(ctx, userId, unitId, today)
  if (present) return { status: 'already', residencyId: present.id, isNew: false }
  const { personId, kind, inviteId } = door
  const admitter = await admitterOf(db, door)
  const admitted = await admit(ctx, { unitId, today, account: principal, admitter, personId, kind, share: null })
  // After the person, whom removing and merging lock before their invites.
  if (!admitted || !(await spendUse(db, inviteId))) throw dead()
  const { residencyId } = admitted
  await db.insert(inviteUses).values({ inviteId, userId, residencyId })
  await audit(
    { db, requestId, address },
    {
      action: 'invites.accept',
      actorId: userId,
      sessionId,
      companyId: door.companyId,
      entity: 'invites',
      entityId: inviteId,
      details: { residencyId },
    },
  )
  return { status: 'added', ...admitted }
}

/**
 * Lets the caller into the unit of an invite: once, however often it is accepted.
 *
 * @throws not_found invites.token_invalid, limited request.rate_limited
 */
export const acceptInvite = async (visit: AccountVisit, token: string): Promise<Accepted> => {
  const { services, requestId, address, principal } = visit
  const { userId, sessionId } = principal
  await enforce(services, { invite_accept: userId, invite_accept_address: limitKeyOf(address) })
  const door = await lookUp(visit, token)
  if (!door) throw dead()
  const { companyId, unitId } = door
  const { isNew, ...entered } = await retrying(() =>
    services.database.company({ companyId, userId, sessionId, requestId, address }, 'write', (db) =>
      enter(visit, db, hashToken(token), unitId),
    ),
  )
  if (entered.status === 'added') services.metrics.invitesAccepted.inc()
  if (isNew) services.metrics.residentsCreated.inc()
  return { ...entered, context: `resident:${companyId}`, ...homeOf(door) }
}

/** @throws not_found property.invite_not_found */
export const listInviteUses = async (ctx: Ctx, { id, cursor, limit }: z.output<typeof listInviteUsesInput>) => {
  await getInvite(ctx, { id })
  const keys = keysOfPage(inviteUses, {
    where: eq(inviteUses.inviteId, id),
    sort: null,
    order: 'desc',
    start: startOf(cursor, null),
    limit: limit + 1,
  })
  const rows = await ctx.db
    .select({
      id: inviteUses.id,
      at: inviteUses.createdAt,
      residencyId: inviteUses.residencyId,
      person: { id: people.id, firstName: people.firstName, lastName: people.lastName },
    })
    .from(inviteUses)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${inviteUses.id}`)
    .innerJoin(people, eq(people.userId, inviteUses.userId))
    .where(isNull(people.deletedAt))
    .orderBy(orderOfPage(null, 'desc'))
  const page = toPage(rows, limit, () => null)
  const items = page.items.map(({ at, ...use }): z.input<typeof inviteUse> => ({ ...use, at: at.toISOString() }))
  return { items, nextCursor: page.nextCursor }
}
