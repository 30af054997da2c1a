import {
  creationOptions,
  PasskeyRefusedError,
  verifyAttestation,
  type Attestation,
  type NewPasskey,
} from '@servai/auth/passkey'
import type { Principal } from '@servai/db/principal'
import { passkeys } from '@servai/db/schema/factors'
import { sessions } from '@servai/db/schema/sessions'
import { credentials } from '@servai/db/schema/users'
import { and, asc, count, eq } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { deviceOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { describePasskeys } from '../assertions/service.ts'
import { CEREMONY_TIMEOUT_MS, openCeremony, spendCeremony, type Flow } from '../ceremonies/service.ts'
import {
  factorMethods,
  renewAccess,
  requireAnotherFactor,
  requireCurrentFactor,
  settleFactors,
} from '../factors/service.ts'
import { issueRecoveryCodes } from '../recovery-codes/service.ts'
import { clock, lockUser, type Caller } from '../sessions/service.ts'

const MOST = 20
const NAMELESS = 'Passkey'

type Passkey = typeof passkeys.$inferSelect

const present = ({ id, name, createdAt, lastUsedAt, deviceType, isBackedUp: backedUp }: Passkey) => ({
  id,
  name,
  createdAt,
  lastUsedAt,
  deviceType,
  backedUp,
})

const registrationOf = ({ userId, sessionId }: Caller): Flow => ({ purpose: 'register', userId, sessionId })

const isOwn = ({ userId }: Caller, id: string) => and(eq(passkeys.id, id), eq(passkeys.userId, userId))

export const listPasskeys = ({ services }: Visit, { userId }: Principal) =>
  services.database.system({ userId }, 'read', async (db) => {
    const rows = await db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.id))
    return { items: rows.map(present) }
  })

/** @throws conflict auth.passkeys_full */
const requireRoom = async ({ db }: VisitDb, userId: string) => {
  const [own] = await db.select({ count: count() }).from(passkeys).where(eq(passkeys.userId, userId))
  if ((own?.count ?? 0) >= MOST) throw new DomainError('conflict', 'auth.passkeys_full')
}

/**
 * @throws forbidden auth.step_up_required, conflict auth.passkeys_full, limited request.rate_limited
 */
export const startRegistration = async (visit: Visit, principal: Principal) => {
  const { userId, sessionId, email, firstName, lastName } = principal
  await enforce(visit.services, { factor_change: userId })
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    await requireCurrentFactor(ctx, principal)
    await requireRoom(ctx, userId)
    const { ceremonyId, challenge } = await openCeremony(ctx, registrationOf(principal))
    const options = creationOptions(visit.services.relyingParty, {
      challenge,
      user: { id: userId, email, name: `${firstName} ${lastName}`.trim() },
      existing: await describePasskeys(ctx, userId),
      timeoutMs: CEREMONY_TIMEOUT_MS,
    })
    return { ceremonyId, options }
  })
}

/** @throws invalid auth.passkey_refused */
const requireAttested = async (visit: Visit, challenge: string | null, answer: Attestation): Promise<NewPasskey> => {
  const { services, requestId } = visit
  const refused = new DomainError('invalid', 'auth.passkey_refused')
  if (challenge === null) throw refused
  try {
    return await verifyAttestation(services.relyingParty, challenge, answer)
  } catch (error) {
    if (!(error instanceof PasskeyRefusedError)) throw error
    services.log.info({ err: error, requestId }, 'a new passkey was refused')
    throw refused
  }
}

/** @throws conflict auth.passkey_taken */
const insertPasskey = async ({ db }: VisitDb, userId: string, name: string, made: NewPasskey): Promise<Passkey> => {
  const { credentialId, publicKey, signCount, transports, deviceType, isBackedUp } = made
  const [passkey] = await db
    .insert(passkeys)
    .values({
      userId,
      name,
      credentialId,
      publicKey: Buffer.from(publicKey),
      signCount,
      transports,
      deviceType,
      isBackedUp,
    })
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning()
  if (!passkey) throw new DomainError('conflict', 'auth.passkey_taken')
  return passkey
}

/** The account is safer than before and keeps its sessions; this one has just proved a second factor. */
const noteAnother = async (ctx: VisitDb, { userId, sessionId }: Caller, { id: entityId }: Passkey) => {
  await ctx.db.update(sessions).set({ secondFactorAt: clock }).where(eq(sessions.id, sessionId))
  await emit(ctx, 'auth.factors_changed', { userId, change: 'passkey_added' })
  await audit(ctx, { action: 'auth.passkey_added', actorId: userId, sessionId, entity: 'passkeys', entityId })
  await ctx.services.principals.suspend(userId)
}

