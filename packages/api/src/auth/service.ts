import type { KnownDevice } from '@servai/auth/device-token'
import { emailKeyOf, type Account } from '@servai/contract/auth'
import type { SignInChallenge } from '@servai/contract/factors'
import { DEFAULT_LOCALE, localeOf, type Locale } from '@servai/contract/locales'
import type { Principal } from '@servai/db/principal'
import { sessions } from '@servai/db/schema/sessions'
import { credentials, users } from '@servai/db/schema/users'
import { and, eq, isNull, ne } from 'drizzle-orm'
import { contextsOf, requireFresh } from '../actor.ts'
import { audit } from '../audit.ts'
import { limitKeyOf } from '../client-traits.ts'
import { DomainError } from '../errors.ts'
import { emit } from '../events.ts'
import { inLevelTime } from '../level-time.ts'
import { enforce, take } from '../limits.ts'
import { readPrincipal } from '../principal.ts'
import { transaction, type Visit, type VisitDb } from '../visit.ts'
import { openChallenge } from './challenges/service.ts'
import { deviceHashOf, readDevice, rememberDevice, type KeptDevice } from './devices/service.ts'
import { cancelOpenChange } from './email-change/service.ts'
import { factorMethods } from './factors/service.ts'
import {
  provePassword,
  rehash,
  replacePassword,
  requireStrongPassword,
  type Proof,
  type Refusal,
} from './passwords/service.ts'
import { issueTokens, lockUser, openSession, revokeSessions, type Delivery, type Session } from './sessions/service.ts'
import { bucketOf, clearAttempts } from './throttle/service.ts'
import { issueToken, voidTokens } from './tokens/service.ts'
import { useTrustedDevice } from './trusted-devices/service.ts'

export const presentAccount = (principal: Principal): Account => {
  const { userId: id, email, firstName, lastName, locale, emailVerified } = principal
  return { id, email, firstName, lastName, locale: localeOf(locale), emailVerified, contexts: contextsOf(principal) }
}

type Registration = {
  email: string
  password: string
  firstName: string
  lastName: string
  locale?: Locale | undefined
}

const insertAccount = async (
  ctx: VisitDb,
  { email, firstName, lastName, locale }: Registration,
  passwordHash: string,
) => {
  const emailKey = emailKeyOf(email)
  const [user] = await ctx.db
    .insert(users)
    .values({ email, emailKey, firstName, lastName, locale: locale ?? DEFAULT_LOCALE })
    .onConflictDoNothing()
    .returning({ id: users.id })
  if (!user) return null
  await ctx.db.insert(credentials).values({ userId: user.id, passwordHash })
  const tokenId = await issueToken(ctx, { purpose: 'verify_email', userId: user.id, emailKey })
  await emit(ctx, 'auth.verification_requested', { userId: user.id, tokenId })
  await audit(ctx, { action: 'auth.register', actorId: user.id, entity: 'users', entityId: user.id })
  return user
}

const warnOwner = async (ctx: VisitDb, emailKey: string) => {
  const [owner] = await ctx.db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.emailKey, emailKey), isNull(users.deletedAt)))
  if (!owner) return
  await emit(ctx, 'auth.registration_attempted', { userId: owner.id })
  await audit(ctx, { action: 'auth.register', result: 'denied', entity: 'users', entityId: owner.id })
}

/**
 * The same answer after the same work, whether the address is new or taken; a message tells its owner which.
 *
 * @throws invalid password.*, limited request.rate_limited (by network only)
 */
export const register = async (visit: Visit, registration: Registration): Promise<void> => {
  const { services, address } = visit
  await enforce(services, { register_address: limitKeyOf(address) })
  requireStrongPassword(services, 'password', registration.password, registration)
  const emailKey = emailKeyOf(registration.email)
  const passwordHash = await services.passwords.hash('register', registration.password)
  await inLevelTime(async () => {
    const { allowed } = await take(services, { register_account: emailKey })
    if (!allowed) return
    const account = await transaction(visit, {}, async (ctx) => {
      const user = await insertAccount(ctx, registration, passwordHash)
      if (!user) await warnOwner(ctx, emailKey)
      return user
    })
    if (account) services.metrics.verificationsSent.inc()
  })
}

