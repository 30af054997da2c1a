import type { AccessTokens } from '@servai/auth/access-token'
import type { KeyRing } from '@servai/auth/key-ring'
import type { RelyingParty } from '@servai/auth/passkey'
import type { PasswordHasher } from '@servai/auth/password-hash'
import type { CompanyDb, Database, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import type { PrincipalCache } from '@servai/redis/principal-cache'
import type { Limiter } from '@servai/redis/rate-limit'
import type { Logger } from '@servai/telemetry/log'
import type { Metrics } from '@servai/telemetry/metrics'
import type { Actor } from './actor.ts'
import type { KnownKeys } from './known-keys.ts'

export type SessionLifetime = { absoluteSeconds: number; idleSeconds: number }

export type Config = {
  passwordMinLength: number
  sessions: { resident: SessionLifetime; staff: SessionLifetime }
  refreshGraceMs: number
  maxSessionsPerUser: number
  hashing: { memoryKiB: number; timeCost: number; lanes: number }
  requests: { jsonBytes: number; callsAtOnce: number; timeoutMs: number }
  /** Where limits are counted: by all servers together, or by each of so many alone. */
  counting: { store: 'redis' | 'memory'; replicas: number }
  /** How long the worker keeps the audit log at least. */
  auditRetentionDays: number
}

/** What the process made once at its start. */
export type Services = {
  database: Database
  accessTokens: AccessTokens
  refreshKeys: KeyRing
  tokenKeys: KeyRing
  /** Encrypt the secrets of authenticator apps. */
  factorKeys: KeyRing
  /** The site that passkeys belong to: APP_URL. */
  relyingParty: RelyingParty
  passwords: PasswordHasher
  limiter: Limiter
  knownKeys: KnownKeys
  principals: PrincipalCache<Principal>
  metrics: Metrics
  log: Logger
  config: Config
  now: () => Date
}

/** The refresh token's cookie, wherever the transport keeps it. */
export type RefreshCookie = {
  read(): string | null
  write(token: string, maxAgeSeconds: number): void
  clear(): void
}

/** Tells that an account has signed in with this browser before; kept over a sign-out. */
export type DeviceCookie = Pick<RefreshCookie, 'read' | 'write'>

/** What a transport knows of one request. All calls of a batch share it: nothing of a single call belongs here. */
export type RequestContext = {
  services: Services
  requestId: string
  /** Client address behind the trusted proxies, canonical; `unknown` shares one bucket of every limit. */
  address: string
  userAgent: string
  /** Bearer token, as sent. */
  accessToken: string | null
  /** Header `x-servai-context`, as sent. */
  contextKey: string | null
  refreshCookie: RefreshCookie
  deviceCookie: DeviceCookie
  /** Number of procedure calls in this HTTP request. */
  calls: number
  setHeader(name: string, value: string): void
}

/** Context of a service that works inside one company. */
export type Ctx = Pick<RequestContext, 'services' | 'requestId'> & { db: CompanyDb; actor: Actor; now: () => Date }

/** Context of a service that works for the platform or on identity. */
export type SystemCtx = Pick<RequestContext, 'services' | 'requestId' | 'address'> & {
  db: SystemDb
  principal: Principal | null
  now: () => Date
}