/**
 * Keeps what the authenticator has made. With the first second factor of an account all other sessions end, and there are
 * recovery codes.
 *
 * @throws invalid auth.passkey_refused; forbidden auth.step_up_required; conflict auth.passkeys_full, auth.passkey_taken;
 *   limited request.rate_limited
 */
export const completeRegistration = async (
  visit: Visit,
  principal: Principal,
  { ceremonyId, answer, name }: { ceremonyId: string; answer: Attestation; name?: string | undefined },
) => {
  const { userId, sessionId } = principal
  await enforce(visit.services, { factor_confirm: userId })
  const challenge = await transaction(visit, { userId, sessionId }, (ctx) =>
    spendCeremony(ctx, ceremonyId, registrationOf(principal)),
  )
  const made = await requireAttested(visit, challenge, answer)
  const { passkey, tokenVersion, recoveryCodes } = await transaction(visit, { userId, sessionId }, async (ctx) => {
    const user = await lockUser(ctx, userId)
    if (!user) throw new DomainError('unauthenticated', 'auth.session_revoked')
    await requireCurrentFactor(ctx, principal)
    await requireRoom(ctx, userId)
    const isFirst = (await factorMethods(ctx.db, userId)).length === 0
    const added = await insertPasskey(ctx, userId, name ?? (deviceOf(visit.userAgent) || NAMELESS), made)
    if (!isFirst) {
      await noteAnother(ctx, principal, added)
      return { passkey: added, tokenVersion: user.tokenVersion, recoveryCodes: [] }
    }
    const codes = await issueRecoveryCodes(ctx, userId)
    const entity = { entity: 'passkeys', entityId: added.id }
    const version = await settleFactors(ctx, principal, 'passkey_added', entity)
    return { passkey: added, tokenVersion: version, recoveryCodes: codes }
  })
  return { passkey: present(passkey), recoveryCodes, ...(await renewAccess(visit, principal, tokenVersion)) }
}

/** @throws not_found auth.passkey_not_found, also for somebody else's */
export const renamePasskey = (visit: Visit, principal: Principal, { id, name }: { id: string; name: string }) => {
  const { userId, sessionId } = principal
  return transaction(visit, { userId, sessionId }, async (ctx) => {
    const [renamed] = await ctx.db.update(passkeys).set({ name }).where(isOwn(principal, id)).returning()
    if (!renamed) throw new DomainError('not_found', 'auth.passkey_not_found')
    await audit(ctx, { action: 'auth.passkey_rename', actorId: userId, sessionId, entity: 'passkeys', entityId: id })
    return present(renamed)
  })
}

/** The last passkey of an account without a password stays. @throws conflict auth.passkey_only_way_in */
const requireWayIn = async ({ db }: VisitDb, userId: string) => {
  const [secret] = await db.select().from(credentials).where(eq(credentials.userId, userId))
  if (secret) return
  const [own] = await db.select({ count: count() }).from(passkeys).where(eq(passkeys.userId, userId))
  if ((own?.count ?? 0) <= 1) throw new DomainError('conflict', 'auth.passkey_only_way_in')
}

/**
 * All other sessions end.
 *
 * @throws not_found auth.passkey_not_found; forbidden auth.step_up_required;
 *   conflict auth.factor_needed, auth.passkey_only_way_in; limited request.rate_limited
 */
export const removePasskey = async (visit: Visit, principal: Principal, id: string) => {
  const { userId, sessionId } = principal
  await enforce(visit.services, { factor_change: userId })
  const tokenVersion = await transaction(visit, { userId, sessionId }, async (ctx) => {
    await lockUser(ctx, userId)
    const [found] = await ctx.db.select({ id: passkeys.id }).from(passkeys).where(isOwn(principal, id))
    if (!found) throw new DomainError('not_found', 'auth.passkey_not_found')
    await requireCurrentFactor(ctx, principal)
    await requireAnotherFactor(ctx, principal, 'passkey')
    await requireWayIn(ctx, userId)
    await ctx.db.delete(passkeys).where(isOwn(principal, id))
    return settleFactors(ctx, principal, 'passkey_removed', { entity: 'passkeys', entityId: id })
  })
  return renewAccess(visit, principal, tokenVersion)
}
