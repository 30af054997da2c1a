import { hashToken } from '@servai/auth/one-time-token'
import { emailKeyOf } from '@servai/contract/auth'
import type { EmailChangeStep } from '@servai/contract/email-change'
import type { SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { emailChanges } from '@servai/db/schema/account-changes'
import { claims } from '@servai/db/schema/claims'
import { trustedDevices } from '@servai/db/schema/factors'
import { authTokens, sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { and, desc, eq, gt, inArray, isNull, lte, ne, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { limitKeyOf } from '../../client-traits.ts'
import { DomainError, violates } from '../../errors.ts'
import { emit } from '../../events.ts'
import { inLevelTime } from '../../level-time.ts'
import { enforce, take } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { deviceHashOf, readDevice, rememberDevice } from '../devices/service.ts'
import { lockUser, revokeSessions } from '../sessions/service.ts'
import { issueToken, spendToken, voidTokens } from '../tokens/service.ts'

type Change = typeof emailChanges.$inferSelect
type Purpose = 'confirm_old_email' | 'confirm_new_email'

const PURPOSES: readonly Purpose[] = ['confirm_old_email', 'confirm_new_email']
const LIFETIME_HOURS = 24

const isOpen = and(isNull(emailChanges.doneAt), isNull(emailChanges.cancelledAt))

const invalid = () => new DomainError('invalid', 'email_change.token_invalid')
const taken = () => new DomainError('conflict', 'email_change.address_taken')

const ownerOf = async ({ db }: Pick<VisitDb, 'db'>, emailKey: string) => {
  const [owner] = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.emailKey, emailKey), isNull(users.deletedAt)))
  return owner ?? null
}

/** Ends the change that waits, with its links. Whoever calls holds the lock of the account. */
export const cancelOpenChange = async (ctx: VisitDb, userId: string): Promise<boolean> => {
  const cancelled = await ctx.db
    .update(emailChanges)
    .set({ cancelledAt: sql`now()` })
    .where(and(eq(emailChanges.userId, userId), isOpen))
    .returning({ id: emailChanges.id })
  await voidTokens(ctx, userId, [...PURPOSES])
  return cancelled.length > 0
}

/**
 * Asks both mailboxes. Whether the new address has an account already shows neither in the answer nor in what the
 * profile says afterwards: its owner is told instead of being asked.
 *
 * @throws invalid email_change.same_address, limited request.rate_limited (by account only)
 */
export const startEmailChange = async (visit: Visit, principal: Principal, newEmail: string): Promise<void> => {
  const { services } = visit
  const { userId, sessionId } = principal
  const newEmailKey = emailKeyOf(newEmail)
  if (newEmailKey === emailKeyOf(principal.email))
    throw new DomainError('invalid', 'email_change.same_address', {
      issues: [{ path: ['newEmail'], code: 'email_change.same_address' }],
    })
  await enforce(services, { email_change: userId })
  await inLevelTime(async () => {
    const { allowed: mayMail } = await take(services, { email_change_address: newEmailKey })
    await transaction(visit, { userId, sessionId }, async (ctx) => {
      const user = await lockUser(ctx, userId)
      if (user?.status !== 'active') return
      await cancelOpenChange(ctx, userId)
      await ctx.db.insert(emailChanges).values({
        userId,
        oldEmail: user.email,
        newEmail,
        newEmailKey,
        expiresAt: sql`now() + ${LIFETIME_HOURS} * interval '1 hour'`,
      })
      const oldTokenId = await issueToken(ctx, { purpose: 'confirm_old_email', userId, emailKey: user.emailKey })
      await emit(ctx, 'auth.email_change_asked', { userId, tokenId: oldTokenId })
      const owner = await ownerOf(ctx, newEmailKey)
      // A link that nobody gets, so that the rows tell nothing either.
      const newTokenId = await issueToken(ctx, { purpose: 'confirm_new_email', userId, emailKey: newEmailKey })
      if (mayMail && owner) await emit(ctx, 'auth.email_change_collided', { userId: owner.id })
      if (mayMail && !owner) await emit(ctx, 'auth.new_email_asked', { userId, tokenId: newTokenId })
      await audit(ctx, { action: 'auth.email_change_start', ...about(userId, sessionId) })
    })
  })
}

