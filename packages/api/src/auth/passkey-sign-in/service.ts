import type { AuditWhy } from '@servai/contract/audit-names'
import { audit } from '../../audit.ts'
import { limitKeyOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { inLevelTime } from '../../level-time.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { acceptAssertion, findPasskey, startAssertion, type PasskeyAnswer } from '../assertions/service.ts'
import { findChallenge } from '../challenges/service.ts'
import { deviceHashOf, readDevice, rememberDevice } from '../devices/service.ts'
import { lockUser, openSession, type Caller, type Delivery } from '../sessions/service.ts'

const FLOW = { purpose: 'sign_in' } as const

/** @throws limited request.rate_limited */
export const startPasskeySignIn = async (visit: Visit) => {
  await enforce(visit.services, { passkey_start_address: limitKeyOf(visit.address) })
  return startAssertion(visit, FLOW)
}

/**
 * For the second half of a sign-in that has begun with the password.
 *
 * @throws unauthenticated auth.challenge_invalid, limited request.rate_limited
 */
export const startSecondFactor = async (visit: Visit, challengeToken: string) => {
  const { services, address } = visit
  await enforce(services, { passkey_start_address: limitKeyOf(address) })
  const challenge = await services.database.system({}, 'read', (db) => findChallenge({ db }, challengeToken))
  if (!challenge) throw new DomainError('unauthenticated', 'auth.challenge_invalid')
  const { id: signInChallengeId, userId } = challenge
  return startAssertion(visit, { purpose: 'second_factor', userId, signInChallengeId })
}

/** @throws limited request.rate_limited */
export const startStepUp = async (visit: Visit, { userId, sessionId }: Caller) => {
  await enforce(visit.services, { passkey_step_up: sessionId })
  return startAssertion(visit, { purpose: 'step_up', userId, sessionId })
}

const refuse = async (ctx: VisitDb, userId: string | null, why: AuditWhy) => {
  const target = userId ? { entity: 'users', entityId: userId } : {}
  await audit(ctx, { action: 'auth.login', result: 'failed', details: { method: 'passkey', why }, ...target })
  return null
}

const open = async (
  ctx: VisitDb,
  { delivery, ...answer }: PasskeyAnswer & { delivery: Delivery },
  deviceToken: string | null,
) => {
  const { services } = ctx
  const owner = await findPasskey(ctx, answer.answer.id)
  const user = owner && (await lockUser(ctx, owner.userId))
  const verdict = await acceptAssertion(ctx, FLOW, answer)
  if (verdict.kind === 'refused') return refuse(ctx, verdict.userId, verdict.why)
  if (user?.status !== 'active') return refuse(ctx, verdict.userId, 'disabled')
  if (!user.emailVerifiedAt) return refuse(ctx, user.id, 'unverified')
  const { id: userId, emailKey, tokenVersion } = user
  const device =
    delivery === 'cookie'
      ? rememberDevice(services, { emailKey, userId, device: readDevice(services, emailKey, deviceToken) })
      : null
  const deviceHash = device && deviceHashOf(device.deviceId)
  const session = await openSession(ctx, { userId, delivery, secondFactor: 'now', deviceHash })
  const { id: sessionId } = session
  const details = { method: 'passkey', passkeyId: verdict.passkeyId }
  await audit(ctx, {
    action: 'auth.login',
    actorId: userId,
    sessionId,
    entity: 'sessions',
    entityId: sessionId,
    details,
  })
  return { session, tokenVersion, device }
}

/**
 * Opens a session for whoever has a passkey and was verified by its device: both factors at once, whatever wrong passwords
 * or codes have locked. Unknown, disabled, expired and forged are one answer after the same time.
 *
 * @throws unauthenticated auth.passkey_refused, limited request.rate_limited
 */
export const completePasskeySignIn = async (
  visit: Visit,
  answer: PasskeyAnswer & { delivery: Delivery },
  deviceToken: string | null,
) => {
  const { services } = visit
  const { metrics } = services
  metrics.loginAttempts.inc()
  const counted = await enforce(services, { passkey_sign_in_address: limitKeyOf(visit.address) })
  try {
    const opened = await inLevelTime(() => transaction(visit, {}, (ctx) => open(ctx, answer, deviceToken)))
    if (opened) {
      await counted.giveBack()
      return opened
    }
    metrics.loginFailures.inc()
    throw new DomainError('unauthenticated', 'auth.passkey_refused')
  } catch (error) {
    if (!(error instanceof DomainError)) await counted.giveBack()
    throw error
  }
}
