import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { z } from 'zod'
import { STAFF_ROLES, type StaffRole } from '@servai/contract/roles'
import type { createGrantsInput, OfferedRoles } from '@servai/contract/staff'
import type { CompanyDb, SystemDb } from '@servai/db'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { staffProfiles } from '@servai/db/schema/staff'
import { staffOf, type Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { Ctx, Services } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { countActiveOf } from '../../property/invites/service.ts'
import { getMember } from '../members/service.ts'
import { grantScope, holdsNow, inStaffScope, lastingDirectors, requireGrantable, visibleMember } from '../policy.ts'

type AnyDb = CompanyDb | SystemDb
type GrantsCtx = Ctx & { actor: Actor & { companyId: string } }

/** Which roles the caller may hand out, for the choices of a form. */
export const offerRoles = async ({ actor }: Ctx): Promise<OfferedRoles> => ({
  items: STAFF_ROLES.flatMap((role): OfferedRoles['items'] => {
    const scope = grantScope(actor, role)
    if (scope === 'company') return [{ role, complexIds: null }]
    return scope.length > 0 ? [{ role, complexIds: [...scope] }] : []
  }),
})

/**
 * One grant per complex, or one for the company; effective on the next request of the account.
 *
 * @throws not_found staff.member_not_found, property.complex_not_found, invalid request.invalid,
 *   forbidden staff.above_own_rights, staff.own_grant, conflict staff.last_director
 */
export const createGrants = async (ctx: GrantsCtx, input: z.output<typeof createGrantsInput>) => {
  const { memberId, role, complexIds } = input
  const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt)
  if (expiresAt && expiresAt <= ctx.now())
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['expiresAt'], code: 'not_future' }] })
  const actor = await holdRights(ctx)
  const [member] = await ctx.db
    .select({ userId: staffProfiles.userId })
    .from(staffProfiles)
    .where(and(eq(staffProfiles.id, memberId), visibleMember(actor)))
  if (!member) throw new DomainError('not_found', 'staff.member_not_found')
  await holdComplexes(ctx.db, complexIds)
  requireGrantable(actor, role, complexIds)
  if (member.userId === actor.userId) throw new DomainError('forbidden', 'staff.own_grant')
  const { companyId, userId: grantedBy } = actor
  await writeGrants(ctx, { companyId, userId: member.userId, role, complexIds, expiresAt, grantedBy })
  return getMember(ctx, { id: memberId })
}

/**
 * Answers how many open invites die with it: they go on where somebody adopts them.
 *
 * @throws not_found staff.grant_not_found, forbidden staff.above_own_rights, conflict staff.last_director
 */
export const revokeGrant = async (ctx: GrantsCtx, { id }: { id: string }) => {
  const actor = await holdRights(ctx)
  const [grant] = await ctx.db
    .select()
    .from(roleGrants)
    .where(and(eq(roleGrants.id, id), inStaffScope(actor, roleGrants.complexId)))
  if (!grant) throw new DomainError('not_found', 'staff.grant_not_found')
  const { userId, complexId, expiresAt } = grant
  // The platform's roles belong to no company, so row-level security shows none of them.
  const role = grant.role as StaffRole
  requireGrantable(actor, role, complexId === null ? [] : [complexId])
  if (role === 'director' && expiresAt === null) await requireOtherDirector(ctx.db, actor.companyId, userId)
  const activeBefore = await countActiveOf(ctx.db, userId)
  await ctx.db.delete(roleGrants).where(eq(roleGrants.id, id))
  // Under the account, where whoever asks why it sees no more will look.
  await audit(ctx, {
    action: 'staff.grant_revoke',
    companyId: actor.companyId,
    actorId: actor.userId,
    entity: 'users',
    entityId: userId,
    details: { role, complexId },
  })
  await ctx.services.principals.suspend(userId)
  return { ok: true as const, orphanedInvites: activeBefore - (await countActiveOf(ctx.db, userId)) }
}

/**
 * One change of rights in a company at a time; answers the actor as the one before has left it.
 *
 * @throws forbidden auth.forbidden for somebody whose own rights have just ended
 */
