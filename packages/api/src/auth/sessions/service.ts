import type { AccessClaims } from '@servai/auth/access-token'
import { newNonce } from '@servai/auth/one-time-token'
import { issueRefreshToken, readRefreshToken, verifyRefreshToken } from '@servai/auth/refresh-token'
import type { AuditEventName } from '@servai/contract/audit-names'
import type { REVOCATION_REASONS, SESSION_DELIVERIES } from '@servai/db/schema/enums'
import { roleGrants } from '@servai/db/schema/grants'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { and, desc, eq, gt, inArray, isNull, ne, not, or, sql, type SQL } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { deviceOf, networkOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { forgetTrustedDevices } from '../trusted-devices/service.ts'

export type Delivery = (typeof SESSION_DELIVERIES)[number]
export type Session = typeof sessions.$inferSelect

/** The two tokens of a session; the transport decides where the second one goes. */
export type SessionTokens = {
  accessToken: string
  /** Seconds. */
  expiresIn: number
  refreshToken: string
  delivery: Delivery
  /** How long the refresh token can be of use, unless another follows it. */
  maxAgeSeconds: number
}

/** Whose session a signed-in call belongs to. */
export type Caller = { userId: string; sessionId: string }

const MAX_USER_AGENT = 300

// now() is the start of the transaction: whoever waited for a lock would date themselves before its last holder.
export const clock = sql`clock_timestamp()`.mapWith(sessions.lastSeenAt)
const idleEnd = sql`${sessions.lastSeenAt} + ${sessions.idleSeconds} * interval '1 second'`
const isLive = and(isNull(sessions.revokedAt), gt(sessions.expiresAt, clock), gt(idleEnd, clock))

/** Takes the lock of an account; sessions, tokens and password of one account change only under it. */
export const lockUser = async ({ db }: Pick<VisitDb, 'db'>, userId: string) => {
  const [user] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)))
    .for('no key update')
  return user ?? null
}

const isStaff = async ({ db }: VisitDb, userId: string): Promise<boolean> => {
  const [grant] = await db
    .select({ id: roleGrants.id })
    .from(roleGrants)
    .where(and(eq(roleGrants.userId, userId), or(isNull(roleGrants.expiresAt), gt(roleGrants.expiresAt, sql`now()`))))
    .limit(1)
  return grant !== undefined
}

/** Ends what `which` names of the sessions that have not ended yet; effective on the next request. Returns their ids. */
export const revokeSessions = async (
  { db, services }: VisitDb,
  which: SQL | undefined,
  reason: (typeof REVOCATION_REASONS)[number],
): Promise<string[]> => {
  const revoked = await db
    .update(sessions)
    .set({ revokedAt: sql`now()`, revokedReason: reason })
    .where(and(which, isNull(sessions.revokedAt)))
    .returning({ id: sessions.id, userId: sessions.userId })
  for (const userId of new Set(revoked.map((session) => session.userId))) await services.principals.suspend(userId)
  return revoked.map((session) => session.id)
}

const evictBeyondLimit = async (ctx: VisitDb, userId: string) => {
  const surplus = ctx.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isLive))
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.id))
    .offset(ctx.services.config.maxSessionsPerUser)
  for (const sessionId of await revokeSessions(ctx, inArray(sessions.id, surplus), 'evicted'))
    await audit(ctx, { action: 'auth.session_evict', actorId: userId, entity: 'sessions', entityId: sessionId })
}

export type NewSession = {
  userId: string
  delivery: Delivery
  /** `now`: proved for this session; an instant: on the trusted device it is opened on. */
  secondFactor?: 'now' | Date | null
  deviceHash?: string | null
}

/** Rows of sessions are kept for longer than this after their end. */
const FIRST_SESSION_DAYS = 30

/** Nobody is told of what they begin with; an account without rows that is not new has been away for long. */
const isFirst = async ({ db }: VisitDb, { id, userId }: Session): Promise<boolean> => {
  const isNew = sql`(${users.emailVerifiedAt} is null or ${users.emailVerifiedAt} > now() - ${FIRST_SESSION_DAYS} * interval '1 day')`
  const hasOthers = sql`exists (select from sessions s where s.user_id = ${userId} and s.id <> ${id})`
  const [first] = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isNew, not(hasOthers)))
  return first !== undefined
}

/** A browser is known by its cookie, a program by where it comes from and what it calls itself. */
const isFamiliar = async ({ db }: VisitDb, { id, userId, deviceHash, addressPrefix, userAgent }: Session) => {
  const isAlike =
    deviceHash === null
      ? and(eq(sessions.addressPrefix, addressPrefix), eq(sessions.userAgent, userAgent))
      : eq(sessions.deviceHash, deviceHash)
  const [earlier] = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), ne(sessions.id, id), isAlike))
    .limit(1)
  return earlier !== undefined
}

const tellOfUnknownDevice = async (ctx: VisitDb, session: Session) => {
  if ((await isFamiliar(ctx, session)) || (await isFirst(ctx, session))) return
  await emit(ctx, 'auth.new_device', { userId: session.userId, sessionId: session.id })
}

