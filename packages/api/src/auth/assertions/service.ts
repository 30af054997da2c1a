import { PasskeyRefusedError, requestOptions, verifyAssertion, type Assertion } from '@servai/auth/passkey'
import { passkeys } from '@servai/db/schema/factors'
import { and, asc, eq, lt, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { emit } from '../../events.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { CEREMONY_TIMEOUT_MS, openCeremony, spendCeremony, type Flow } from '../ceremonies/service.ts'

type Passkey = typeof passkeys.$inferSelect

/** What a browser sends for a ceremony that it was asked to hold. */
export type PasskeyAnswer = { ceremonyId: string; answer: Assertion }

/** `why` is for the audit log: the person is never told. */
export type AssertionVerdict =
  | { kind: 'accepted'; userId: string; passkeyId: string }
  | { kind: 'refused'; userId: string | null; why: 'ceremony' | 'unknown_passkey' | 'not_verified' | 'counter' }

export const describePasskeys = ({ db }: Pick<VisitDb, 'db'>, userId: string) =>
  db
    .select({ credentialId: passkeys.credentialId, transports: passkeys.transports })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.id))

/** Asks for a passkey of the account that the flow knows, or for any of the site. */
export const startAssertion = (visit: Visit, flow: Exclude<Flow, { purpose: 'register' }>) =>
  transaction(visit, 'userId' in flow ? { userId: flow.userId } : {}, async (ctx) => {
    const { ceremonyId, challenge } = await openCeremony(ctx, flow)
    const allowed = 'userId' in flow ? await describePasskeys(ctx, flow.userId) : null
    const { relyingParty } = visit.services
    return {
      ceremonyId,
      options: requestOptions(relyingParty, { challenge, allowed, timeoutMs: CEREMONY_TIMEOUT_MS }),
    }
  })

export const findPasskey = async ({ db }: Pick<VisitDb, 'db'>, credentialId: string): Promise<Passkey | null> => {
  const [passkey] = await db.select().from(passkeys).where(eq(passkeys.credentialId, credentialId))
  return passkey ?? null
}

/** A counter that does not rise, once it has counted, is the mark of a copied key (WebAuthn, 6.1.1). */
const rises = (signCount: number) => {
  const stored = passkeys.signCount
  return signCount === 0 ? eq(stored, 0) : lt(stored, signCount)
}

const warnOfCopy = async (ctx: VisitDb, { id, userId, signCount: stored }: Passkey, presented: number) => {
  ctx.services.metrics.passkeyCopies.inc()
  await audit(ctx, {
    action: 'auth.passkey_counter',
    result: 'denied',
    actorId: userId,
    entity: 'passkeys',
    entityId: id,
    details: { stored, presented },
  })
  await emit(ctx, 'auth.passkey_suspected', { userId })
}

const verified = async ({ services, requestId }: VisitDb, challenge: string, answer: Assertion, passkey: Passkey) => {
  try {
    return await verifyAssertion(services.relyingParty, challenge, answer, passkey)
  } catch (error) {
    if (!(error instanceof PasskeyRefusedError)) throw error
    services.log.info({ err: error, requestId }, 'a passkey was refused')
    return null
  }
}

/**
 * Spends the ceremony, whatever comes of it: the caller's transaction must commit. With a known account its caller holds
 * the lock of the account.
 */
export const acceptAssertion = async (
  ctx: VisitDb,
  flow: Exclude<Flow, { purpose: 'register' }>,
  { ceremonyId, answer }: PasskeyAnswer,
): Promise<AssertionVerdict> => {
  const challenge = await spendCeremony(ctx, ceremonyId, flow)
  const passkey = await findPasskey(ctx, answer.id)
  const refuse = (why: (AssertionVerdict & { kind: 'refused' })['why']): AssertionVerdict => ({
    kind: 'refused',
    userId: passkey?.userId ?? null,
    why,
  })
  if (challenge === null) return refuse('ceremony')
  if (!passkey || ('userId' in flow && passkey.userId !== flow.userId)) return refuse('unknown_passkey')
  // Where nobody was named, the authenticator says whose passkey it is.
  if (flow.purpose === 'sign_in' && !answer.response.userHandle) return refuse('not_verified')
  const proved = await verified(ctx, challenge, answer, passkey)
  if (!proved) return refuse('not_verified')
  const { signCount, isBackedUp } = proved
  const [used] = await ctx.db
    .update(passkeys)
    .set({ signCount, isBackedUp, lastUsedAt: sql`now()` })
    .where(and(eq(passkeys.id, passkey.id), rises(signCount)))
    .returning({ id: passkeys.id })
  if (used) return { kind: 'accepted', userId: passkey.userId, passkeyId: passkey.id }
  await warnOfCopy(ctx, passkey, signCount)
  return refuse('counter')
}
