import { randomBytes, randomUUID } from 'node:crypto'
import { apiKeys } from '@servai/db/schema/api-keys'
import { passkeys, recoveryCodes, signInChallenges, totpFactors, trustedDevices } from '@servai/db/schema/factors'
import { buildUser, database, type User } from '@servai/db/test/factories'
import { anonymous, employ, signIn } from './callers.ts'

const secret = () => randomBytes(32).toString('base64url')
const tomorrow = () => new Date(Date.now() + 86_400_000)

/** Everything an account can prove itself with beside its password, a browser it trusts, and a sign-in half way. */
export const buildFactors = ({ id: userId, tokenVersion }: User) =>
  database.system({}, 'write', async (db) => {
    const expiresAt = tomorrow()
    await db
      .insert(totpFactors)
      .values({ userId, secretCipher: randomBytes(48), keyId: 'test', confirmedAt: new Date(), expiresAt })
    await db.insert(passkeys).values({
      userId,
      credentialId: secret(),
      publicKey: randomBytes(77),
      signCount: 0,
      deviceType: 'multiDevice',
      isBackedUp: true,
      name: 'Phone',
    })
    await db.insert(recoveryCodes).values([1, 2, 3].map(() => ({ userId, codeHash: secret() })))
    await db
      .insert(trustedDevices)
      .values({ userId, deviceHash: secret(), userAgent: 'vitest', addressPrefix: '127.0.0.0/24', expiresAt })
    await db
      .insert(signInChallenges)
      .values({ userId, tokenHash: secret(), delivery: 'cookie', tokenVersion, expiresAt })
  })

export const buildKey = (user: User, companyId: string) =>
  database.system({}, 'write', (db) =>
    db
      .insert(apiKeys)
      .values({
        companyId,
        userId: user.id,
        name: 'Key',
        role: 'director',
        access: 'read',
        prefix: `servai_${secret().slice(0, 6)}`,
        tokenHash: secret(),
        expiresAt: tomorrow(),
      })
      .then(() => undefined),
  )

/** How much of what {@link buildFactors} makes there is, and how many sessions, links and keys are live. */
export const accessOf = async ({ id }: { id: string }) => {
  const [row] = await database.lookup<Record<string, number>>(
    `select (select count(*)::int from totp_factors where user_id = $1) as totp,
       (select count(*)::int from passkeys where user_id = $1) as passkeys,
       (select count(*)::int from recovery_codes where user_id = $1) as "recoveryCodes",
       (select count(*)::int from trusted_devices where user_id = $1) as "trustedDevices",
       (select count(*)::int from sign_in_challenges where user_id = $1 and used_at is null) as challenges,
       (select count(*)::int from sessions where user_id = $1 and revoked_at is null) as sessions,
       (select count(*)::int from auth_tokens where user_id = $1 and used_at is null and voided_at is null) as links,
       (select count(*)::int from api_keys where user_id = $1 and revoked_at is null) as "apiKeys"`,
    [id],
  )
  return row!
}

/** Somebody at work, as themselves and in a session that is known. */
export const atWork = async (company: { id: string } | null, role: Parameters<typeof employ>[1], user?: User) => {
  const employed = await employ(company, role, user ? { user } : {})
  const { sessionId, accessToken } = await signIn(employed.user)
  return {
    ...employed,
    sessionId,
    accessToken,
    caller: anonymous({ accessToken, contextKey: employed.contextKey }),
  }
}

/** Works for nobody and lives nowhere. */
export const buildStranger = () => buildUser({ firstName: `Stranger-${randomUUID().slice(0, 8)}` })

/** Topics of the events about an account since it was made, by what is in their payload. */
export const topicsAbout = async (id: string) => {
  const rows = await database.lookup<{ topic: string }>(
    `select topic from outbox where payload ->> 'userId' = $1 or payload ->> 'resetId' in
       (select id::text from factor_resets where user_id = $1::uuid) or payload ->> 'impersonationId' in
       (select id::text from impersonations where user_id = $1::uuid) order by created_at, id`,
    [id],
  )
  return rows.map(({ topic }) => topic)
}
