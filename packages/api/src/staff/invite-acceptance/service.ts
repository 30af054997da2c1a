import { and, eq, getTableColumns, inArray, isNull, ne, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { hashToken } from '@servai/auth/one-time-token'
import { emailKeyOf } from '@servai/contract/auth'
import { isCompanyRole, type acceptedStaffInvite, type StaffInvitePreview } from '@servai/contract/staff'
import type { SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { staffInvites, staffProfiles } from '@servai/db/schema/staff'
import { platformOf, staffOf, type Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import { lockUser } from '../../auth/sessions/service.ts'
import { limitKeyOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { holdCompany, writeGrants } from '../grants/service.ts'
import { holdsNow, mayGrant } from '../policy.ts'

/** Unknown, withdrawn, replaced, expired, of a company or complexes that are gone: nobody learns which. */
const dead = () => new DomainError('not_found', 'staff.invite_invalid')

type Invite = typeof staffInvites.$inferSelect & { isLive: boolean }

const columns = {
  ...getTableColumns(staffInvites),
  isLive: sql<boolean>`(${staffInvites.acceptedAt} is null and ${staffInvites.revokedAt} is null and ${staffInvites.expiresAt} > now())`,
}
const isOf = (token: string) => and(eq(staffInvites.tokenHash, hashToken(token)), isNull(staffInvites.deletedAt))

const limit = ({ services, address }: Visit, token: string) =>
  enforce(services, { staff_invite_token: hashToken(token), staff_invite_token_address: limitKeyOf(address) })

/** Those of the invite's complexes that still stand. */
const standing = async (db: SystemDb, { companyId, complexIds }: Invite) =>
  complexIds.length === 0
    ? []
    : db
        .select({ id: complexes.id, name: complexes.name, city: complexes.city })
        .from(complexes)
        .where(and(eq(complexes.companyId, companyId), inArray(complexes.id, complexIds), isNull(complexes.deletedAt)))

/**
 * What an invite offers, for whoever holds its link.
 *
 * @throws not_found staff.invite_invalid, limited request.rate_limited
 */
export const previewStaffInvite = async (visit: Visit, token: string): Promise<StaffInvitePreview> => {
  await limit(visit, token)
  return visit.services.database.system({}, 'read', async (db) => {
    const [found] = await db
      .select({ ...columns, company: companies.name })
      .from(staffInvites)
      .innerJoin(companies, eq(companies.id, staffInvites.companyId))
      .where(and(isOf(token), isNull(companies.deletedAt), ne(companies.status, 'blocked')))
    if (!found?.isLive) throw dead()
    const { role, title, email, expiresAt } = found
    const offered = await standing(db, found)
    if (!isCompanyRole(role) && offered.length === 0) throw dead()
    return {
      company: { name: found.company },
      role,
      complexes: offered.map(({ name, city }) => ({ name, city })),
      title,
      email,
      expiresAt: expiresAt.toISOString(),
    }
  })
}

/**
 * Makes the caller a colleague. Only the account that has proved the address of the invite can, once, and accepting
 * again changes nothing.
 *
 * @throws not_found staff.invite_invalid, forbidden auth.email_not_verified, staff.invite_other_address,
 *   auth.company_blocked, limited request.rate_limited
 */
export const acceptStaffInvite = async (
  visit: Visit,
  { userId, sessionId }: Principal,
  token: string,
): Promise<z.input<typeof acceptedStaffInvite>> => {
  await limit(visit, token)
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    const invite = await holdInvite(ctx, token)
    const user = await lockUser(ctx, userId)
    if (!invite || user?.status !== 'active') throw dead()
    if (!user.emailVerifiedAt) throw new DomainError('forbidden', 'auth.email_not_verified')
    if (emailKeyOf(user.email) !== invite.emailKey) throw new DomainError('forbidden', 'staff.invite_other_address')
    const { companyId } = invite
    const answer = { contextKey: `staff:${companyId}` }
    if (invite.acceptedBy) {
      if (invite.acceptedBy !== userId) throw dead()
      return { status: 'already_accepted' as const, ...answer }
    }
    await admit(ctx, invite, userId)
    await audit(ctx, {
      action: 'staff.invite_accept',
      actorId: userId,
      sessionId,
      companyId,
      entity: 'staff_invites',
      entityId: invite.id,
    })
    return { status: 'accepted' as const, ...answer }
  })
}

/** The company first, as whoever changes rights in it does; then nobody else accepts or withdraws this invite. */
const holdInvite = async ({ db }: VisitDb, token: string): Promise<Invite | null> => {
  const [seen] = await db.select({ companyId: staffInvites.companyId }).from(staffInvites).where(isOf(token))
  const company = seen && (await holdCompany(db, seen.companyId))
  if (!company) return null
  if (company.status === 'blocked') throw new DomainError('forbidden', 'auth.company_blocked')
  const [invite] = await db.select(columns).from(staffInvites).where(isOf(token)).for('update')
  return invite ?? null
}

const admit = async (ctx: VisitDb, invite: Invite, userId: string) => {
  const { db } = ctx
  const { id, companyId, role, title, specialisations, createdBy } = invite
  const complexIds = (await standing(db, invite)).map((complex) => complex.id)
  const isOffered = isCompanyRole(role) || complexIds.length > 0
  if (!invite.isLive || !isOffered || !(await mayStillGrant(db, invite, complexIds))) throw dead()
  await writeGrants(ctx, { companyId, userId, role, complexIds, expiresAt: null, grantedBy: createdBy })
  await db
    .update(staffInvites)
    .set({ acceptedAt: sql`now()`, acceptedBy: userId })
    .where(and(eq(staffInvites.companyId, companyId), eq(staffInvites.id, id)))
  const isTheirs = and(
    eq(staffProfiles.companyId, companyId),
    eq(staffProfiles.userId, userId),
    isNull(staffProfiles.deletedAt),
  )
  const [profile] = await db.select().from(staffProfiles).where(isTheirs).for('no key update')
  if (!profile) throw new Error('whoever holds a grant has a profile')
  // What the company has said of somebody already is not overwritten by an invite.
  await db
    .update(staffProfiles)
    .set({
      title: profile.title || title,
      specialisations: [...new Set([...profile.specialisations, ...specialisations])],
    })
    .where(isTheirs)
}

/** An invite is worth what whoever sent it may grant today. */
const mayStillGrant = async (db: SystemDb, { companyId, role, createdBy }: Invite, complexIds: string[]) => {
  if (!createdBy) return false
  const grants = await db
    .select({ role: roleGrants.role, companyId: roleGrants.companyId, complexId: roleGrants.complexId })
    .from(roleGrants)
    .where(and(eq(roleGrants.userId, createdBy), holdsNow))
  const rights = { userId: createdBy, grants }
  const senders: (Actor | null)[] = [staffOf(rights, companyId), platformOf(rights, companyId)]
  return senders.some((sender) => sender !== null && mayGrant(sender, role, complexIds))
}
