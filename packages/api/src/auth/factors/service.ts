import type { FactorChange, FactorMethod } from '@servai/contract/factors'
import type { SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { passkeys, recoveryCodes, totpFactors } from '@servai/db/schema/factors'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { and, eq, isNotNull, ne, sql, type SQL } from 'drizzle-orm'
import { isAskedForSecondFactor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import type { Visit, VisitDb } from '../../visit.ts'
import { clock, revokeSessions, type Caller } from '../sessions/service.ts'
import { forgetTrustedDevices, listTrustedDevices } from '../trusted-devices/service.ts'

const CURRENT_FOR_MINUTES = 15

const countOf = (rows: SQL) => sql<number>`(select count(*)::int ${rows})`

const countFactors = async (db: SystemDb, userId: string) => {
  const [own] = await db
    .select({
      totpSince: totpFactors.confirmedAt,
      totpLastUsedAt: totpFactors.lastUsedAt,
      passkeys: countOf(sql`from ${passkeys} where ${passkeys.userId} = ${users.id}`),
      recoveryCodesLeft: countOf(
        sql`from ${recoveryCodes} where ${recoveryCodes.userId} = ${users.id} and ${recoveryCodes.usedAt} is null`,
      ),
    })
    .from(users)
    .leftJoin(totpFactors, and(eq(totpFactors.userId, users.id), isNotNull(totpFactors.confirmedAt)))
    .where(eq(users.id, userId))
  if (!own) throw new Error(`user ${userId} does not exist`)
  const { totpSince, totpLastUsedAt, ...counts } = own
  return { totp: totpSince && { since: totpSince, lastUsedAt: totpLastUsedAt }, ...counts }
}

const methodsOf = (own: Awaited<ReturnType<typeof countFactors>>): FactorMethod[] =>
  own.totp || own.passkeys > 0
    ? [
        ...(own.totp ? (['totp'] as const) : []),
        ...(own.passkeys > 0 ? (['passkey'] as const) : []),
        // They stand in for a factor; alone they are none.
        ...(own.recoveryCodesLeft > 0 ? (['recovery_code'] as const) : []),
      ]
    : []

/** What a sign-in asks for beside the password; nothing for an account without a second factor. */
export const factorMethods = async (db: SystemDb, userId: string): Promise<FactorMethod[]> =>
  methodsOf(await countFactors(db, userId))

export const listFactors = ({ services }: Visit, principal: Principal) =>
  services.database.system({ userId: principal.userId }, 'read', async (db) => {
    const own = await countFactors(db, principal.userId)
    return {
      ...own,
      trustedDevices: await listTrustedDevices(db, principal),
      methods: methodsOf(own),
      required: isAskedForSecondFactor(principal),
    }
  })

/**
 * For whoever changes the factors of an account that has one: it was proved in this session within a quarter of an hour,
 * as a step-up does; a trusted browser does not stand for it.
 *
 * @throws forbidden auth.step_up_required
 */
export const requireCurrentFactor = async ({ db }: VisitDb, { userId, sessionId }: Caller) => {
  if ((await factorMethods(db, userId)).length === 0) return
  const [recent] = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.id, sessionId),
        sql`${sessions.secondFactorAt} > now() - ${CURRENT_FOR_MINUTES} * interval '1 minute'`,
      ),
    )
  if (!recent) throw new DomainError('forbidden', 'auth.step_up_required')
}

/**
 * The last factor of somebody who is asked for one stays.
 *
 * @throws conflict auth.factor_needed
 */
export const requireAnotherFactor = async ({ db }: VisitDb, principal: Principal, removing: 'totp' | 'passkey') => {
  const own = await countFactors(db, principal.userId)
  const left = (own.totp && removing !== 'totp' ? 1 : 0) + own.passkeys - (removing === 'passkey' ? 1 : 0)
  if (left <= 0 && isAskedForSecondFactor(principal)) throw new DomainError('conflict', 'auth.factor_needed')
}

/**
 * What every change of factors brings with it: all other sessions and all access tokens end, no browser is trusted, open
 * sign-ins are void, the owner is told. This session has proved the new state. The caller holds the user's lock.
 *
 * @returns the token version that access tokens carry from now on
 */
export const settleFactors = async (
  ctx: VisitDb,
  { userId, sessionId }: Caller,
  change: Exclude<FactorChange, 'recovery_codes_replaced' | 'factors_reset'>,
  entity: { entity: string; entityId: string },
): Promise<number> => {
  const { db, services } = ctx
  const remains = (await factorMethods(db, userId)).length > 0
  if (!remains) await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db
    .update(sessions)
    .set({ secondFactorAt: remains ? clock : null })
    .where(eq(sessions.id, sessionId))
  await revokeSessions(ctx, and(eq(sessions.userId, userId), ne(sessions.id, sessionId)), 'factors_changed')
  await forgetTrustedDevices(db, userId)
  const [user] = await db
    .update(users)
    .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, userId))
    .returning({ tokenVersion: users.tokenVersion })
  if (!user) throw new Error(`user ${userId} vanished under its lock`)
  await emit(ctx, 'auth.factors_changed', { userId, change })
  await audit(ctx, { action: `auth.${change}`, actorId: userId, sessionId, ...entity })
  await services.principals.suspend(userId)
  return user.tokenVersion
}

/** The access token that goes on after `settleFactors`. */
export const renewAccess = async ({ services }: Visit, { userId, sessionId }: Caller, tokenVersion: number) => {
  const { sign, ttlSeconds } = services.accessTokens
  return { accessToken: await sign({ userId, sessionId, tokenVersion }), expiresIn: ttlSeconds }
}
