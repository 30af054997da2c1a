import { emailKeyOf } from '@servai/contract/auth'
import { localeOf } from '@servai/contract/locales'
import type { Database } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { accountErasures, accountExports, emailChanges } from '@servai/db/schema/account-changes'
import { apiKeys } from '@servai/db/schema/api-keys'
import { claims } from '@servai/db/schema/claims'
import {
  passkeyCeremonies,
  passkeys,
  recoveryCodes,
  signInChallenges,
  totpFactors,
  trustedDevices,
} from '@servai/db/schema/factors'
import { roleGrants } from '@servai/db/schema/grants'
import { people } from '@servai/db/schema/people'
import { authTokens, sessions } from '@servai/db/schema/sessions'
import { staffInvites, staffProfiles } from '@servai/db/schema/staff'
import { credentials, users } from '@servai/db/schema/users'
import { and, eq, gt, inArray, isNull, or, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { holdCompany, requireOtherDirector } from '../../staff/grants/service.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { lockUser, revokeSessions } from '../sessions/service.ts'
import { bucketOf, clearAttempts } from '../throttle/service.ts'

/** A company keeps a director, the platform an administrator. Who asks at the same time waits, and sees who is left. */
const requireOthers = async ({ db }: VisitDb, userId: string) => {
  const lasting = isNull(roleGrants.expiresAt)
  const held = await db
    .select({ role: roleGrants.role, companyId: roleGrants.companyId })
    .from(roleGrants)
    .where(and(eq(roleGrants.userId, userId), lasting, inArray(roleGrants.role, ['director', 'platform_admin'])))
    .orderBy(roleGrants.companyId)
  for (const { companyId } of held) {
    if (companyId === null || !(await holdCompany(db, companyId))) continue
    await requireOtherDirector(db, companyId, userId)
  }
  if (!held.some(({ role }) => role === 'platform_admin')) return
  const admins = await db
    .select({ id: users.id })
    .from(users)
    .innerJoin(roleGrants, and(eq(roleGrants.userId, users.id), eq(roleGrants.role, 'platform_admin')))
    .where(and(eq(users.status, 'active'), isNull(users.deletedAt), or(lasting, gt(roleGrants.expiresAt, sql`now()`))))
    .orderBy(users.id)
    .for('no key update', { of: users })
  if (admins.every(({ id }) => id === userId)) throw new DomainError('conflict', 'personal_data.last_platform_admin')
}

const removeIdentity = async (ctx: VisitDb, userId: string) => {
  const { db } = ctx
  await revokeSessions(ctx, eq(sessions.userId, userId), 'erased')
  for (const table of [
    passkeyCeremonies,
    signInChallenges,
    trustedDevices,
    recoveryCodes,
    passkeys,
    totpFactors,
    authTokens,
    emailChanges,
    accountExports,
    credentials,
    sessions,
    roleGrants,
  ])
    await db.delete(table).where(eq(table.userId, userId))
}

/** What companies know of the account as such; what they know of the person is theirs, and stays. */
const withdrawFromCompanies = async ({ db }: VisitDb, userId: string, email: string) => {
  const [firstName, lastName] = ['', '']
  await db.update(people).set({ userId: null }).where(eq(people.userId, userId))
  const own = eq(claims.userId, userId)
  await db
    .update(claims)
    .set({ status: 'withdrawn', decidedAt: sql`now()`, decidedBy: userId })
    .where(and(own, eq(claims.status, 'pending')))
  await db.update(claims).set({ firstName, lastName, email, phone: null, message: '' }).where(own)
  await db.update(staffProfiles).set({ phone: null }).where(eq(staffProfiles.userId, userId))
  await db.update(staffInvites).set({ email, emailKey: email }).where(eq(staffInvites.acceptedBy, userId))
  await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, revokedBy: userId })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
}

/**
 * Erases the account: nobody signs in with it again, and its address is free. Ids stay, so that ledgers and logs remain
 * true.
 *
 * @throws invalid personal_data.not_confirmed, conflict staff.last_director, personal_data.last_platform_admin,
 *   limited request.rate_limited
 */
export const eraseAccount = async (visit: Visit, principal: Principal, confirmation: string): Promise<void> => {
  const { services } = visit
  const { userId, sessionId } = principal
  await enforce(services, { personal_data_erase: userId })
  if (emailKeyOf(confirmation) !== emailKeyOf(principal.email))
    throw new DomainError('invalid', 'personal_data.not_confirmed', {
      issues: [{ path: ['confirmation'], code: 'personal_data.not_confirmed' }],
    })
  await transaction(visit, { userId, sessionId }, async (ctx) => {
    await requireOthers(ctx, userId)
    const user = await lockUser(ctx, userId)
    if (user?.status !== 'active') throw new DomainError('unauthenticated', 'auth.session_revoked')
    const [erasure] = await ctx.db
      .insert(accountErasures)
      .values({ userId, email: user.email, locale: localeOf(user.locale) })
      .returning({ id: accountErasures.id })
    if (!erasure) throw new Error('the erasure was not inserted')
    await audit(ctx, { action: 'auth.erase', actorId: userId, sessionId, entity: 'users', entityId: userId })
    await removeIdentity(ctx, userId)
    await clearAttempts(ctx.db, bucketOf(user.emailKey))
    const gone = `${userId}@erased.invalid`
    await withdrawFromCompanies(ctx, userId, gone)
    await ctx.db
      .update(users)
      .set({
        email: gone,
        emailKey: gone,
        firstName: '',
        lastName: '',
        status: 'disabled',
        emailVerifiedAt: null,
        tokenVersion: sql`${users.tokenVersion} + 1`,
        deletedAt: sql`now()`,
        deletedBy: userId,
      })
      .where(eq(users.id, userId))
    await emit(ctx, 'account.erased', { erasureId: erasure.id })
    await services.principals.suspend(userId)
  })
}

/** Once the owner has been told, nothing holds the address any more. */
export const forgetFarewell = (database: Pick<Database, 'system'>, erasureId: string) =>
  database.system({}, 'write', async (db) => {
    await db.update(accountErasures).set({ email: null }).where(eq(accountErasures.id, erasureId))
  })
