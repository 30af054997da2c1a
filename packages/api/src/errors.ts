import { HashBusyError } from '@servai/auth/hash-lanes'
import { REASON_TEXTS, type Reason } from '@servai/contract/reasons'
import { ConnectionLostError, PoolExhaustedError } from '@servai/db'
import { TRPCError } from '@trpc/server'
import { ZodError } from 'zod'

const CODES = {
  invalid: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  limited: 'TOO_MANY_REQUESTS',
  too_large: 'PAYLOAD_TOO_LARGE',
  timeout: 'TIMEOUT',
  unavailable: 'SERVICE_UNAVAILABLE',
} as const

export type DomainCode = keyof typeof CODES
export type Issue = { path: (string | number)[]; code: string }
/** What somebody else has made of a row in the meantime, as far as the caller may see it. */
export type Conflict = { current: unknown; changedBy: { name: string } | null; changedAt: string }
export type Details = {
  retryAfterSeconds?: number
  issues?: Issue[]
  counts?: Record<string, number>
  conflict?: Conflict
}

/** An outcome the caller can act on. What a caller may not see is `not_found`, never `forbidden`. */
export class DomainError extends Error {
  override name = 'DomainError'
  readonly code: DomainCode
  readonly reason: Reason
  readonly details: Details

  constructor(code: DomainCode, reason: Reason, details: Details = {}) {
    super(REASON_TEXTS[reason])
    this.code = code
    this.reason = reason
    this.details = details
  }
}

/** What we have stored ourselves cannot be computed with; no value of the caller had a part in it. */
export class StoredDataError extends Error {
  override name = 'StoredDataError'
}

type PostgresError = Error & { code: string; constraint_name?: string }

const isPostgresError = (error: unknown): error is PostgresError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)

/** The driver's error stands below drizzle's. */
const postgresErrorOf = (error: unknown): PostgresError | null => {
  for (let at = error; at instanceof Error; at = at.cause) if (isPostgresError(at)) return at
  return null
}

/** For a query that takes nothing from the caller: a data exception (class 22) in it is ours. */
export const asStoredDataError = (error: unknown): unknown =>
  postgresErrorOf(error)?.code.startsWith('22')
    ? new StoredDataError('what is stored cannot be read', { cause: error })
    : error

/** Whether a transaction failed because this unique constraint is taken. */
export const violates = (error: unknown, constraint: string) => {
  const found = postgresErrorOf(error)
  return found?.code === '23505' && found.constraint_name === constraint
}

/** Unique and exclusion constraints that users can run into. */
const TAKEN: Record<string, Reason> = {
  companies_registration: 'property.registration_taken',
  complexes_name: 'property.name_taken',
  buildings_name: 'property.name_taken',
  entrances_number: 'property.number_taken',
  units_number: 'property.number_taken',
  staff_invites_open: 'staff.invite_open',
  residencies_open: 'property.residency_overlaps',
  people_account: 'property.account_taken',
  unit_types_name: 'property.name_taken',
}

/** Another try may succeed: serialisation failure, deadlock. */
export const isRetryable = (error: unknown) => {
  const found = postgresErrorOf(error instanceof TRPCError ? error.cause : error)
  return found?.code === '40001' || found?.code === '40P01'
}

const fromPostgres = ({ code, constraint_name: constraint }: PostgresError): DomainError | null => {
  if (code === '23505' && constraint && TAKEN[constraint]) return new DomainError('conflict', TAKEN[constraint])
  if (code === '23514' && constraint?.endsWith('_timezone'))
    return new DomainError('invalid', 'request.invalid', { issues: [{ path: ['timezone'], code: 'timezone' }] })
  if (code === '40001' || code === '40P01' || code === '55P03' || code.startsWith('53') || code.startsWith('57P'))
    return new DomainError('unavailable', 'server.busy', { retryAfterSeconds: 1 })
  if (code === '57014') return new DomainError('timeout', 'request.timeout')
  if (code.startsWith('22')) return new DomainError('invalid', 'request.invalid')
  return null
}

const isUnreachable = (error: unknown) => {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof ConnectionLostError || ('code' in at && /^(CONNECT|ECONN|EPIPE)/.test(String(at.code))))
      return true
  return false
}

/** What the caller is told of an error, or `null` for one that is nobody's business but ours. */
export const domainErrorOf = (error: unknown): DomainError | null => {
  if (error instanceof DomainError) return error
  if (error instanceof StoredDataError) return null
  if (error instanceof ZodError)
    return new DomainError('invalid', 'request.invalid', {
      issues: error.issues.map((issue) => ({
        path: issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
        code: issue.code === 'custom' && typeof issue.params?.code === 'string' ? issue.params.code : issue.code,
      })),
    })
  if (error instanceof HashBusyError || error instanceof PoolExhaustedError)
    return new DomainError('unavailable', 'server.busy', { retryAfterSeconds: 1 })
  const postgres = postgresErrorOf(error)
  if (postgres) return fromPostgres(postgres)
  if (isUnreachable(error)) return new DomainError('unavailable', 'server.unavailable', { retryAfterSeconds: 5 })
  return null
}

/** The one translation: every error that leaves a procedure passes here once. */
export const toTrpcError = (error: TRPCError): TRPCError => {
  const cause = error.cause
  if (error.code === 'BAD_REQUEST' && !(cause instanceof ZodError) && !(cause instanceof DomainError))
    return new TRPCError({ code: 'BAD_REQUEST', cause: new DomainError('invalid', 'request.malformed') })
  // An answer that breaks its own schema is our fault, not the caller's.
  if (error.code === 'INTERNAL_SERVER_ERROR' && cause instanceof ZodError) return error
  const domain = domainErrorOf(cause ?? error)
  if (!domain) return error
  return new TRPCError({ code: CODES[domain.code], message: domain.message, cause: domain })
}

export type ErrorBody = { reason: Reason; message: string } & Omit<Details, 'retryAfterSeconds'>

const PROTOCOL_REASONS: Partial<Record<TRPCError['code'], Reason>> = {
  NOT_FOUND: 'request.not_found',
  METHOD_NOT_SUPPORTED: 'request.method_not_allowed',
  UNSUPPORTED_MEDIA_TYPE: 'request.unsupported_type',
  PAYLOAD_TOO_LARGE: 'request.too_large',
  BAD_REQUEST: 'request.malformed',
  PARSE_ERROR: 'request.malformed',
  TIMEOUT: 'request.timeout',
}

/** Body of an error, the same over tRPC (in `data`) and REST (in `error`); never a stack, SQL or a path. */
export const errorBody = (error: TRPCError): ErrorBody => {
  const { cause } = error
  if (cause instanceof DomainError) {
    const { retryAfterSeconds: _header, ...details } = cause.details
    return { reason: cause.reason, message: cause.message, ...details }
  }
  const reason = PROTOCOL_REASONS[error.code] ?? 'server.unexpected'
  return { reason, message: REASON_TEXTS[reason] }
}

export const retryAfterOf = (error: TRPCError) =>
  error.cause instanceof DomainError ? error.cause.details.retryAfterSeconds : undefined
