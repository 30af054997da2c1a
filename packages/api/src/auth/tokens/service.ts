import { deriveToken, hashToken, newNonce } from '@servai/auth/one-time-token'
import type { TokenPurpose } from '@servai/db/schema/enums'
import { authTokens } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { and, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { Services } from '../../context.ts'
import type { VisitDb } from '../../visit.ts'

const MAX_USER_AGENT = 300
const LIFETIME_HOURS: Record<TokenPurpose, number> = {
  verify_email: 24,
  reset_password: 1,
  confirm_old_email: 24,
  confirm_new_email: 24,
}

const unspent = and(isNull(authTokens.usedAt), isNull(authTokens.voidedAt))
const isLive = and(unspent, gt(authTokens.expiresAt, sql`now()`))

/** Makes every link of these purposes that is still out worthless. */
export const voidTokens = async ({ db }: Pick<VisitDb, 'db'>, userId: string, purposes: TokenPurpose[]) => {
  await db
    .update(authTokens)
    .set({ voidedAt: sql`now()` })
    .where(and(eq(authTokens.userId, userId), inArray(authTokens.purpose, purposes), unspent))
}

/**
 * The one live token of its purpose, in place of any before; the caller holds the lock of the user's row. Returns the
 * id of its row: the worker makes the token again for the message.
 */
export const issueToken = async (
  ctx: VisitDb,
  { purpose, userId, emailKey }: { purpose: TokenPurpose; userId: string; emailKey: string },
): Promise<string> => {
  const { db, services, address, userAgent } = ctx
  await voidTokens(ctx, userId, [purpose])
  const [tokenId, nonce, kid] = [uuidv7(), newNonce(), services.tokenKeys.current.kid]
  await db.insert(authTokens).values({
    id: tokenId,
    userId,
    purpose,
    nonce,
    keyId: kid,
    tokenHash: hashToken(deriveToken(services.tokenKeys, { purpose, id: tokenId, nonce, kid })),
    emailKey,
    requestedFrom: address,
    userAgent: userAgent.slice(0, MAX_USER_AGENT),
    expiresAt: sql`now() + ${LIFETIME_HOURS[purpose]} * interval '1 hour'`,
  })
  return tokenId
}

/** Spends a live token; null for any other, so of parallel calls exactly one gets it. */
export const spendToken = async ({ db }: Pick<VisitDb, 'db'>, purpose: TokenPurpose, token: string) => {
  const [spent] = await db
    .update(authTokens)
    .set({ usedAt: sql`now()` })
    .where(and(eq(authTokens.tokenHash, hashToken(token)), eq(authTokens.purpose, purpose), isLive))
    .returning({ userId: authTokens.userId, emailKey: authTokens.emailKey })
  return spent ?? null
}

/** Whose live token it is, without spending it; null unless the account is active and still has the address. */
export const findTokenOwner = ({ database }: Services, purpose: TokenPurpose, token: string) =>
  database.system({}, 'read', async (db) => {
    const [owner] = await db
      .select({ userId: users.id, email: users.email, firstName: users.firstName, lastName: users.lastName })
      .from(authTokens)
      .innerJoin(users, and(eq(users.id, authTokens.userId), eq(users.emailKey, authTokens.emailKey)))
      .where(
        and(
          eq(authTokens.tokenHash, hashToken(token)),
          eq(authTokens.purpose, purpose),
          isLive,
          eq(users.status, 'active'),
          isNull(users.deletedAt),
        ),
      )
    return owner ?? null
  })
