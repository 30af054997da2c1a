import { createHash } from 'node:crypto'
import type { SystemDb } from '@servai/db'
import { loginThrottle } from '@servai/db/schema/users'
import { and, eq, isNull, lt, lte, or, sql } from 'drizzle-orm'

/** From here on each failure locks: 15 minutes, then 30, then an hour. */
export const FAILURES_BEFORE_LOCK = 10
export const FIRST_LOCK_MINUTES = 15
export const LONGEST_LOCK_MINUTES = 60
/** From here on only a reset by e-mail helps (NIST SP 800-63B-4, 3.2.2). */
export const FAILURES_BEFORE_DISABLED = 100

const { identifierHash, failures, lockedUntil } = loginThrottle

/** A known device of an account; its failures count against one password, so that a new one begins anew. */
export type OwnDevice = { deviceId: string; passwordChangedAt: Date }

const bucketNamed = (...parts: string[]) => createHash('sha256').update(parts.join('\0')).digest('base64url')

/**
 * Where failures are counted: by what was submitted, whether an account has it or not, so that a lock tells nothing;
 * and apart for each device that the account knows, so that strangers cannot lock its owner out.
 */
export const bucketOf = (emailKey: string, device: OwnDevice | null = null): string => {
  const parts = device ? [emailKey, device.deviceId, device.passwordChangedAt.toISOString()] : [emailKey]
  return bucketNamed(...parts)
}

/** Where wrong codes are counted: one place for all challenges and factors of an account. */
export const factorBucketOf = (userId: string): string => bucketNamed('second factor', userId)

const lockAfter = (count: ReturnType<typeof sql>) => sql`case when ${count} >= ${FAILURES_BEFORE_LOCK} then
  now() + least(${FIRST_LOCK_MINUTES} * 2 ^ least(${count} - ${FAILURES_BEFORE_LOCK}, 8), ${LONGEST_LOCK_MINUTES}) * interval '1 minute' end`

/** `last`: the next one is locked unless this one succeeds. `locked`: nothing was counted, and nothing may be accepted. */
export type Attempt = 'open' | 'last' | 'locked'

const isUnlocked = or(isNull(lockedUntil), lte(lockedUntil, sql`now()`))

/**
 * Counts a failure before the password or the code is looked at, so that parallel guesses cannot exceed the budget.
 * The lock of a bucket that `alwaysReopens` is never for good.
 */
export const reserveAttempt = async (db: SystemDb, bucket: string, alwaysReopens = false): Promise<Attempt> => {
  const next = sql`${failures} + 1`
  const [reserved] = await db
    .insert(loginThrottle)
    .values({ identifierHash: bucket, failures: 1 })
    .onConflictDoUpdate({
      target: identifierHash,
      set: { failures: next, lockedUntil: lockAfter(next), updatedAt: sql`now()` },
      setWhere: and(alwaysReopens ? undefined : lt(failures, FAILURES_BEFORE_DISABLED), isUnlocked),
    })
    .returning({ failures })
  if (!reserved) return 'locked'
  return reserved.failures < FAILURES_BEFORE_LOCK ? 'open' : 'last'
}

/** For a redemption that is not itself an attempt at this bucket. */
export const isLocked = async (db: SystemDb, bucket: string): Promise<boolean> => {
  const [row] = await db
    .select({ isOpen: sql<boolean>`${and(lt(failures, FAILURES_BEFORE_DISABLED), isUnlocked)}` })
    .from(loginThrottle)
    .where(eq(identifierHash, bucket))
  return row?.isOpen === false
}

/** Seconds until the lock of a bucket ends, at least one. */
export const lockSecondsOf = async (db: SystemDb, bucket: string): Promise<number> => {
  const [row] = await db
    .select({ seconds: sql<number>`ceil(extract(epoch from ${lockedUntil} - now()))::int` })
    .from(loginThrottle)
    .where(eq(identifierHash, bucket))
  return Math.max(row?.seconds ?? 1, 1)
}

/** Gives a reserved attempt back that was never decided, by no fault of whoever made it. */
export const returnAttempt = async (db: SystemDb, bucket: string) => {
  await db
    .update(loginThrottle)
    .set({
      failures: sql`greatest(${failures} - 1, 0)`,
      lockedUntil: sql`case when ${failures} > ${FAILURES_BEFORE_LOCK} then ${lockedUntil} end`,
    })
    .where(eq(identifierHash, bucket))
}

/** After the right password or code, or a reset by e-mail. */
export const clearAttempts = async (db: SystemDb, bucket: string) => {
  await db.delete(loginThrottle).where(eq(identifierHash, bucket))
}