/** A new session in place of the one unused for longest when there are too many. The caller holds the user's lock. */
export const openSession = async (
  ctx: VisitDb,
  { userId, delivery, secondFactor = null, deviceHash = null }: NewSession,
): Promise<Session> => {
  const { config, refreshKeys } = ctx.services
  const lifetime = config.sessions[(await isStaff(ctx, userId)) ? 'staff' : 'resident']
  const [session] = await ctx.db
    .insert(sessions)
    .values({
      userId,
      delivery,
      nonce: newNonce(),
      keyId: refreshKeys.current.kid,
      expiresAt: sql`${clock} + ${lifetime.absoluteSeconds} * interval '1 second'`,
      idleSeconds: lifetime.idleSeconds,
      addressPrefix: networkOf(ctx.address),
      userAgent: ctx.userAgent.slice(0, MAX_USER_AGENT),
      deviceHash,
      authenticatedAt: clock,
      secondFactorAt: secondFactor === 'now' ? clock : secondFactor,
      rotatedAt: clock,
      lastSeenAt: clock,
    })
    .returning()
  if (!session) throw new Error('the session was not inserted')
  await tellOfUnknownDevice(ctx, session)
  await evictBeyondLimit(ctx, userId)
  return session
}

/** Tokens of a session as its row stands. */
export const issueTokens = async (
  { services }: Pick<Visit, 'services'>,
  { id: sessionId, userId, nonce, keyId: kid, counter, delivery, expiresAt, idleSeconds }: Session,
  tokenVersion: number,
): Promise<SessionTokens> => {
  const { accessTokens, refreshKeys, now } = services
  return {
    accessToken: await accessTokens.sign({ userId, sessionId, tokenVersion }),
    expiresIn: accessTokens.ttlSeconds,
    refreshToken: issueRefreshToken(refreshKeys, { sessionId, nonce, kid, counter }),
    delivery,
    maxAgeSeconds: Math.min(idleSeconds, Math.floor((expiresAt.getTime() - now().getTime()) / 1000)),
  }
}

export const listSessions = async ({ services }: Visit, { userId, sessionId }: Caller) => {
  const rows = await services.database.system({ userId }, 'read', (db) =>
    db
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), isLive))
      .orderBy(desc(eq(sessions.id, sessionId)), desc(sessions.lastSeenAt), desc(sessions.id)),
  )
  return {
    items: rows.map(({ id, createdAt, lastSeenAt, addressPrefix, userAgent, delivery, secondFactorAt }) => ({
      id,
      createdAt,
      lastSeenAt,
      addressPrefix,
      device: deviceOf(userAgent),
      delivery,
      secondFactor: secondFactorAt !== null,
      current: id === sessionId,
    })),
  }
}

/** @throws not_found auth.session_not_found, also for somebody else's; invalid request.invalid for the current one */
export const revokeSession = async (visit: Visit, caller: Caller, sessionId: string) => {
  if (sessionId === caller.sessionId)
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['id'], code: 'current_session' }] })
  await transaction(visit, caller, async (ctx) => {
    const which = and(eq(sessions.id, sessionId), eq(sessions.userId, caller.userId), isLive)
    const revoked = await revokeSessions(ctx, which, 'revoked_by_user')
    if (revoked.length === 0) throw new DomainError('not_found', 'auth.session_not_found')
    await auditSession(ctx, 'auth.session_revoke', caller, sessionId)
  })
}

/** Ends every session of the caller but this one. Returns how many. */
export const revokeOtherSessions = (visit: Visit, caller: Caller): Promise<number> =>
  transaction(visit, caller, async (ctx) => {
    await lockUser(ctx, caller.userId)
    const others = and(eq(sessions.userId, caller.userId), ne(sessions.id, caller.sessionId), isLive)
    const ended = await revokeSessions(ctx, others, 'revoked_by_user')
    for (const sessionId of ended) await auditSession(ctx, 'auth.session_revoke', caller, sessionId)
    return ended.length
  })

/** Ends every session of the caller, this one too, and every access token; no browser is trusted any more. */
export const logoutAll = (visit: Visit, caller: Caller) =>
  transaction(visit, caller, async (ctx) => {
    await lockUser(ctx, caller.userId)
    await ctx.db
      .update(users)
      .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
      .where(eq(users.id, caller.userId))
    await revokeSessions(ctx, eq(sessions.userId, caller.userId), 'logout_all')
    await forgetTrustedDevices(ctx.db, caller.userId)
    await auditSession(ctx, 'auth.logout_all', caller)
  })

/** Ends the sessions these tokens belong to; tokens of no session are none of anybody's business. */
export const logout = async (visit: Visit, tokens: { claims: AccessClaims | null; refreshToken: string | null }) => {
  const presented = tokens.refreshToken === null ? null : readRefreshToken(tokens.refreshToken)
  const named = [tokens.claims?.sessionId, presented?.sessionId].filter((id) => id !== undefined)
  if (named.length === 0) return
  await transaction(visit, {}, async (ctx) => {
    const rows = await ctx.db.select().from(sessions).where(inArray(sessions.id, named))
    for (const { id, userId, nonce, keyId: kid } of rows) {
      const isProved =
        (tokens.claims?.sessionId === id && tokens.claims.userId === userId) ||
        (presented !== null && verifyRefreshToken(visit.services.refreshKeys, presented, { sessionId: id, nonce, kid }))
      if (!isProved) continue
      const revoked = await revokeSessions(ctx, eq(sessions.id, id), 'logout')
      if (revoked.length > 0) await auditSession(ctx, 'auth.logout', { userId, sessionId: id })
    }
  })
}

export const auditSession = (
  ctx: VisitDb,
  action: AuditEventName,
  { userId, sessionId }: Caller,
  entityId = sessionId,
) => audit(ctx, { action, actorId: userId, sessionId, entity: 'sessions', entityId })
