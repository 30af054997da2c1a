import { readApiKey } from '@servai/auth/api-key'
import { loadKeyPrincipal, noteKeyUse, type Principal } from '@servai/db/principal'
import { limitKeyOf } from './client-traits.ts'
import type { RequestContext } from './context.ts'
import { DomainError } from './errors.ts'
import { enforce } from './limits.ts'

type Ctx = Pick<RequestContext, 'services' | 'address' | 'requestId'>

const countFailure = ({ services, address }: Ctx) => enforce(services, { api_key_failure: limitKeyOf(address) })

/** Mistyped, unknown, expired and revoked are one answer. */
const refusal = () => new DomainError('unauthenticated', 'auth.unauthenticated')

const load = async ({ services: { database, knownKeys } }: Ctx, tokenHash: string) => {
  const found = await loadKeyPrincipal(database, tokenHash)
  if (found) knownKeys.remember(tokenHash)
  else knownKeys.forget(tokenHash)
  return found
}

/** Counted as a failure before the database is asked, until the key proves to be good. */
const meet = async (ctx: Ctx, tokenHash: string) => {
  const counted = await countFailure(ctx)
  const found = await load(ctx, tokenHash).catch(async (error: unknown) => {
    await counted.giveBack()
    throw error
  })
  if (!found) throw refusal()
  await counted.giveBack()
  return found
}

const find = async (ctx: Ctx, token: string) => {
  const { knownKeys } = ctx.services
  const presented = readApiKey(token)
  if (presented) {
    const { tokenHash } = presented
    const isKnown = () => knownKeys.has(tokenHash)
    const met = isKnown()
      ? null
      : await knownKeys.inTurn(tokenHash, async () => (isKnown() ? null : meet(ctx, tokenHash)))
    const found = met ?? (await load(ctx, tokenHash))
    if (found) return found
  }
  await countFailure(ctx)
  throw refusal()
}

/**
 * Whom an API key acts for, read anew on every call: what is revoked, granted away or disabled ends with it.
 *
 * @throws unauthenticated auth.unauthenticated, limited request.rate_limited
 */
export const requireKeyBearer = async (ctx: Ctx, token: string): Promise<Principal> => {
  const { database, log, metrics } = ctx.services
  const { principal, isUseDue } = await find(ctx, token).catch((error: unknown) => {
    if (error instanceof DomainError) metrics.apiKeyFailures.inc()
    throw error
  })
  if (isUseDue)
    await noteKeyUse(database, principal.sessionId).catch((err: unknown) =>
      log.warn({ err, requestId: ctx.requestId }, 'the use of a key was not noted'),
    )
  return principal
}
