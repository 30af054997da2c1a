import type { Reason } from '@servai/contract/reasons'
import { TRPCClientError } from '@trpc/client'
import { i18n } from './i18n/i18n.ts'

/** `client.unreachable`: no answer at all, the connection or the server is down. */
export type FailureReason = Reason | 'client.unreachable'

export type Issue = { path: (string | number)[]; code: string }

/** What somebody else has made of a row in the meantime. */
export type Conflict = { current: unknown; changedBy: { name: string } | null; changedAt: string }

export type Failure = {
  reason: FailureReason
  /** To quote when asking for help. */
  requestId: string | null
  issues: Issue[]
  counts: Record<string, number>
  conflict?: Conflict
  status: number | null
}

/** One that there are words for; the developers' words of the contract stay with the server. */
const isReason = (value: unknown): value is FailureReason =>
  typeof value === 'string' && i18n.global.te(`errors.${value}`)

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

export const UNREACHABLE: Failure = {
  reason: 'client.unreachable',
  requestId: null,
  issues: [],
  counts: {},
  status: null,
}

/** Of the body of an error, as tRPC (`data`) and REST (`error`) send it. */
export const failureOf = (body: unknown, status: number | null): Failure => {
  const { reason, requestId, issues, counts, conflict, httpStatus } = record(body)
  return {
    reason: isReason(reason) ? reason : 'server.unexpected',
    requestId: typeof requestId === 'string' ? requestId : null,
    // The shapes of `packages/api/src/errors.ts`; only read for display.
    issues: Array.isArray(issues) ? (issues as Issue[]) : [],
    counts: record(counts) as Record<string, number>,
    ...(conflict !== undefined && { conflict: conflict as Conflict }),
    status: typeof httpStatus === 'number' ? httpStatus : status,
  }
}

/** What an error thrown by the API client, or anything else, means to the person who waits. */
export const reasonOf = (error: unknown): Failure => {
  if (error instanceof RequestError) return error.failure
  if (error instanceof TRPCClientError) {
    if (error.data) return failureOf(error.data, null)
    const status: unknown = record(record(error.meta)['response'])['status']
    return typeof status === 'number' && status < 500 ? failureOf(null, status) : UNREACHABLE
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) return UNREACHABLE
  return failureOf(null, null)
}

/** A refused request that did not go through the tRPC client, such as an upload. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.reason)
    this.failure = failure
  }
}

export const isDenied = ({ reason }: Failure) => reason === 'auth.forbidden' || reason === 'auth.context_denied'
export const isMissing = ({ status }: Failure) => status === 404
