import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { loadRights, type Rights } from '@servai/db/principal'
import type { AccountAction } from '@servai/contract/accounts'
import type { AuditEventName } from '@servai/contract/audit-names'
import { emailChanges, factorResets, impersonations } from '@servai/db/schema/account-changes'
import { apiKeys } from '@servai/db/schema/api-keys'
import { TOKEN_PURPOSES } from '@servai/db/schema/enums'
import { passkeyCeremonies, signInChallenges, trustedDevices } from '@servai/db/schema/factors'
import { roleGrants } from '@servai/db/schema/grants'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { platformOf, staffOf } from '../../actor.ts'
import { audit, type AuditDetails } from '../../audit.ts'
import { lockUser, revokeSessions } from '../../auth/sessions/service.ts'
import { issueToken, voidTokens } from '../../auth/tokens/service.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { holdCompany, lastingDirectorsOf } from '../../staff/grants/service.ts'
import { isPlatformAdmin, mayOpenAgain, requireAct } from '../policy.ts'
import type { AccountsCtx } from '../service.ts'

type Target = { id: string }

/**
 * The account under its lock, with its rights, for somebody who may do this with it. Acts in one company, and those of
 * the platform, follow one another: of two people who disable each other one comes too late.
 *
 * @throws forbidden auth.forbidden for an actor whose own rights have just ended; what `requireAct` throws
 */
export const openAct = async (ctx: AccountsCtx, id: string, action: AccountAction) => {
  await holdActor(ctx)
  const user = await lockUser(ctx, id)
  const rights = user && (await loadRights(ctx.services.database, id))
  if (!user || !rights) throw new DomainError('not_found', 'accounts.not_found')
  requireAct(ctx.actor, rights, action)
  return { user, rights }
}

const holdActor = async ({ db, actor, services, principal: { userId } }: AccountsCtx) => {
  if (actor.kind === 'staff') await holdCompany(db, actor.companyId)
  else await holdPlatformAdmins(db)
  const own = await loadRights(services.database, userId)
  const stillIs =
    actor.kind === 'staff'
      ? own?.active && staffOf(own, actor.companyId)?.roles.includes('director')
      : own?.active && platformOf(own, null)?.roles.includes('platform_admin')
  if (!stillIs) throw new DomainError('forbidden', 'auth.forbidden')
}

const holdPlatformAdmins = (db: AccountsCtx['db']) =>
  db
    .select({ id: users.id })
    .from(users)
    .innerJoin(roleGrants, and(eq(roleGrants.userId, users.id), eq(roleGrants.role, 'platform_admin')))
    .where(and(eq(users.status, 'active'), or(isNull(roleGrants.expiresAt), gt(roleGrants.expiresAt, sql`now()`))))
    .orderBy(users.id)
    .for('no key update', { of: users })

/** As the log names it: under the company whose director acts, or under none. */
export const auditAct = (ctx: AccountsCtx, action: AuditEventName, entityId: string, details: AuditDetails = {}) =>
  audit(ctx, {
    action,
    companyId: ctx.actor.kind === 'staff' ? ctx.actor.companyId : null,
    actorId: ctx.principal.userId,
    sessionId: ctx.principal.sessionId,
    entity: 'users',
    entityId,
    details,
  })

/** Who is named to the owner of the account; `null` for the platform. */
const actingCompany = ({ actor }: AccountsCtx) => (actor.kind === 'staff' ? actor.companyId : null)

const after = (ctx: AccountsCtx, userId: string) => ({ userId, companyId: actingCompany(ctx) })

type Ending = 'disabled' | 'ended_by_staff' | 'factors_changed'

/**
 * Ends whatever is signed in to the account, half signed in, or trusted; effective on the next request in every
 * process. The caller holds the account's lock.
 */
export const endAccess = async (ctx: AccountsCtx, userId: string, reason: Ending) => {
  const { db, services } = ctx
  const now = sql`now()`
  await db
    .update(users)
    .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, userId))
  await revokeSessions(ctx, eq(sessions.userId, userId), reason)
  await db
    .update(signInChallenges)
    .set({ usedAt: now })
    .where(and(eq(signInChallenges.userId, userId), isNull(signInChallenges.usedAt)))
  await db
    .update(passkeyCeremonies)
    .set({ usedAt: now })
    .where(and(eq(passkeyCeremonies.userId, userId), isNull(passkeyCeremonies.usedAt)))
  await db.delete(trustedDevices).where(eq(trustedDevices.userId, userId))
  await services.principals.suspend(userId)
}