const refuseLogin = async (visit: Visit, { userId, why }: Refusal): Promise<never> => {
  visit.services.metrics.loginFailures.inc()
  visit.services.metrics.loginRefusals.inc({ why })
  const target = userId ? { entity: 'users', entityId: userId } : {}
  await transaction(visit, {}, (ctx) =>
    audit(ctx, { action: 'auth.login', result: 'failed', details: { why }, ...target }),
  )
  throw new DomainError('unauthenticated', 'auth.invalid_credentials')
}

type SignIn = { newHash: string | null; delivery: Delivery; device: KnownDevice | null }
type Begun =
  | { kind: 'session'; session: Session; tokenVersion: number }
  | { kind: 'challenge'; challenge: SignInChallenge }

/** A session, or a challenge where a second factor is to come; null when account or password have changed since the proof. */
const openProved = (
  visit: Visit,
  { userId, passwordHash, bucket, emailKey }: Proof,
  { newHash, delivery, device }: SignIn,
) =>
  transaction(visit, { userId }, async (ctx): Promise<(Begun & { kept: KeptDevice | null }) | null> => {
    const user = await lockUser(ctx, userId)
    const owned = eq(credentials.userId, userId)
    const [stored] = await ctx.db.select({ passwordHash: credentials.passwordHash }).from(credentials).where(owned)
    if (user?.status !== 'active' || stored?.passwordHash !== passwordHash) return null
    if (newHash) await ctx.db.update(credentials).set({ passwordHash: newHash }).where(owned)
    await clearAttempts(ctx.db, bucket)
    const kept = delivery === 'cookie' ? rememberDevice(ctx.services, { emailKey, userId, device }) : null
    const methods = await factorMethods(ctx.db, userId)
    const provedAt = methods.length > 0 ? await useTrustedDevice(ctx, userId, device) : null
    if (methods.length > 0 && !provedAt)
      return { kind: 'challenge', challenge: await openChallenge(ctx, user, { delivery, methods }), kept }
    const deviceHash = kept && deviceHashOf(kept.deviceId)
    const session = await openSession(ctx, { userId, delivery, secondFactor: provedAt, deviceHash })
    const { id: sessionId } = session
    await audit(ctx, { action: 'auth.login', actorId: userId, sessionId, entity: 'sessions', entityId: sessionId })
    return { kind: 'session', session, tokenVersion: user.tokenVersion, kept }
  })

/** What a sign-in answers once its session is open; `device` for the browser to keep. */
export const presentSignIn = async (
  visit: Visit,
  { session, tokenVersion, device }: { session: Session; tokenVersion: number; device: KeptDevice | null },
) => {
  const principal = await readPrincipal(visit.services, session.id)
  if (!principal) throw new Error('the session vanished')
  return { ...(await issueTokens(visit, session, tokenVersion)), user: presentAccount(principal), device }
}

/**
 * Opens a session, or for an account with a second factor a challenge. Unknown, wrong, disabled and locked are one answer
 * after the same work.
 *
 * @throws unauthenticated auth.invalid_credentials, limited request.rate_limited
 */
export const login = async (
  visit: Visit,
  { email, password, delivery }: { email: string; password: string; delivery: Delivery },
  deviceToken: string | null,
) => {
  const { services } = visit
  const { metrics } = services
  const emailKey = emailKeyOf(email)
  const client = limitKeyOf(visit.address)
  metrics.loginAttempts.inc()
  const device = delivery === 'cookie' ? readDevice(services, emailKey, deviceToken) : null
  const counted = await enforce(services, {
    ...(device
      ? { login_device: `${emailKey} ${device.deviceId}` }
      : { login_account: emailKey, login_account_address: `${emailKey} ${client}` }),
    login_address: client,
  })
  try {
    const result = await provePassword(visit, emailKey, password, device)
    if ('refusal' in result) return await refuseLogin(visit, result.refusal)
    const { proof } = result
    const newHash = proof.needsRehash ? await rehash(services, password) : null
    const begun = await openProved(visit, proof, { newHash, delivery, device })
    if (!begun) return await refuseLogin(visit, { userId: proof.userId, why: 'changed' })
    await counted.giveBack()
    if (begun.kind === 'challenge') return { challenge: begun.challenge, device: begun.kept }
    return await presentSignIn(visit, { ...begun, device: begun.kept })
  } catch (error) {
    if (!(error instanceof DomainError)) await counted.giveBack()
    throw error
  }
}

