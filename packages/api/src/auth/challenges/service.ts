import { randomBytes } from 'node:crypto'
import { hashToken } from '@servai/auth/one-time-token'
import type { FactorMethod, SecondFactorProof, SignInChallenge } from '@servai/contract/factors'
import { signInChallenges } from '@servai/db/schema/factors'
import { users } from '@servai/db/schema/users'
import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { limitKeyOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { deviceHashOf, readDevice, rememberDevice, type KeptDevice } from '../devices/service.ts'
import { isPasswordLocked } from '../passwords/service.ts'
import { attemptProof, requireProved, type Verdict } from '../proofs/service.ts'
import { lockUser, openSession, type Delivery, type Session } from '../sessions/service.ts'
import { trustDevice } from '../trusted-devices/service.ts'

export const LIFETIME_SECONDS = 10 * 60
export const ATTEMPTS = 5
const TOKEN_BYTES = 32

/** A sign-in whose password was right: no session of any kind, only this. The caller holds the user's lock. */
export const openChallenge = async (
  ctx: VisitDb,
  { id: userId, tokenVersion }: { id: string; tokenVersion: number },
  { delivery, methods }: { delivery: Delivery; methods: FactorMethod[] },
): Promise<SignInChallenge> => {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const [challenge] = await ctx.db
    .insert(signInChallenges)
    .values({
      userId,
      tokenHash: hashToken(token),
      delivery,
      tokenVersion,
      expiresAt: sql`now() + ${LIFETIME_SECONDS} * interval '1 second'`,
    })
    .returning({ id: signInChallenges.id })
  if (!challenge) throw new Error('the challenge was not inserted')
  ctx.services.metrics.signInChallenges.inc({ outcome: 'opened' })
  await audit(ctx, {
    action: 'auth.challenge_open',
    actorId: userId,
    entity: 'sign_in_challenges',
    entityId: challenge.id,
  })
  return { token, methods, expiresIn: LIFETIME_SECONDS }
}

const isLive = and(
  isNull(signInChallenges.usedAt),
  gt(signInChallenges.expiresAt, sql`now()`),
  lt(signInChallenges.attempts, ATTEMPTS),
)

/** The challenge with one attempt more, counted before anything is verified; null when there is none left. */
const takeAttempt = async ({ db }: VisitDb, id: string) => {
  const [challenge] = await db
    .update(signInChallenges)
    .set({ attempts: sql`${signInChallenges.attempts} + 1` })
    .where(and(eq(signInChallenges.id, id), isLive))
    .returning()
  return challenge ?? null
}

/** For a ceremony that is to answer it, e.g. of a passkey; spends nothing. */
export const findChallenge = async ({ db }: Pick<VisitDb, 'db'>, token: string) => {
  const [open] = await db
    .select({ id: signInChallenges.id, userId: signInChallenges.userId })
    .from(signInChallenges)
    .innerJoin(users, and(eq(users.id, signInChallenges.userId), eq(users.tokenVersion, signInChallenges.tokenVersion)))
    .where(and(eq(signInChallenges.tokenHash, hashToken(token)), isLive))
  return open ?? null
}

type Opened = { session: Session; tokenVersion: number; device: KeptDevice | null }
type Outcome = { kind: 'opened'; opened: Opened } | { kind: 'void' } | Exclude<Verdict, { kind: 'proved' }>

type Completion = {
  challengeToken: string
  proof: SecondFactorProof
  /** Ask this browser for no second factor for a while. */
  trustDevice: boolean
}

const redeem = async (
  ctx: VisitDb,
  { challengeToken, proof, trustDevice: isToBeTrusted }: Completion,
  deviceToken: string | null,
): Promise<Outcome> => {
  const { db, services } = ctx
  const found = await findChallenge(ctx, challengeToken)
  const user = found && (await lockUser(ctx, found.userId))
  const challenge = user && (await takeAttempt(ctx, found.id))
  // Whoever waited for the lock may find that password, factors or the account itself have changed.
  if (!challenge || user.status !== 'active' || user.tokenVersion !== challenge.tokenVersion) return { kind: 'void' }
  const { id: userId, emailKey } = user
  const { delivery, id } = challenge
  if (isToBeTrusted && delivery !== 'cookie')
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['trustDevice'], code: 'delivery' }] })
  const device = delivery === 'cookie' ? readDevice(services, emailKey, deviceToken) : null
  if (await isPasswordLocked(ctx, user, device)) return { kind: 'void' }

  const verdict = await attemptProof(ctx, userId, proof, { challengeId: id })
  if (verdict.kind !== 'proved') return verdict
  await db
    .update(signInChallenges)
    .set({ usedAt: sql`now()` })
    .where(eq(signInChallenges.id, id))
  const kept = delivery === 'cookie' ? rememberDevice(services, { emailKey, userId, device }) : null
  if (kept && isToBeTrusted) await trustDevice(ctx, userId, kept.deviceId)
  const session = await openSession(ctx, {
    userId,
    delivery,
    secondFactor: 'now',
    deviceHash: kept && deviceHashOf(kept.deviceId),
  })
  const { id: sessionId } = session
  const details = { method: proof.method }
  await audit(ctx, {
    action: 'auth.login',
    actorId: userId,
    sessionId,
    entity: 'sessions',
    entityId: sessionId,
    details,
  })
  return { kind: 'opened', opened: { session, tokenVersion: user.tokenVersion, device: kept } }
}

/**
 * The second half of a sign-in: of parallel calls with one challenge exactly one opens a session.
 *
 * @throws unauthenticated auth.challenge_invalid; invalid auth.factor_refused, request.invalid;
 *   limited auth.factor_locked, request.rate_limited
 */
export const redeemChallenge = async (
  visit: Visit,
  completion: Completion,
  deviceToken: string | null,
): Promise<Opened> => {
  const { services, address } = visit
  const { metrics } = services
  const keys = { challenge: hashToken(completion.challengeToken), challenge_address: limitKeyOf(address) }
  const counted = await enforce(services, keys)
  try {
    const outcome = await transaction(visit, {}, (ctx) => redeem(ctx, completion, deviceToken))
    if (outcome.kind === 'opened') {
      metrics.signInChallenges.inc({ outcome: 'completed' })
      await counted.giveBack()
      return outcome.opened
    }
    metrics.signInChallenges.inc({ outcome: outcome.kind })
    if (outcome.kind === 'void') throw new DomainError('unauthenticated', 'auth.challenge_invalid')
    requireProved(outcome)
    throw new Error('a verdict that is neither')
  } catch (error) {
    if (!(error instanceof DomainError)) await counted.giveBack()
    throw error
  }
}