/**
 * Nobody gets into the account any more, by no session, link, key or challenge; what is under way ends. What a company has
 * closed the platform may close as well: from then on it alone opens it.
 *
 * @throws conflict accounts.last_platform_admin, staff.last_director, and what `openAct` throws
 */
export const disableAccount = async (ctx: AccountsCtx, { id, reason }: Target & { reason: string }) => {
  const { user, rights } = await openAct(ctx, id, 'disable')
  const { db, actor, principal } = ctx
  const isTakenOver = actor.kind === 'platform' && user.disabledByCompanyId !== null
  if (user.status === 'disabled' && !isTakenOver) return
  await db
    .update(users)
    .set({ status: 'disabled', disabledByCompanyId: actingCompany(ctx) })
    .where(eq(users.id, id))
  if (user.status === 'disabled') return auditAct(ctx, 'accounts.disable', id, { reason, by: actor.kind })
  await requireSomebodyLeft(ctx, rights)
  await endAccess(ctx, id, 'disabled')
  await voidTokens(ctx, id, [...TOKEN_PURPOSES])
  const now = sql`now()`
  await revokeKeys(ctx, id)
  await db
    .update(emailChanges)
    .set({ cancelledAt: now })
    .where(and(eq(emailChanges.userId, id), isNull(emailChanges.doneAt), isNull(emailChanges.cancelledAt)))
  await db
    .update(factorResets)
    .set({ cancelledAt: now, cancelledBy: principal.userId })
    .where(and(eq(factorResets.userId, id), isNull(factorResets.approvedAt), isNull(factorResets.cancelledAt)))
  await db
    .update(impersonations)
    .set({ endedAt: now })
    .where(
      and(or(eq(impersonations.userId, id), eq(impersonations.impersonatorId, id)), isNull(impersonations.endedAt)),
    )
  await auditAct(ctx, 'accounts.disable', id, { reason, by: actor.kind })
  await emit(ctx, 'accounts.disabled', after(ctx, id))
}

const revokeKeys = ({ db, principal }: AccountsCtx, userId: string) =>
  db
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, revokedBy: principal.userId })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))

/** Of platform admins, and, where its own director acts, of directors of a company. */
const requireSomebodyLeft = async ({ db, actor }: AccountsCtx, { grants }: Rights) => {
  if (grants.some(({ role }) => role === 'platform_admin') && (await holdPlatformAdmins(db)).length === 0)
    throw new DomainError('conflict', 'accounts.last_platform_admin')
  if (isPlatformAdmin(actor) || actor.companyId === null) return
  if (!grants.some(({ role }) => role === 'director')) return
  if ((await lastingDirectorsOf(db, actor.companyId)).length === 0)
    throw new DomainError('conflict', 'staff.last_director')
}

/**
 * The way in is open again; nothing that was ended comes back.
 *
 * @throws forbidden accounts.disabled_by_platform, and what `openAct` throws
 */
export const enableAccount = async (ctx: AccountsCtx, { id }: Target) => {
  const { user } = await openAct(ctx, id, 'enable')
  if (user.status === 'active') return
  if (!mayOpenAgain(ctx.actor, user)) throw new DomainError('forbidden', 'accounts.disabled_by_platform')
  // Keys are made without the account's lock: one may have come right after the others were revoked.
  await revokeKeys(ctx, id)
  await ctx.db.update(users).set({ status: 'active', disabledByCompanyId: null }).where(eq(users.id, id))
  await ctx.services.principals.suspend(id)
  await auditAct(ctx, 'accounts.enable', id)
  await emit(ctx, 'accounts.enabled', after(ctx, id))
}

/** Signs the account out everywhere and trusts none of its devices any more. @throws what `openAct` throws */
export const endSessions = async (ctx: AccountsCtx, { id }: Target) => {
  await openAct(ctx, id, 'end_sessions')
  await endAccess(ctx, id, 'ended_by_staff')
  await auditAct(ctx, 'accounts.end_sessions', id)
  await emit(ctx, 'accounts.sessions_ended', after(ctx, id))
}

/**
 * Sends the owner a link to choose a new password; nobody else ever sees or sets it.
 *
 * @throws conflict accounts.disabled, limited request.rate_limited, and what `openAct` throws
 */
export const sendReset = async (ctx: AccountsCtx, { id }: Target) => {
  const { user } = await openAct(ctx, id, 'send_reset')
  if (user.status === 'disabled') throw new DomainError('conflict', 'accounts.disabled')
  await enforce(ctx.services, { account_reset: id })
  const tokenId = await issueToken(ctx, { purpose: 'reset_password', userId: id, emailKey: user.emailKey })
  await emit(ctx, 'auth.reset_requested', { userId: id, tokenId })
  await auditAct(ctx, 'accounts.send_reset', id)
}
