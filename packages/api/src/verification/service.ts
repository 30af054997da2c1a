import { emailKeyOf } from '@servai/contract/auth'
import type { Principal } from '@servai/db/principal'
import { authTokens, sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { hashToken } from '@servai/auth/one-time-token'
import { and, eq, isNotNull, isNull, ne, sql } from 'drizzle-orm'
import { audit } from '../audit.ts'
import { lockUser, revokeSessions } from '../auth/sessions/service.ts'
import { findTokenOwner, issueToken, spendToken } from '../auth/tokens/service.ts'
import { limitKeyOf } from '../client-traits.ts'
import { DomainError } from '../errors.ts'
import { emit } from '../events.ts'
import { enforce } from '../limits.ts'
import { transaction, type Visit } from '../visit.ts'

/** The token was good once, and its account still has the address it proved. */
const wasUsed = ({ services }: Visit, token: string) =>
  services.database.system({}, 'read', async (db) => {
    const [used] = await db
      .select({ id: authTokens.id })
      .from(authTokens)
      .innerJoin(users, and(eq(users.id, authTokens.userId), eq(users.emailKey, authTokens.emailKey)))
      .where(
        and(
          eq(authTokens.tokenHash, hashToken(token)),
          eq(authTokens.purpose, 'verify_email'),
          isNotNull(authTokens.usedAt),
          isNotNull(users.emailVerifiedAt),
          eq(users.status, 'active'),
          isNull(users.deletedAt),
        ),
      )
    return used !== undefined
  })

/** Sessions opened before the proof end, except the one that brings it: who held them had shown no right to the address. */
const prove = (visit: Visit, userId: string, token: string, ownSessionId: string | null) =>
  transaction(visit, { userId }, async (ctx) => {
    const user = await lockUser(ctx, userId)
    const spent = user && (await spendToken(ctx, 'verify_email', token))
    if (!spent) return false
    await ctx.db
      .update(users)
      .set({ emailVerifiedAt: sql`now()` })
      .where(eq(users.id, userId))
    const others = and(eq(sessions.userId, userId), ownSessionId ? ne(sessions.id, ownSessionId) : undefined)
    await revokeSessions(ctx, others, 'email_verified')
    await emit(ctx, 'auth.email_verified', { userId })
    await audit(ctx, { action: 'verification.verify', actorId: userId, entity: 'users', entityId: userId })
    await ctx.services.principals.suspend(userId)
    return true
  })

/** @throws invalid verification.token_invalid, limited request.rate_limited */
export const verify = async (
  visit: Visit,
  token: string,
  accessToken: string | null,
): Promise<'verified' | 'already_verified'> => {
  const { services } = visit
  await enforce(services, { verify: hashToken(token), verify_address: limitKeyOf(visit.address) })
  const owner = await findTokenOwner(services, 'verify_email', token)
  if (owner) {
    const claims = accessToken === null ? null : await services.accessTokens.verify(accessToken)
    if (await prove(visit, owner.userId, token, claims?.sessionId ?? null)) return 'verified'
  }
  if (await wasUsed(visit, token)) return 'already_verified'
  throw new DomainError('invalid', 'verification.token_invalid')
}

/** Sends a new link, which replaces the one before; nothing when the address is proven. @throws limited request.rate_limited */
export const resendVerification = async (visit: Visit, { userId, sessionId, emailVerified }: Principal) => {
  if (emailVerified) return
  await enforce(visit.services, { resend: userId })
  const isSent = await transaction(visit, { userId, sessionId }, async (ctx) => {
    const user = await lockUser(ctx, userId)
    if (!user || user.emailVerifiedAt) return false
    const tokenId = await issueToken(ctx, { purpose: 'verify_email', userId, emailKey: emailKeyOf(user.email) })
    await emit(ctx, 'auth.verification_requested', { userId, tokenId })
    await audit(ctx, { action: 'verification.resend', actorId: userId, sessionId, entity: 'users', entityId: userId })
    return true
  })
  if (isSent) visit.services.metrics.verificationsSent.inc()
}