const refuseChange = async (visit: Visit, { userId, sessionId }: Principal, why: Refusal['why']): Promise<never> => {
  const target = { actorId: userId, sessionId, entity: 'users', entityId: userId }
  await transaction(visit, { userId, sessionId }, (ctx) =>
    audit(ctx, { action: 'auth.password_change', result: 'failed', details: { why }, ...target }),
  )
  throw new DomainError('invalid', 'auth.invalid_credentials', {
    issues: [{ path: ['currentPassword'], code: 'wrong' }],
  })
}

/**
 * Keeps this session, under the access token it returns, and ends all others.
 *
 * @throws forbidden auth.step_up_required where the account has a second factor; invalid auth.invalid_credentials for the
 *   current password, password.*; limited request.rate_limited
 */
export const changePassword = async (
  visit: Visit,
  principal: Principal,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
  deviceToken: string | null,
) => {
  const { services } = visit
  const { userId, sessionId, email } = principal
  const emailKey = emailKeyOf(email)
  // The current password alone is less than a sign-in would ask for.
  if (principal.hasSecondFactor) requireFresh(principal, services.now())
  await enforce(services, { change_password: userId })
  requireStrongPassword(services, 'newPassword', newPassword, principal)
  if (newPassword.normalize('NFC') === currentPassword.normalize('NFC'))
    throw new DomainError('invalid', 'password.unchanged', {
      issues: [{ path: ['newPassword'], code: 'password.unchanged' }],
    })
  const result = await provePassword(visit, emailKey, currentPassword, readDevice(services, emailKey, deviceToken))
  if ('refusal' in result) return refuseChange(visit, principal, result.refusal.why)
  const newHash = await services.passwords.hash('register', newPassword)
  const tokenVersion = await transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    const [stored] = await ctx.db
      .select({ passwordHash: credentials.passwordHash })
      .from(credentials)
      .where(eq(credentials.userId, userId))
    if (stored?.passwordHash !== result.proof.passwordHash) return null
    const version = await replacePassword(ctx, userId, newHash)
    await clearAttempts(ctx.db, bucketOf(emailKey))
    await voidTokens(ctx, userId, ['reset_password'])
    await cancelOpenChange(ctx, userId)
    await revokeSessions(ctx, and(eq(sessions.userId, userId), ne(sessions.id, sessionId)), 'password_changed')
    await emit(ctx, 'auth.password_changed', { userId })
    await audit(ctx, { action: 'auth.password_change', actorId: userId, sessionId, entity: 'users', entityId: userId })
    await services.principals.suspend(userId)
    return version
  })
  if (tokenVersion === null) return refuseChange(visit, principal, 'changed')
  const { sign, ttlSeconds } = services.accessTokens
  return { accessToken: await sign({ userId, sessionId, tokenVersion }), expiresIn: ttlSeconds }
}

export const updateProfile = async (
  visit: Visit,
  principal: Principal,
  change: { firstName?: string | undefined; lastName?: string | undefined; locale?: Locale | undefined },
): Promise<Account> => {
  const { userId, sessionId } = principal
  const { firstName, lastName, locale } = change
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    const [changed] = await ctx.db
      .update(users)
      .set({ firstName, lastName, locale })
      .where(eq(users.id, userId))
      .returning({ firstName: users.firstName, lastName: users.lastName, locale: users.locale })
    await audit(ctx, {
      action: 'auth.profile_update',
      actorId: userId,
      sessionId,
      entity: 'users',
      entityId: userId,
      details: { fields: Object.keys(change) },
    })
    await ctx.services.principals.suspend(userId)
    return presentAccount({ ...principal, ...changed })
  })
}
