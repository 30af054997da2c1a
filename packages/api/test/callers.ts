import { randomBytes } from 'node:crypto'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { relyingPartyOf } from '@servai/auth/passkey'
import { createPasswordHasher } from '@servai/auth/password-hash'
import type { Reason } from '@servai/contract/reasons'
import type { Role } from '@servai/contract/roles'
import { COMPANY_ROLES, PLATFORM_ROLES } from '@servai/contract/roles'
import {
  buildBuilding,
  buildComplex,
  buildGrant,
  buildPerson,
  buildResidency,
  buildSession,
  buildUnit,
  buildUser,
  database,
  type Unit,
  type User,
} from '@servai/db/test/factories'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { createLimiter } from '@servai/redis/rate-limit'
import { createLogger } from '@servai/telemetry/log'
import { createMetrics } from '@servai/telemetry/metrics'
import type { RequestContext, Services } from '../src/context.ts'
import { createKnownKeys } from '../src/known-keys.ts'
import { appRouter } from '../src/root.ts'
import { createCallerFactory } from '../src/trpc.ts'

const ring = () => parseKeyRing(`test:${randomBytes(32).toString('base64')}`)

/** What a process makes at its start, on the database of the test run; nothing is faked, Redis is left out. */
export const services: Services = {
  database,
  accessTokens: createAccessTokens({ keys: ring(), issuer: 'https://servai.test', audience: 'servai' }),
  refreshKeys: ring(),
  tokenKeys: ring(),
  factorKeys: ring(),
  relyingParty: relyingPartyOf('https://servai.test'),
  passwords: createPasswordHasher({ memoryKiB: 1024, timeCost: 1, lanes: 2, queueSeconds: 10, pepper: null }),
  limiter: createLimiter({ redis: null, replicas: 1 }),
  knownKeys: createKnownKeys(1_000),
  principals: createPrincipalCache({ redis: null }),
  metrics: createMetrics(),
  log: createLogger({ level: 'silent', service: 'test' }),
  config: {
    passwordMinLength: 12,
    sessions: {
      resident: { absoluteSeconds: 30 * 86_400, idleSeconds: 7 * 86_400 },
      staff: { absoluteSeconds: 86_400, idleSeconds: 3600 },
    },
    refreshGraceMs: 30_000,
    maxSessionsPerUser: 20,
    hashing: { memoryKiB: 1024, timeCost: 1, lanes: 2 },
    requests: { jsonBytes: 100_000, callsAtOnce: 10, timeoutMs: 30_000 },
    auditRetentionDays: 90,
    counting: { store: 'memory', replicas: 1 },
  },
  now: () => new Date(),
}

let requests = 0

/** A request of nobody in particular, from an address of its own. */
export const buildRequest = (overrides: Partial<RequestContext> = {}): RequestContext => {
  const serial = ++requests
  return {
    services,
    requestId: `test-${process.pid}-${serial}`,
    address: `10.${(serial >> 16) & 255}.${(serial >> 8) & 255}.${serial & 255}`,
    userAgent: 'vitest',
    accessToken: null,
    contextKey: null,
    refreshCookie: { read: () => null, write: () => undefined, clear: () => undefined },
    deviceCookie: { read: () => null, write: () => undefined },
    calls: 1,
    setHeader: () => undefined,
    ...overrides,
  }
}

const createCaller = createCallerFactory(appRouter)

export type Caller = ReturnType<typeof createCaller>

/** Calls as somebody without a session. */
export const anonymous = (overrides: Partial<RequestContext> = {}): Caller => createCaller(buildRequest(overrides))

/** A signed access token of a session of its own. */
export const signIn = async (user: User, overrides: Parameters<typeof buildSession>[1] = {}) => {
  const session = await buildSession(user, overrides)
  const { id: userId, tokenVersion } = user
  return {
    sessionId: session.id,
    accessToken: await services.accessTokens.sign({ userId, sessionId: session.id, tokenVersion }),
  }
}

/** Calls as this account, in the context named, or in its only one. */
export const asUser = (user: User, contextKey: string | null = null): Caller => {
  let signedIn: ReturnType<typeof signIn> | undefined
  return createCaller(async () => {
    signedIn ??= signIn(user)
    const { accessToken } = await signedIn
    return buildRequest({ accessToken, contextKey })
  })
}

type Where = {
  /** Complexes of the grants of a role that is bound to a complex; a new one when absent. */
  complexes?: { id: string }[]
  /** Home of a resident; a new unit when absent. */
  unit?: Unit
  /** The account that acts; a new one when absent. */
  user?: User
}

const isOneOf = <T extends Role>(roles: readonly T[], role: Role): role is T =>
  (roles as readonly Role[]).includes(role)

const buildHome = async (company: { id: string }) =>
  buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })

/** An account with this role in this company (or on the platform), and the context to use it in. */
export const employ = async (company: { id: string } | null, role: Role, where: Where = {}) => {
  const user = where.user ?? (await buildUser())
  if (isOneOf(PLATFORM_ROLES, role)) {
    await buildGrant(user, role)
    return { user, contextKey: company ? `platform:${company.id}` : 'platform' }
  }
  if (!company) throw new Error(`${role} is a role inside a company`)
  const companyId = company.id
  if (role === 'resident') {
    const person = await buildPerson({ company, userId: user.id })
    await buildResidency({ unit: where.unit ?? (await buildHome(company)), person })
    return { user, contextKey: `resident:${companyId}` }
  }
  if (isOneOf(COMPANY_ROLES, role)) await buildGrant(user, role, { companyId })
  else
    for (const { id: complexId } of where.complexes ?? [await buildComplex({ company })])
      await buildGrant(user, role, { companyId, complexId })
  return { user, contextKey: `staff:${companyId}` }
}

/**
 * Calls through the router as a new account with this role, with a signed token and a session row, so that policy,
 * mapping and row-level security are all in play. Without a company: on the platform.
 */
export const as = (company: { id: string } | null, role: Role, where: Where = {}): Caller => {
  let request: Promise<{ accessToken: string; contextKey: string }> | undefined
  const prepare = async () => {
    const { user, contextKey } = await employ(company, role, where)
    const { accessToken } = await signIn(user)
    return { accessToken, contextKey }
  }
  return createCaller(async () => buildRequest(await (request ??= prepare())))
}

/** For `rejects.toMatchObject`. */
export const refusal = (code: string, reason: Reason) => ({ code, cause: { reason } })
