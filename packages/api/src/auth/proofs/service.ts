import type { SecondFactorProof } from '@servai/contract/factors'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import type { VisitDb } from '../../visit.ts'
import { acceptAssertion, type PasskeyAnswer } from '../assertions/service.ts'
import { spendRecoveryCode } from '../recovery-codes/service.ts'
import { clearAttempts, factorBucketOf, lockSecondsOf, reserveAttempt } from '../throttle/service.ts'
import { acceptTotp } from '../totp/service.ts'

/** What a proof belongs to: the challenge of a passkey is good for the one it was made for. */
export type Flow = { challengeId: string } | { sessionId: string }

type Method = SecondFactorProof['method']

/** `refused` has been counted and written down, so the transaction must commit. */
export type Verdict =
  | { kind: 'proved' }
  | { kind: 'refused'; method: Method }
  | { kind: 'locked'; retryAfterSeconds: number }

const acceptPasskey = async (ctx: VisitDb, userId: string, answer: PasskeyAnswer, flow: Flow): Promise<boolean> => {
  const ceremony =
    'challengeId' in flow
      ? ({ purpose: 'second_factor', userId, signInChallengeId: flow.challengeId } as const)
      : ({ purpose: 'step_up', userId, sessionId: flow.sessionId } as const)
  return (await acceptAssertion(ctx, ceremony, answer)).kind === 'accepted'
}

const verify = (ctx: VisitDb, userId: string, proof: SecondFactorProof, flow: Flow): Promise<boolean> => {
  switch (proof.method) {
    case 'totp':
      return acceptTotp(ctx, userId, proof.code)
    case 'recovery_code':
      return spendRecoveryCode(ctx, userId, proof.code)
    case 'passkey':
      return acceptPasskey(ctx, userId, proof, flow)
  }
}

/**
 * One attempt at a second factor, counted for the account before it is looked at: at most ten in a row over all
 * challenges and methods, then a lock that grows and always ends. A fault of ours rolls the count back with everything else.
 * The caller holds the user's lock.
 */
export const attempt = async (
  ctx: VisitDb,
  userId: string,
  method: Method,
  verifyIt: () => Promise<boolean>,
): Promise<Verdict> => {
  const { db, services } = ctx
  const { metrics } = services
  const bucket = factorBucketOf(userId)
  const target = { actorId: userId, entity: 'users', entityId: userId }
  const reserved = await reserveAttempt(db, bucket, true)
  if (reserved === 'locked') {
    metrics.secondFactorFailures.inc({ method, why: 'locked' })
    await audit(ctx, { action: 'auth.second_factor', result: 'failed', details: { method, why: 'locked' }, ...target })
    return { kind: 'locked', retryAfterSeconds: await lockSecondsOf(db, bucket) }
  }
  if (await verifyIt()) {
    await clearAttempts(db, bucket)
    return { kind: 'proved' }
  }
  metrics.secondFactorFailures.inc({ method, why: 'refused' })
  await audit(ctx, { action: 'auth.second_factor', result: 'failed', details: { method, why: 'refused' }, ...target })
  if (reserved === 'last') {
    metrics.lockouts.inc({ factor: 'second_factor' })
    await audit(ctx, { action: 'auth.second_factor_lock', result: 'denied', ...target })
    await emit(ctx, 'auth.second_factor_locked', { userId })
  }
  return { kind: 'refused', method }
}

/** One attempt with what somebody has sent. */
export const attemptProof = (ctx: VisitDb, userId: string, proof: SecondFactorProof, flow: Flow): Promise<Verdict> =>
  attempt(ctx, userId, proof.method, () => verify(ctx, userId, proof, flow))

/**
 * The error of a verdict, once its transaction has committed.
 *
 * @throws invalid auth.factor_refused, auth.passkey_refused; limited auth.factor_locked
 */
export const requireProved = (verdict: Verdict) => {
  if (verdict.kind === 'locked')
    throw new DomainError('limited', 'auth.factor_locked', { retryAfterSeconds: verdict.retryAfterSeconds })
  if (verdict.kind !== 'refused') return
  if (verdict.method === 'passkey') throw new DomainError('invalid', 'auth.passkey_refused')
  throw new DomainError('invalid', 'auth.factor_refused', { issues: [{ path: ['proof', 'code'], code: 'wrong' }] })
}
