import {
  decideRefresh,
  readRefreshToken,
  verifyRefreshToken,
  type PresentedRefreshToken,
} from '@servai/auth/refresh-token'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { eq, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { networkOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import {
  clock,
  issueTokens,
  revokeSessions,
  type Delivery,
  type Session,
  type SessionTokens,
} from '../sessions/service.ts'

type Outcome =
  | { kind: 'continued'; session: Session; tokenVersion: number; isGrace: boolean }
  | { kind: 'invalid' | 'revoked' | 'expired' | 'reused' | 'ahead' }

const lockSession = async ({ db }: VisitDb, sessionId: string) => {
  const [found] = await db
    .select({ session: sessions, user: users, at: clock })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, sessionId))
    .for('update', { of: sessions })
  return found ?? null
}

const rotate = async ({ db, address }: VisitDb, { id }: Session): Promise<Session> => {
  const [session] = await db
    .update(sessions)
    .set({
      counter: sql`${sessions.counter} + 1`,
      rotatedAt: clock,
      lastSeenAt: clock,
      addressPrefix: networkOf(address),
    })
    .where(eq(sessions.id, id))
    .returning()
  if (!session) throw new Error(`session ${id} vanished under its lock`)
  return session
}

/** One step of the state machine of SECURITY A4, under the lock of the session's row and by the database's clock. */
const advance = async (ctx: VisitDb, presented: PresentedRefreshToken, delivery: Delivery): Promise<Outcome> => {
  const { services } = ctx
  const found = await lockSession(ctx, presented.sessionId)
  if (!found) return { kind: 'invalid' }
  const { session, user, at } = found
  const { id: sessionId, nonce, keyId: kid, userId } = session
  if (!verifyRefreshToken(services.refreshKeys, presented, { sessionId, nonce, kid })) return { kind: 'invalid' }
  // A cookie is out of reach of scripts; what turns up in a body was not meant for one.
  if (session.delivery !== delivery) return { kind: 'invalid' }
  if (session.revokedAt || user.status !== 'active' || user.deletedAt) return { kind: 'revoked' }
  const idleEndsAt = session.lastSeenAt.getTime() + session.idleSeconds * 1000
  if (at.getTime() >= Math.min(idleEndsAt, session.expiresAt.getTime())) return { kind: 'expired' }

  const { tokenVersion } = user
  const graceMs = services.config.refreshGraceMs
  const event = { actorId: userId, sessionId, entity: 'sessions', entityId: sessionId, result: 'denied' as const }
  const { counter: current, rotatedAt } = session
  switch (decideRefresh({ presented: presented.counter, current, rotatedAt, now: at, graceMs })) {
    case 'rotate':
      return { kind: 'continued', session: await rotate(ctx, session), tokenVersion, isGrace: false }
    case 'reissue':
      return { kind: 'continued', session, tokenVersion, isGrace: true }
    case 'reuse':
      await revokeSessions(ctx, eq(sessions.id, sessionId), 'refresh_reuse')
      await audit(ctx, { ...event, action: 'auth.refresh_reuse', details: { presented: presented.counter, current } })
      await emit(ctx, 'auth.refresh_reused', { userId })
      return { kind: 'reused' }
    case 'ahead':
      await audit(ctx, { ...event, action: 'auth.refresh_ahead', details: { presented: presented.counter, current } })
      return { kind: 'ahead' }
  }
}

/**
 * The next tokens of a session. The whole family ends when an old token turns up after the grace; a token that servAI
 * has not issued ends nothing.
 *
 * @throws unauthenticated auth.refresh_invalid, auth.session_revoked, auth.session_expired; limited request.rate_limited
 */
export const refresh = async (visit: Visit, token: string, delivery: Delivery): Promise<SessionTokens> => {
  const { services } = visit
  const presented = readRefreshToken(token)
  if (!presented) throw new DomainError('unauthenticated', 'auth.refresh_invalid')
  await enforce(services, { refresh: presented.sessionId })
  // What `advance` refuses is an outcome, not an error: an error would roll the revocation back.
  const outcome = await transaction(visit, {}, (ctx) => advance(ctx, presented, delivery))
  switch (outcome.kind) {
    case 'continued':
      if (outcome.isGrace) services.metrics.refreshGrace.inc()
      return issueTokens(visit, outcome.session, outcome.tokenVersion)
    case 'reused':
      services.metrics.refreshReuse.inc()
      services.log.warn({ sessionId: presented.sessionId, requestId: visit.requestId }, 'an old refresh token was used')
      throw new DomainError('unauthenticated', 'auth.session_revoked')
    case 'ahead':
      services.log.error(
        { sessionId: presented.sessionId, requestId: visit.requestId },
        'a refresh token is ahead of its session: restored backup or stolen key',
      )
      throw new DomainError('unauthenticated', 'auth.refresh_invalid')
    case 'revoked':
      throw new DomainError('unauthenticated', 'auth.session_revoked')
    case 'expired':
      throw new DomainError('unauthenticated', 'auth.session_expired')
    case 'invalid':
      throw new DomainError('unauthenticated', 'auth.refresh_invalid')
  }
}
