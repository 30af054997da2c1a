import type { KnownDevice } from '@servai/auth/device-token'
import { HashBusyError } from '@servai/auth/hash-lanes'
import { checkPassword } from '@servai/auth/password-policy'
import { credentials, users } from '@servai/db/schema/users'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import type { Services } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { take } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { bucketOf, isLocked, reserveAttempt, returnAttempt } from '../throttle/service.ts'
import { forgetTrustedDevices } from '../trusted-devices/service.ts'

const PRODUCT = 'servai'

/** @throws invalid password.too_short, too_long, common, contextual, predictable */
export const requireStrongPassword = (
  { config }: Services,
  field: string,
  password: string,
  person: { email: string; firstName: string; lastName: string },
) => {
  const context = [person.email, person.firstName, person.lastName, PRODUCT]
  const weakness = checkPassword(password, { minLength: config.passwordMinLength, context })
  if (weakness) throw new DomainError('invalid', weakness, { issues: [{ path: [field], code: weakness }] })
}

/** Someone gave the right password of an active account. */
export type Proof = {
  userId: string
  emailKey: string
  /** The hash it was held against; a session may only be opened while it still stands. */
  passwordHash: string
  /** The stored hash is not by the current parameters. */
  needsRehash: boolean
  /** Where the attempt was counted. */
  bucket: string
}

/** For the audit log; the person is never told which. */
export type Refusal = { userId: string | null; why: 'locked' | 'unknown' | 'disabled' | 'wrong_password' | 'changed' }

const findCandidate = async ({ db }: VisitDb, emailKey: string) => {
  const [candidate] = await db
    .select({
      userId: users.id,
      status: users.status,
      passwordHash: credentials.passwordHash,
      passwordChangedAt: credentials.changedAt,
    })
    .from(users)
    .leftJoin(credentials, eq(credentials.userId, users.id))
    .where(and(eq(users.emailKey, emailKey), isNull(users.deletedAt)))
  return candidate ?? null
}

type PasswordAge = { userId: string; passwordChangedAt: Date | null }

const ownDevice = (candidate: PasswordAge | null, device: KnownDevice | null) =>
  candidate?.passwordChangedAt && device?.userId === candidate.userId
    ? { deviceId: device.deviceId, passwordChangedAt: candidate.passwordChangedAt }
    : null

/** The failure that has just been counted locks the bucket; the owner is told once a day, however long it goes on. */
const noteLock = async (visit: Visit, candidate: { userId: string; status: string } | null) => {
  visit.services.metrics.lockouts.inc({ factor: 'password' })
  if (candidate?.status !== 'active') return
  const { userId } = candidate
  const { allowed } = await take(visit.services, { lock_mail: userId })
  if (!allowed) return
  await transaction(visit, {}, async (ctx) => {
    await audit(ctx, { action: 'auth.password_lock', result: 'denied', entity: 'users', entityId: userId })
    await emit(ctx, 'auth.password_locked', { userId })
  })
}

/**
 * Exactly one hash is computed whatever is true of the address, and outside of any transaction.
 *
 * @throws HashBusyError; the attempt is given back then, as after any other fault of ours
 */
export const provePassword = async (
  visit: Visit,
  emailKey: string,
  password: string,
  device: KnownDevice | null,
): Promise<{ proof: Proof } | { refusal: Refusal }> => {
  const { passwords } = visit.services
  const { attempt, candidate, bucket } = await transaction(visit, {}, async (ctx) => {
    const found = await findCandidate(ctx, emailKey)
    const counted = bucketOf(emailKey, ownDevice(found, device))
    return { attempt: await reserveAttempt(ctx.db, counted), candidate: found, bucket: counted }
  })
  try {
    const passwordHash = candidate?.passwordHash ?? null
    const { ok, needsRehash } = await passwords.verify('login', passwordHash, password)
    const userId = candidate?.userId ?? null
    if (attempt === 'locked') return { refusal: { userId, why: 'locked' } }
    if (attempt === 'last' && !ok) await noteLock(visit, candidate)
    if (!candidate) return { refusal: { userId, why: 'unknown' } }
    if (!ok || passwordHash === null) return { refusal: { userId, why: 'wrong_password' } }
    if (candidate.status !== 'active') return { refusal: { userId, why: 'disabled' } }
    return { proof: { userId: candidate.userId, emailKey, passwordHash, needsRehash, bucket } }
  } catch (error) {
    if (attempt !== 'locked') await transaction(visit, {}, ({ db }) => returnAttempt(db, bucket))
    throw error
  }
}

/** Whether a sign-in with this password would be refused now; for the second step of one that has begun. */
export const isPasswordLocked = async (
  { db }: VisitDb,
  { id: userId, emailKey }: { id: string; emailKey: string },
  device: KnownDevice | null,
): Promise<boolean> => {
  const [stored] = await db
    .select({ passwordChangedAt: credentials.changedAt })
    .from(credentials)
    .where(eq(credentials.userId, userId))
  return isLocked(db, bucketOf(emailKey, stored ? ownDevice({ userId, ...stored }, device) : null))
}

/** The same password by the current parameters; null when there is no time now, as it can wait for the next sign-in. */
export const rehash = ({ passwords }: Services, password: string): Promise<string | null> =>
  passwords.hash('login', password).catch((error: unknown) => {
    if (error instanceof HashBusyError) return null
    throw error
  })

/** Sets a new password, ends every access token and trusts no browser any more; the caller revokes the sessions. */
export const replacePassword = async ({ db }: VisitDb, userId: string, passwordHash: string): Promise<number> => {
  await db
    .insert(credentials)
    .values({ userId, passwordHash })
    .onConflictDoUpdate({ target: credentials.userId, set: { passwordHash, changedAt: sql`now()` } })
  await forgetTrustedDevices(db, userId)
  const [user] = await db
    .update(users)
    .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, userId))
    .returning({ tokenVersion: users.tokenVersion })
  if (!user) throw new Error(`user ${userId} vanished under its lock`)
  return user.tokenVersion
}
