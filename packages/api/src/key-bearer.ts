import { readApiKey } from '@servai/auth/api-key'
import { loadKeyPrincipal, noteKeyUse, type Principal } from '@servai/db/principal'
import { limitKeyOf } from './client-traits.ts'
import type { RequestContext } from './context.ts'
import { DomainError } from './errors.ts'
import { enforce } from './limits.ts'

/** Mistyped, unknown, expired and revoked are one answer. @throws limited request.rate_limited */
const refuse = async ({ services, address }: Pick<RequestContext, 'services' | 'address'>): Promise<never> => {
  services.metrics.apiKeyFailures.inc()
  await enforce(services, { api_key_failure: limitKeyOf(address) })
  throw new DomainError('unauthenticated', 'auth.unauthenticated')
}

/**
 * Whom an API key acts for, read anew on every call: what is revoked, granted away or disabled ends with it.
 *
 * @throws unauthenticated auth.unauthenticated, limited request.rate_limited
 */
export const requireKeyBearer = async (
  ctx: Pick<RequestContext, 'services' | 'address' | 'requestId'>,
  token: string,
): Promise<Principal> => {
  const { database, log } = ctx.services
  const presented = readApiKey(token)
  const found = presented && (await loadKeyPrincipal(database, presented.tokenHash))
  if (!found) return refuse(ctx)
  const { principal, isUseDue } = found
  if (isUseDue)
    await noteKeyUse(database, principal.sessionId).catch((err: unknown) =>
      log.warn({ err, requestId: ctx.requestId }, 'the use of a key was not noted'),
    )
  return principal
}