const about = (userId: string, sessionId: string | null = null) => ({
  actorId: userId,
  sessionId,
  entity: 'users',
  entityId: userId,
})

export const readEmailChange = async ({ services }: Visit, { userId }: Pick<Principal, 'userId'>) => {
  const [open] = await services.database.system({ userId }, 'read', (db) =>
    db
      .select()
      .from(emailChanges)
      .where(and(eq(emailChanges.userId, userId), isOpen, gt(emailChanges.expiresAt, sql`now()`))),
  )
  if (!open) return { open: null }
  const { newEmail, oldConfirmedAt, newConfirmedAt, expiresAt } = open
  return {
    open: { newEmail, oldConfirmed: oldConfirmedAt !== null, newConfirmed: newConfirmedAt !== null, expiresAt },
  }
}

/** Nothing where none waits. */
export const cancelEmailChange = (
  visit: Visit,
  { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
): Promise<void> =>
  transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    if (await cancelOpenChange(ctx, userId))
      await audit(ctx, { action: 'auth.email_change_cancel', ...about(userId, sessionId) })
  })

/** The change a link belongs to, whether it waits or is done; null for a link that was voided or has expired. */
const findByToken = async (db: SystemDb, token: string) => {
  const [found] = await db
    .select({
      userId: authTokens.userId,
      purpose: authTokens.purpose,
      emailKey: authTokens.emailKey,
      isSpent: sql<boolean>`${authTokens.usedAt} is not null`,
      change: emailChanges,
    })
    .from(authTokens)
    .innerJoin(users, eq(users.id, authTokens.userId))
    // Written by one transaction: the change is as old as its links.
    .innerJoin(
      emailChanges,
      and(eq(emailChanges.userId, authTokens.userId), lte(emailChanges.createdAt, authTokens.createdAt)),
    )
    .where(
      and(
        eq(authTokens.tokenHash, hashToken(token)),
        inArray(authTokens.purpose, [...PURPOSES]),
        isNull(authTokens.voidedAt),
        gt(authTokens.expiresAt, sql`now()`),
        eq(users.status, 'active'),
        isNull(users.deletedAt),
      ),
    )
    .orderBy(desc(emailChanges.createdAt))
    .limit(1)
  if (!found || found.change.cancelledAt) return null
  // The query asks for these two purposes.
  return { ...found, purpose: found.purpose as Purpose }
}

const countAttempt = (visit: Visit, token: string) =>
  enforce(visit.services, { verify: hashToken(token), verify_address: limitKeyOf(visit.address) })

/** @throws invalid email_change.token_invalid, limited request.rate_limited */
export const inspectEmailChange = async (visit: Visit, token: string) => {
  await countAttempt(visit, token)
  const found = await visit.services.database.system({}, 'read', (db) => findByToken(db, token))
  if (!found) throw invalid()
  const { change, purpose, isSpent } = found
  return {
    side: purpose === 'confirm_old_email' ? ('old' as const) : ('new' as const),
    newEmail: change.newEmail,
    status: change.doneAt ? ('changed' as const) : isSpent ? ('confirmed' as const) : ('open' as const),
  }
}

/** A browser that confirms: the session that goes on, and the device it is known by. */
type Browser = { sessionId: string | null; deviceToken: string | null }

/** Under the account's lock, when both have agreed. Fails where somebody else has the address by now. */
const complete = async (ctx: VisitDb, change: Change, { sessionId, deviceToken }: Browser) => {
  const { userId, newEmail, newEmailKey: emailKey } = change
  const { services, db } = ctx
  await db
    .update(users)
    .set({ email: newEmail, emailKey, emailVerifiedAt: sql`now()`, tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, userId))
  await db
    .update(emailChanges)
    .set({ doneAt: sql`now()` })
    .where(eq(emailChanges.id, change.id))
  await voidTokens(ctx, userId, [...PURPOSES, 'verify_email', 'reset_password'])
  // Matched to people by the address it carries: it must be one the account still has (ADR 0015).
  await db
    .update(claims)
    .set({ email: newEmail })
    .where(and(eq(claims.userId, userId), eq(claims.status, 'pending'), isNull(claims.deletedAt)))
  const others = and(eq(sessions.userId, userId), sessionId ? ne(sessions.id, sessionId) : undefined)
  await revokeSessions(ctx, others, 'email_changed')
  const known = readDevice(services, emailKeyOf(change.oldEmail), deviceToken)
  const device = known?.userId === userId ? known : null
  // The cookies of all others are signed for the address of before.
  await db
    .delete(trustedDevices)
    .where(
      and(
        eq(trustedDevices.userId, userId),
        device ? ne(trustedDevices.deviceHash, deviceHashOf(device.deviceId)) : undefined,
      ),
    )
  await emit(ctx, 'auth.email_changed', { userId, changeId: change.id })
  await audit(ctx, { action: 'auth.email_change', ...about(userId, sessionId) })
  await services.principals.suspend(userId)
  return device && rememberDevice(services, { emailKey, userId, device })
}

