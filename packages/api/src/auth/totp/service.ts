import { openSecret, sealSecret } from '@servai/auth/sealed-secret'
import { matchTotp, newTotpSecret, totpSecretText, totpUri } from '@servai/auth/totp'
import type { Principal } from '@servai/db/principal'
import { totpFactors } from '@servai/db/schema/factors'
import { and, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { renewAccess, requireAnotherFactor, requireCurrentFactor, settleFactors } from '../factors/service.ts'
import { issueRecoveryCodes } from '../recovery-codes/service.ts'
import { lockUser } from '../sessions/service.ts'

const ISSUER = 'servAI'
export const PENDING_MINUTES = 10

type Row = typeof totpFactors.$inferSelect

const ofUser = (userId: string) => eq(totpFactors.userId, userId)
const isPending = isNull(totpFactors.confirmedAt)
const isInUse = isNotNull(totpFactors.confirmedAt)

/** Copied to another account or row it does not open. */
export const contextOf = (userId: string, rowId: string) => ['totp', userId, rowId]

const stepOf = ({ services }: VisitDb, { id, userId, secretCipher, keyId }: Row, code: string): number | null => {
  const secret = openSecret(services.factorKeys, { sealed: secretCipher, kid: keyId }, contextOf(userId, id))
  return matchTotp(secret, code, services.now())
}

/**
 * A new secret, shown this once; it counts for nothing until a code proves that an app has it.
 *
 * @throws forbidden auth.step_up_required, limited request.rate_limited
 */
export const startTotp = async (visit: Visit, principal: Principal) => {
  const { userId, sessionId, email } = principal
  await enforce(visit.services, { factor_change: userId })
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    await requireCurrentFactor(ctx, principal)
    const [id, secret] = [uuidv7(), newTotpSecret()]
    const { sealed, kid } = sealSecret(ctx.services.factorKeys, secret, contextOf(userId, id))
    await ctx.db.delete(totpFactors).where(and(ofUser(userId), isPending))
    const [pending] = await ctx.db
      .insert(totpFactors)
      .values({
        id,
        userId,
        secretCipher: sealed,
        keyId: kid,
        expiresAt: sql`now() + ${PENDING_MINUTES} * interval '1 minute'`,
      })
      .returning({ expiresAt: totpFactors.expiresAt })
    if (!pending) throw new Error('the factor was not inserted')
    return {
      secret: totpSecretText(secret),
      uri: totpUri(secret, { issuer: ISSUER, account: email }),
      expiresAt: pending.expiresAt,
    }
  })
}

/**
 * Takes the app into use, in place of one before, with ten new recovery codes.
 *
 * @throws forbidden auth.step_up_required; conflict auth.enrolment_expired; invalid auth.factor_refused;
 *   limited request.rate_limited
 */
export const confirmTotp = async (visit: Visit, principal: Principal, code: string) => {
  const { userId, sessionId } = principal
  await enforce(visit.services, { factor_confirm: userId })
  const { tokenVersion, recoveryCodes } = await transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    await requireCurrentFactor(ctx, principal)
    const [pending] = await ctx.db
      .select()
      .from(totpFactors)
      .where(and(ofUser(userId), isPending, gt(totpFactors.expiresAt, sql`now()`)))
    if (!pending) throw new DomainError('conflict', 'auth.enrolment_expired')
    const step = stepOf(ctx, pending, code)
    if (step === null)
      throw new DomainError('invalid', 'auth.factor_refused', { issues: [{ path: ['code'], code: 'wrong' }] })
    await ctx.db.delete(totpFactors).where(and(ofUser(userId), isInUse))
    await ctx.db
      .update(totpFactors)
      .set({ confirmedAt: sql`now()`, lastStep: step, lastUsedAt: sql`now()` })
      .where(eq(totpFactors.id, pending.id))
    const codes = await issueRecoveryCodes(ctx, userId)
    const entity = { entity: 'totp_factors', entityId: pending.id }
    return { tokenVersion: await settleFactors(ctx, principal, 'totp_added', entity), recoveryCodes: codes }
  })
  return { recoveryCodes, ...(await renewAccess(visit, principal, tokenVersion)) }
}

/**
 * @throws forbidden auth.step_up_required; conflict auth.factor_missing, auth.factor_needed; limited request.rate_limited
 */
export const removeTotp = async (visit: Visit, principal: Principal) => {
  const { userId, sessionId } = principal
  await enforce(visit.services, { factor_change: userId })
  const tokenVersion = await transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    await requireCurrentFactor(ctx, principal)
    await requireAnotherFactor(ctx, principal, 'totp')
    const removed = await ctx.db.delete(totpFactors).where(ofUser(userId)).returning()
    const inUse = removed.find(({ confirmedAt }) => confirmedAt)
    if (!inUse) throw new DomainError('conflict', 'auth.factor_missing')
    return settleFactors(ctx, principal, 'totp_removed', { entity: 'totp_factors', entityId: inUse.id })
  })
  return renewAccess(visit, principal, tokenVersion)
}

/** Accepts the code of a step later than the last accepted one, so each code is good for one use (RFC 6238, 5.2). */
export const acceptTotp = async (ctx: VisitDb, userId: string, code: string): Promise<boolean> => {
  const [row] = await ctx.db
    .select()
    .from(totpFactors)
    .where(and(ofUser(userId), isInUse))
  const step = row ? stepOf(ctx, row, code) : null
  if (!row || step === null) return false
  const accepted = await ctx.db
    .update(totpFactors)
    .set({ lastStep: step, lastUsedAt: sql`now()` })
    .where(and(eq(totpFactors.id, row.id), isInUse, lt(totpFactors.lastStep, step)))
    .returning({ id: totpFactors.id })
  if (accepted.length === 0)
    await audit(ctx, {
      action: 'auth.totp_replay',
      result: 'denied',
      actorId: userId,
      entity: 'totp_factors',
      entityId: row.id,
    })
  return accepted.length > 0
}
