import { hashRecoveryCode, newRecoveryCode } from '@servai/auth/recovery-code'
import type { SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { recoveryCodes } from '@servai/db/schema/factors'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { factorMethods, requireCurrentFactor } from '../factors/service.ts'
import { lockUser } from '../sessions/service.ts'

export const CODES_AT_ONCE = 10

/** A new set in place of any before, as text to be shown once. The caller holds the user's lock. */
export const issueRecoveryCodes = async ({ db }: { db: SystemDb }, userId: string): Promise<string[]> => {
  const codes = Array.from({ length: CODES_AT_ONCE }, newRecoveryCode)
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db.insert(recoveryCodes).values(codes.map((code) => ({ userId, codeHash: hashRecoveryCode(code) })))
  return codes
}

/** Spends an unused code of this account, and tells its owner; false for any other, so of parallel calls one gets it. */
export const spendRecoveryCode = async (ctx: VisitDb, userId: string, code: string): Promise<boolean> => {
  const { db, services } = ctx
  const [spent] = await db
    .update(recoveryCodes)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.codeHash, hashRecoveryCode(code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ id: recoveryCodes.id })
  if (!spent) return false
  services.metrics.recoveryCodesUsed.inc()
  await emit(ctx, 'auth.recovery_code_used', { userId })
  await audit(ctx, { action: 'auth.recovery_code_use', actorId: userId, entity: 'recovery_codes', entityId: spent.id })
  return true
}

/**
 * @throws forbidden auth.step_up_required, conflict auth.factor_missing, limited request.rate_limited
 */
export const regenerateRecoveryCodes = async (visit: Visit, principal: Principal): Promise<string[]> => {
  const { userId, sessionId } = principal
  await enforce(visit.services, { factor_change: userId })
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    if ((await factorMethods(ctx.db, userId)).length === 0) throw new DomainError('conflict', 'auth.factor_missing')
    await requireCurrentFactor(ctx, principal)
    const codes = await issueRecoveryCodes(ctx, userId)
    await emit(ctx, 'auth.factors_changed', { userId, change: 'recovery_codes_replaced' })
    await audit(ctx, {
      action: 'auth.recovery_codes_replace',
      actorId: userId,
      sessionId,
      entity: 'users',
      entityId: userId,
    })
    return codes
  })
}