const stepOf = ({ oldConfirmedAt, newConfirmedAt, doneAt }: Change): EmailChangeStep =>
  doneAt ? 'changed' : oldConfirmedAt === null ? 'waits_for_old' : newConfirmedAt === null ? 'waits_for_new' : 'changed'

const confirm = (visit: Visit, token: string, userId: string, browser: Browser) =>
  transaction(visit, { userId }, async (ctx) => {
    await lockUser(ctx, userId)
    const found = await findByToken(ctx.db, token)
    if (!found) throw invalid()
    const { change, purpose, isSpent } = found
    if (isSpent) return { status: stepOf(change), device: null }
    if ((await ownerOf(ctx, change.newEmailKey)) !== null && purpose === 'confirm_new_email') return 'taken'
    const spent = await spendToken(ctx, purpose, token)
    if (!spent) throw invalid()
    const side = purpose === 'confirm_old_email' ? 'oldConfirmedAt' : 'newConfirmedAt'
    const [agreed] = await ctx.db
      .update(emailChanges)
      .set({ [side]: sql`now()` })
      .where(and(eq(emailChanges.id, change.id), isOpen))
      .returning()
    if (!agreed) throw invalid()
    await audit(ctx, { action: 'auth.email_change_confirm', ...about(userId), details: { side: purpose } })
    const status = stepOf(agreed)
    return { status, device: status === 'changed' ? await complete(ctx, agreed, browser) : null }
  })

const giveUp = (visit: Visit, userId: string) =>
  transaction(visit, { userId }, async (ctx) => {
    await lockUser(ctx, userId)
    if (await cancelOpenChange(ctx, userId))
      await audit(ctx, { action: 'auth.email_change', result: 'failed', ...about(userId), details: { why: 'taken' } })
  })

/**
 * One of the two mailboxes agrees; the second to do so makes the change. The same link again answers the same.
 *
 * @throws invalid email_change.token_invalid, conflict email_change.address_taken by somebody else meanwhile: the change
 *   is over; limited request.rate_limited
 */
export const confirmEmailChange = async (
  visit: Visit,
  token: string,
  { accessToken, deviceToken }: { accessToken: string | null; deviceToken: string | null },
) => {
  const { services } = visit
  await countAttempt(visit, token)
  const found = await services.database.system({}, 'read', (db) => findByToken(db, token))
  if (!found) throw invalid()
  const { userId } = found
  const claimed = accessToken === null ? null : await services.accessTokens.verify(accessToken)
  const sessionId = claimed?.userId === userId ? claimed.sessionId : null
  const outcome = await confirm(visit, token, userId, { sessionId, deviceToken }).catch((error: unknown) => {
    if (violates(error, 'users_email')) return 'taken' as const
    throw error
  })
  if (outcome !== 'taken') return outcome
  await giveUp(visit, userId)
  throw taken()
}

/**
 * "This was not me", from the old mailbox: as long as the change waits, also after it has agreed.
 *
 * @throws invalid email_change.token_invalid, limited request.rate_limited
 */
export const declineEmailChange = async (visit: Visit, token: string): Promise<void> => {
  await countAttempt(visit, token)
  const found = await visit.services.database.system({}, 'read', (db) => findByToken(db, token))
  if (!found || found.purpose !== 'confirm_old_email') throw invalid()
  const { userId } = found
  await transaction(visit, { userId }, async (ctx) => {
    await lockUser(ctx, userId)
    const again = await findByToken(ctx.db, token)
    if (!again || again.change.doneAt || !(await cancelOpenChange(ctx, userId))) throw invalid()
    await audit(ctx, { action: 'auth.email_change_decline', ...about(userId) })
  })
}
