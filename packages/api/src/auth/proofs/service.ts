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

const noteRefusal = (ctx: VisitDb, userId: string, details: { method: Method; why: 'locked' | 'refused' }) => {
  ctx.services.metrics.secondFactorFailures.inc(details)
  const target = { actorId: userId, entity: 'users', entityId: userId }
  return audit(ctx, { action: 'auth.second_factor', result: 'failed', details, ...target })
}

/**
 * One attempt at a code, counted for the account before it is looked at: at most ten in a row over all challenges and
 * methods, then a lock that grows and always ends. A fault of ours rolls the count back with everything else.
 */
const attemptCode = async (
  ctx: VisitDb,
  userId: string,
  { method, code }: Exclude<SecondFactorProof, { method: 'passkey' }>,
): Promise<Verdict> => {
  const { db, services } = ctx
  const bucket = factorBucketOf(userId)
  const reserved = await reserveAttempt(db, bucket, true)
  if (reserved === 'locked') {
    await noteRefusal(ctx, userId, { method, why: 'locked' })
    return { kind: 'locked', retryAfterSeconds: await lockSecondsOf(db, bucket) }
  }
  if (await (method === 'totp' ? acceptTotp(ctx, userId, code) : spendRecoveryCode(ctx, userId, code))) {
    await clearAttempts(db, bucket)
    return { kind: 'proved' }
  }
  await noteRefusal(ctx, userId, { method, why: 'refused' })
  if (reserved === 'last') {
    services.metrics.lockouts.inc({ factor: 'second_factor' })
    await audit(ctx, {
      action: 'auth.second_factor_lock',
      result: 'denied',
      actorId: userId,
      entity: 'users',
      entityId: userId,
    })
    await emit(ctx, 'auth.second_factor_locked', { userId })
  }
  return { kind: 'refused', method }
}

/** A passkey cannot be guessed: whoever has the password must not lock its owner out with answers that are none. */
const attemptPasskey = async (ctx: VisitDb, userId: string, answer: PasskeyAnswer, flow: Flow): Promise<Verdict> => {
  if (await acceptPasskey(ctx, userId, answer, flow)) return { kind: 'proved' }
  await noteRefusal(ctx, userId, { method: 'passkey', why: 'refused' })
  return { kind: 'refused', method: 'passkey' }
}

/** One attempt with what somebody has sent. The caller holds the user's lock. */
export const attemptProof = (ctx: VisitDb, userId: string, proof: SecondFactorProof, flow: Flow): Promise<Verdict> =>
  proof.method === 'passkey' ? attemptPasskey(ctx, userId, proof, flow) : attemptCode(ctx, userId, proof)

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
