import { createHash } from 'node:crypto'
import type { SystemDb } from '@servai/db'
import { loginThrottle } from '@servai/db/schema/users'
import { and, eq, isNull, lt, lte, or, sql } from 'drizzle-orm'

/** From here on each failure locks: 15 minutes, then 30, then an hour. */
const FAILURES_BEFORE_LOCK = 10
const FIRST_LOCK_MINUTES = 15
const LONGEST_LOCK_MINUTES = 60
/** From here on only a reset by e-mail helps (NIST SP 800-63B-4, 3.2.2). */
const FAILURES_BEFORE_DISABLED = 100

const { identifierHash, failures, lockedUntil } = loginThrottle

/** A known device of an account; its failures count against one password, so that a new one begins anew. */
export type OwnDevice = { deviceId: string; passwordChangedAt: Date }

/**
 * Where failures are counted: by what was submitted, whether an account has it or not, so that a lock tells nothing;
 * and apart for each device that the account knows, so that strangers cannot lock its owner out.
 */
export const bucketOf = (emailKey: string, device: OwnDevice | null = null): string => {
  const parts = device ? [emailKey, device.deviceId, device.passwordChangedAt.toISOString()] : [emailKey]
  return createHash('sha256').update(parts.join('\0')).digest('base64url')
}

const lockAfter = (count: ReturnType<typeof sql>) => sql`case when ${count} >= ${FAILURES_BEFORE_LOCK} then
  now() + least(${FIRST_LOCK_MINUTES} * 2 ^ (${count} - ${FAILURES_BEFORE_LOCK}), ${LONGEST_LOCK_MINUTES}) * interval '1 minute' end`

/**
 * Counts a failure before the password is looked at, so that parallel guesses cannot exceed the budget.
 * False while locked: nothing was counted, and no password may be accepted.
 */
export const reserveAttempt = async (db: SystemDb, bucket: string): Promise<boolean> => {
  const next = sql`${failures} + 1`
  const reserved = await db
    .insert(loginThrottle)
    .values({ identifierHash: bucket, failures: 1 })
    .onConflictDoUpdate({
      target: identifierHash,
      set: { failures: next, lockedUntil: lockAfter(next), updatedAt: sql`now()` },
      setWhere: and(lt(failures, FAILURES_BEFORE_DISABLED), or(isNull(lockedUntil), lte(lockedUntil, sql`now()`))),
    })
    .returning({ failures })
  return reserved.length > 0
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

/** After the right password, or a reset by e-mail. */
export const clearAttempts = async (db: SystemDb, bucket: string) => {
  await db.delete(loginThrottle).where(eq(identifierHash, bucket))
}
