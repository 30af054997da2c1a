import { isApiKey } from '@servai/auth/api-key'
import type { Scope } from '@servai/db'
import { loadImpersonated, loadPrincipal, type Principal } from '@servai/db/principal'
import type { RequestContext, Services } from './context.ts'
import { asStoredDataError, DomainError } from './errors.ts'
import type { Asker } from './events.ts'
import { requireKeyBearer } from './key-bearer.ts'
import type { LimitKeys } from './limits.ts'

/** As the database has it now, past the cache. */
export const readPrincipal = ({ database }: Pick<Services, 'database'>, sessionId: string) =>
  loadPrincipal(database, sessionId).catch((error: unknown) => {
    throw asStoredDataError(error)
  })

const resolve = async ({ principals, database }: Services, userId: string, sessionId: string) => {
  const cached = await principals.get(userId, sessionId)
  if (cached) return cached
  const loaded = await readPrincipal({ database }, sessionId)
  if (loaded) await principals.put(userId, sessionId, loaded)
  return loaded
}

/** Past the cache: few do it, and it has to end within a second of whatever ends it. */
const resolveImpersonated = ({ database }: Services, impersonationId: string) =>
  loadImpersonated(database, impersonationId).catch((error: unknown) => {
    throw asStoredDataError(error)
  })

/**
 * The person behind a request. Signature, session and token version are checked on every call; the cache only spares
 * the database, and whoever changes a session, an account or its rights suspends it first.
 *
 * @throws unauthenticated auth.unauthenticated, auth.session_revoked, auth.session_expired; limited request.rate_limited
 */
export const requirePrincipal = async (ctx: RequestContext): Promise<Principal> => {
  const { services, accessToken } = ctx
  if (accessToken && isApiKey(accessToken)) return requireKeyBearer(ctx, accessToken)
  const { accessTokens, now } = services
  const claims = accessToken && (accessTokens.verifyCached(accessToken) ?? (await accessTokens.verify(accessToken)))
  if (!claims) throw new DomainError('unauthenticated', 'auth.unauthenticated')
  const principal = await (claims.impersonationId
    ? resolveImpersonated(services, claims.impersonationId)
    : resolve(services, claims.userId, claims.sessionId))
  if (!principal || principal.userId !== claims.userId || principal.sessionId !== claims.sessionId)
    throw new DomainError('unauthenticated', 'auth.unauthenticated')
  if (principal.revoked || !principal.active || principal.tokenVersion !== claims.tokenVersion)
    throw new DomainError('unauthenticated', 'auth.session_revoked')
  if (principal.expiresAtMs <= now().getTime()) throw new DomainError('unauthenticated', 'auth.session_expired')
  return principal
}

/** Who sits there: whoever acts as somebody else uses up nothing of theirs. */
export const doerOf = ({ userId, impersonation }: Pick<Principal, 'userId' | 'impersonation'>): string =>
  impersonation?.impersonatorId ?? userId

/** Whose limits a call counts against: a key has its own. */
export const callerOf = (principal: Principal): LimitKeys =>
  principal.apiKey ? { api_key: principal.apiKey.id } : { api: doerOf(principal) }

export type Bearer = Pick<Principal, 'sessionId' | 'impersonation' | 'apiKey'>

/** By what somebody acts, as the audit log and the worker name it. */
export const askerOf = ({ sessionId, impersonation, apiKey }: Bearer): Required<Asker> => ({
  // A key has no session, though it stands where one does.
  sessionId: apiKey ? null : sessionId,
  impersonatorId: impersonation?.impersonatorId ?? null,
  apiKeyId: apiKey?.id ?? null,
})

/** Who the transactions of a call are for, as the audit log names them. */
export const scopeOf = ({
  principal,
  requestId,
  address,
}: Pick<RequestContext, 'requestId' | 'address'> & { principal: Bearer & Pick<Principal, 'userId'> }): Scope => ({
  userId: principal.userId,
  requestId,
  address,
  ...askerOf(principal),
})
