import { hashToken } from '@servai/auth/one-time-token'
import { emailKeyOf } from '@servai/contract/auth'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { audit } from '../audit.ts'
import { cancelOpenChange } from '../auth/email-change/service.ts'
import { replacePassword, requireStrongPassword } from '../auth/passwords/service.ts'
import { lockUser, revokeSessions } from '../auth/sessions/service.ts'
import { bucketOf, clearAttempts } from '../auth/throttle/service.ts'
import { findTokenOwner, issueToken, spendToken, voidTokens } from '../auth/tokens/service.ts'
import { limitKeyOf } from '../client-traits.ts'
import { DomainError } from '../errors.ts'
import { emit } from '../events.ts'
import { inLevelTime } from '../level-time.ts'
import { enforce, take } from '../limits.ts'
import { transaction, type Visit } from '../visit.ts'

const sendLink = async (visit: Visit, emailKey: string): Promise<void> => {
  const { allowed } = await take(visit.services, { reset_request: emailKey })
  if (!allowed) return
  await transaction(visit, {}, async (ctx) => {
    const [user] = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.emailKey, emailKey), eq(users.status, 'active'), isNull(users.deletedAt)))
      .for('no key update')
    if (!user) return audit(ctx, { action: 'reset.request', result: 'denied' })
    const tokenId = await issueToken(ctx, { purpose: 'reset_password', userId: user.id, emailKey })
    await emit(ctx, 'auth.reset_requested', { userId: user.id, tokenId })
    return audit(ctx, { action: 'reset.request', entity: 'users', entityId: user.id })
  })
}

/**
 * Sends a link to the address if an account has it; the answer never tells, and neither does the fourth within an hour.
 *
 * @throws limited request.rate_limited (by network only)
 */
export const requestReset = async (visit: Visit, email: string): Promise<void> => {
  const { services } = visit
  await enforce(services, { reset_request_address: limitKeyOf(visit.address) })
  services.metrics.passwordResetRequests.inc()
  await inLevelTime(() => sendLink(visit, emailKeyOf(email)))
}

const countAttempt = (visit: Visit, token: string) =>
  enforce(visit.services, { reset_submit: hashToken(token), reset_submit_address: limitKeyOf(visit.address) })

/** @throws limited request.rate_limited */
export const isResetTokenLive = async (visit: Visit, token: string): Promise<boolean> => {
  await countAttempt(visit, token)
  return (await findTokenOwner(visit.services, 'reset_password', token)) !== null
}

/**
 * Sets a new password and ends every session. A password that is refused leaves the token as it was.
 *
 * @throws invalid reset.token_invalid, password.*; limited request.rate_limited
 */
export const resetPassword = async (
  visit: Visit,
  { token, newPassword }: { token: string; newPassword: string },
): Promise<void> => {
  const { services } = visit
  await countAttempt(visit, token)
  const owner = await findTokenOwner(services, 'reset_password', token)
  if (!owner) throw new DomainError('invalid', 'reset.token_invalid')
  requireStrongPassword(services, 'newPassword', newPassword, owner)
  const passwordHash = await services.passwords.hash('register', newPassword)
  const { userId } = owner
  await transaction(visit, { userId }, async (ctx) => {
    const user = await lockUser(ctx, userId)
    const spent = user?.status === 'active' ? await spendToken(ctx, 'reset_password', token) : null
    if (!user || !spent) throw new DomainError('invalid', 'reset.token_invalid')
    await replacePassword(ctx, userId, passwordHash)
    await voidTokens(ctx, userId, ['reset_password', 'verify_email'])
    await cancelOpenChange(ctx, userId)
    await clearAttempts(ctx.db, bucketOf(user.emailKey))
    await revokeSessions(ctx, eq(sessions.userId, userId), 'password_reset')
    await emit(ctx, 'auth.password_changed', { userId })
    await audit(ctx, { action: 'reset.complete', actorId: userId, entity: 'users', entityId: userId })
    if (!user.emailVerifiedAt) {
      // Whoever reads the mailbox has proven the address, and whatever password was there before is gone.
      await ctx.db
        .update(users)
        .set({ emailVerifiedAt: sql`now()` })
        .where(eq(users.id, userId))
      await emit(ctx, 'auth.email_verified', { userId })
    }
    await services.principals.suspend(userId)
  })
}