const holdRights = async ({ db, actor }: GrantsCtx): Promise<GrantsCtx['actor']> => {
  await holdCompany(db, actor.companyId)
  if (actor.kind !== 'staff') return actor
  const current = await readStaff(db, actor)
  if (!current) throw new DomainError('forbidden', 'auth.forbidden')
  return current
}

/** What an account may do in the company of the transaction as a member of its staff, as of now. */
export const readStaff = async (db: CompanyDb, { userId, companyId }: { userId: string; companyId: string }) => {
  const grants = await db
    .select({ role: roleGrants.role, companyId: roleGrants.companyId, complexId: roleGrants.complexId })
    .from(roleGrants)
    .where(and(eq(roleGrants.userId, userId), holdsNow))
  return staffOf({ userId, grants }, companyId)
}

/** For other slices: that a row of `role_grants` counts now. */
export const grantHolds = holdsNow

/** Until the end of the transaction nobody else changes rights in this company. `null` when it is gone. */
export const holdCompany = async (db: AnyDb, companyId: string) => {
  const [company] = await db
    .select({ name: companies.name, status: companies.status })
    .from(companies)
    .where(and(eq(companies.id, companyId), isNull(companies.deletedAt)))
    .for('no key update')
  return company ?? null
}

/**
 * Holds these complexes against being removed.
 *
 * @throws not_found property.complex_not_found
 */
export const holdComplexes = async (db: CompanyDb, complexIds: readonly string[]) => {
  if (complexIds.length === 0) return
  const found = await db
    .select({ id: complexes.id })
    .from(complexes)
    .where(and(inArray(complexes.id, [...complexIds]), isNull(complexes.deletedAt)))
    .for('share')
  if (found.length < complexIds.length) throw new DomainError('not_found', 'property.complex_not_found')
}

type NewGrants = {
  companyId: string
  userId: string
  role: StaffRole
  /** None: in the whole company. */
  complexIds: readonly string[]
  expiresAt: Date | null
  grantedBy: string | null
}

/**
 * Grants that are held already stay as they are, or, with another end, begin anew. The caller holds the company.
 *
 * @throws conflict staff.last_director
 */
export const writeGrants = async (
  { db, services }: { db: AnyDb; services: Pick<Services, 'principals'> },
  { companyId, userId, role, complexIds, expiresAt, grantedBy }: NewGrants,
) => {
  const held = await db
    .select({ id: roleGrants.id, complexId: roleGrants.complexId, expiresAt: roleGrants.expiresAt })
    .from(roleGrants)
    .where(
      and(
        eq(roleGrants.companyId, companyId),
        eq(roleGrants.userId, userId),
        eq(roleGrants.role, role),
        complexIds.length > 0 ? inArray(roleGrants.complexId, [...complexIds]) : undefined,
      ),
    )
  const outdated = held.filter((grant) => grant.expiresAt?.getTime() !== expiresAt?.getTime())
  if (role === 'director' && outdated.some((grant) => grant.expiresAt === null))
    await requireOtherDirector(db, companyId, userId)
  for (const { id } of outdated) await db.delete(roleGrants).where(eq(roleGrants.id, id))
  const kept = held.filter((grant) => !outdated.includes(grant)).map(({ complexId }) => complexId)
  const rows = (complexIds.length > 0 ? complexIds : [null])
    .filter((complexId) => !kept.includes(complexId))
    .map((complexId) => ({ companyId, userId, role, complexId, expiresAt, grantedBy }))
  if (rows.length > 0) await db.insert(roleGrants).values(rows)
  await services.principals.suspend(userId)
}

/** Directors whom nothing ends by itself, once for each such grant. */
export const lastingDirectorsOf = (db: AnyDb, companyId: string) => lastingDirectors(db, companyId)

/** @throws conflict staff.last_director */
export const requireOtherDirector = async (db: AnyDb, companyId: string, userId: string) => {
  const directors = await lastingDirectors(db, companyId)
  if (directors.every((director) => director.userId === userId))
    throw new DomainError('conflict', 'staff.last_director')
}
