import { emailKeyOf } from '@servai/contract/auth'
import type { SecondFactorProof } from '@servai/contract/factors'
import type { Principal } from '@servai/db/principal'
import { sessions } from '@servai/db/schema/sessions'
import { eq } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { readDevice } from '../devices/service.ts'
import { factorMethods } from '../factors/service.ts'
import { provePassword } from '../passwords/service.ts'
import { attemptProof, requireProved, type Verdict } from '../proofs/service.ts'
import { clock, lockUser } from '../sessions/service.ts'
import { clearAttempts } from '../throttle/service.ts'

type Proofs = { password?: string | undefined; proof?: SecondFactorProof | undefined }
type Why = 'locked' | 'unknown' | 'disabled' | 'wrong_password' | 'changed' | 'second_factor'

const refuse = (ctx: VisitDb, { userId, sessionId }: Principal, why: Why) => {
  ctx.services.metrics.stepUpFailures.inc()
  const target = { actorId: userId, sessionId, entity: 'sessions', entityId: sessionId }
  return audit(ctx, { action: 'auth.step_up', result: 'failed', details: { why }, ...target })
}

/** Whether a sign-in with it asks for no password beside it: the device of a passkey has verified its owner. */
const IS_WHOLE_SIGN_IN: Record<SecondFactorProof['method'], boolean> = {
  totp: false,
  recovery_code: false,
  passkey: true,
}

const missing = (field: 'password' | 'proof') =>
  new DomainError('invalid', 'request.invalid', { issues: [{ path: [field], code: 'required' }] })

/** Nothing is looked at unless everything is there, so that nobody tries one of the two alone. */
const requireComplete = async (visit: Visit, { userId }: Principal, { password, proof }: Proofs) => {
  if (proof && IS_WHOLE_SIGN_IN[proof.method]) return
  if (password === undefined) throw missing('password')
  const { database } = visit.services
  const methods = await database.system({ userId }, 'read', (db) => factorMethods(db, userId))
  if (methods.length > 0 && !proof) throw missing('proof')
}

const requirePassword = async (visit: Visit, principal: Principal, password: string, deviceToken: string | null) => {
  const { userId, sessionId, email } = principal
  const emailKey = emailKeyOf(email)
  const result = await provePassword(visit, emailKey, password, readDevice(visit.services, emailKey, deviceToken))
  if ('proof' in result) return result.proof
  await transaction(visit, { userId, sessionId }, (ctx) => refuse(ctx, principal, result.refusal.why))
  throw new DomainError('invalid', 'auth.invalid_credentials', { issues: [{ path: ['password'], code: 'wrong' }] })
}

/**
 * Proves once more who holds this session: with what a sign-in would ask for, in the same buckets.
 *
 * @throws invalid request.invalid for a proof that is missing, auth.invalid_credentials, auth.factor_refused,
 *   auth.passkey_refused;
 *   limited auth.factor_locked, request.rate_limited
 */
export const stepUp = async (visit: Visit, principal: Principal, proofs: Proofs, deviceToken: string | null) => {
  const { services } = visit
  const { userId, sessionId } = principal
  const { password, proof } = proofs
  const guessesNothing = password === undefined && proof && IS_WHOLE_SIGN_IN[proof.method]
  const counted = await enforce(services, guessesNothing ? { passkey_step_up: sessionId } : { step_up: userId })
  await requireComplete(visit, principal, proofs)
  const proved = password === undefined ? null : await requirePassword(visit, principal, password, deviceToken)
  const verdict = await transaction(visit, { userId, sessionId }, async (ctx): Promise<Verdict> => {
    await lockUser(ctx, userId)
    if (proved) await clearAttempts(ctx.db, proved.bucket)
    if (proof) {
      const given = await attemptProof(ctx, userId, proof, { sessionId })
      if (given.kind !== 'proved') {
        await refuse(ctx, principal, 'second_factor')
        return given
      }
    }
    await ctx.db
      .update(sessions)
      .set({ authenticatedAt: clock, ...(proof && { secondFactorAt: clock }) })
      .where(eq(sessions.id, sessionId))
    await audit(ctx, {
      action: 'auth.step_up',
      actorId: userId,
      sessionId,
      entity: 'sessions',
      entityId: sessionId,
      details: { method: proof?.method ?? 'password' },
    })
    await services.principals.suspend(userId)
    return { kind: 'proved' }
  })
  requireProved(verdict)
  await counted.giveBack()
}
