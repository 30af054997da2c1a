import { errorBody, retryAfterOf, toTrpcError } from '@servai/api/errors'
import { getTRPCErrorFromUnknown, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { replyJson, type Exchange } from './exchange.ts'
import type { HeaderList } from './headers.ts'

/** Whatever was thrown outside of a procedure, as the error its sender is told of. */
export const failureOf = (cause: unknown): TRPCError => toTrpcError(getTRPCErrorFromUnknown(cause))

/** Headers that belong to an error: when to come back, how to sign in. */
export const addFailureHeaders = ({ headers }: Exchange, errors: readonly TRPCError[]) => {
  const seconds = Math.max(0, ...errors.map((error) => retryAfterOf(error) ?? 0))
  if (seconds > 0) headers.push('retry-after', String(seconds))
  if (errors.some(({ code }) => code === 'UNAUTHORIZED')) headers.push('www-authenticate', 'Bearer')
}

/** `{ error: { reason, message, requestId, issues? } }`: the answer of everything that is not tRPC. */
export const replyFailure = (exchange: Exchange, kind: HeaderList, error: TRPCError) => {
  addFailureHeaders(exchange, [error])
  const { reason, message, ...more } = errorBody(error)
  replyJson(exchange, getHTTPStatusCodeFromError(error), kind, {
    error: { reason, message, requestId: exchange.requestId, ...more },
  })
}

/** @throws METHOD_NOT_SUPPORTED, and names the methods the address has */
export const refuseMethod = (exchange: Exchange, allowed: readonly string[]): never => {
  exchange.headers.push('allow', allowed.join(', '))
  throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED' })
}
