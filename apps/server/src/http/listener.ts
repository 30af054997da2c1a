import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { DomainError } from '@servai/api/errors'
import type { Services } from '@servai/api/context'
import { isApiKey, readApiKey } from '@servai/auth/api-key'
import { countRefusal } from '@servai/api/refusals'
import { TRPCError } from '@trpc/server'
import { createAddressReader } from './address.ts'
import { ClientGoneError } from './body.ts'
import { CLIENT_CLOSED_REQUEST, reply, type Exchange } from './exchange.ts'
import { failureOf, refuseMethod, replyFailure } from './failure.ts'
import type { AnswerHeaders } from './headers.ts'
import type { Phase } from './health.ts'
import { TIMEOUT_MS } from './limits.ts'
import { createRequestMeter } from './metrics.ts'
import type { OriginGate } from './origin.ts'

export type Area = {
  handle(exchange: Exchange): void | Promise<void>
  fail?: ((exchange: Exchange, error: TRPCError) => void) | undefined
  /** Content types of the bodies it takes. Areas without bodies are for reading only, and for no other site's pages. */
  accepts?: readonly string[]
  /** Default: 30 s. */
  timeoutMs?: number
  /** Answers also while the process starts or stops, and is not worth a line in the log. */
  isProbe?: boolean
}

export type ListenerOptions = {
  services: Pick<Services, 'accessTokens' | 'metrics' | 'log'>
  headers: AnswerHeaders
  origins: OriginGate
  trustedHops: number
  phase: () => Phase
  areaOf: (path: string) => Area
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
const REQUEST_ID = /^[\w.-]{8,64}$/
/** Everything a URL may hold once it is percent-encoded. */
const TARGET = /^\/[\x21-\x7e]*$/

const mediaTypeOf = (contentType: string | undefined) => contentType?.split(';', 1)[0]!.trim().toLowerCase()

const hasNoBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0

/** The client's own slowness is 408, ours 503. */
const lateFor = ({ complete }: IncomingMessage) =>
  complete
    ? new DomainError('unavailable', 'request.timeout', { retryAfterSeconds: 1 })
    : new DomainError('timeout', 'request.timeout')

/** Everything that is the same for every request: identity, gates, time-out, errors, metrics and log. */
export const createListener = ({ services, headers, origins, trustedHops, phase, areaOf }: ListenerOptions) => {
  const { log, accessTokens, metrics } = services
  const addressOf = createAddressReader(trustedHops)
  const measure = createRequestMeter(metrics)
  const inFlight = new Set<Exchange>()

  const requestIdOf = ({ headers: { 'x-request-id': given } }: IncomingMessage) =>
    trustedHops > 0 && typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()

  const gate = (exchange: Exchange, area: Area) => {
    const { req, method, headers: extra } = exchange
    if (!TARGET.test(req.url ?? '') || req.headers.host === undefined)
      throw new DomainError('invalid', 'request.malformed')
    const allowed = area.accepts ? METHODS : ['GET', 'HEAD']
    if (!allowed.includes(method)) refuseMethod(exchange, allowed)
    if (area.accepts) extra.push(...origins.corsHeaders(req))
    if (phase() !== 'serving' && !area.isProbe) {
      const reason = phase() === 'stopping' ? 'server.shutting_down' : 'server.unavailable'
      throw new DomainError('unavailable', reason, { retryAfterSeconds: 2 })
    }
    if (READS.has(method)) return
    origins.requireOwnPage(req)
    const type = mediaTypeOf(req.headers['content-type'])
    const isEmpty = type === undefined && hasNoBody(req) && method === 'DELETE'
    if (!isEmpty && !area.accepts?.includes(type ?? '')) throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    const encoding = req.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  }

  const fail = (exchange: Exchange, area: Area, cause: unknown) => {
    if (cause instanceof ClientGoneError) return exchange.onAnswered(exchange, CLIENT_CLOSED_REQUEST)
    const error = failureOf(cause)
    countRefusal(services, error)
    if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof DomainError))
      log.error({ err: error.cause ?? error, requestId: exchange.requestId, route: exchange.route }, 'request failed')
    if (area.fail) area.fail(exchange, error)
    else replyFailure(exchange, headers.json, error)
  }

  const handle = async (exchange: Exchange, area: Area) => {
    try {
      gate(exchange, area)
      if (exchange.method === 'OPTIONS') {
        exchange.headers.push(...origins.preflight(exchange.req))
        reply(exchange, 204, headers.api)
      } else await area.handle(exchange)
    } catch (error) {
      fail(exchange, area, error)
    }
  }

  const onAnswered =
    (startedAt: number, isProbe: boolean) =>
    (exchange: Exchange, status: number): void => {
      if (!inFlight.delete(exchange)) return
      clearTimeout(exchange.deadline)
      const { method, requestId, route, calls, accessToken, address } = exchange
      const durationMs = performance.now() - startedAt
      const known = METHODS.includes(method) ? method : 'OTHER'
      measure(known, route, status, durationMs / 1000)
      if (isProbe && (status < 500 || phase() !== 'serving')) return
      const keyPrefix = accessToken !== null && isApiKey(accessToken) ? readApiKey(accessToken)?.prefix : undefined
      const actor = accessToken === null ? undefined : accessTokens.verifyCached(accessToken)?.userId
      const level = status >= 500 ? 'error' : 'info'
      log[level]({ requestId, method: known, route, calls, status, durationMs, actor, keyPrefix, address }, 'request')
    }

  const listener = (req: IncomingMessage, res: ServerResponse) => {
    const url = req.url ?? '/'
    const at = url.indexOf('?')
    const path = at < 0 ? url : url.slice(0, at)
    const area = areaOf(path)
    const exchange: Exchange = {
      req,
      res,
      method: req.method ?? 'GET',
      path,
      query: at < 0 ? '' : url.slice(at + 1),
      requestId: requestIdOf(req),
      address: addressOf(req),
      route: 'unknown',
      calls: undefined,
      accessToken: null,
      headers: phase() === 'stopping' ? ['connection', 'close'] : [],
      quota: undefined,
      refusal: undefined,
      deadline: undefined,
      onAnswered: onAnswered(performance.now(), area.isProbe ?? false),
    }
    exchange.deadline = setTimeout(() => fail(exchange, area, lateFor(req)), area.timeoutMs ?? TIMEOUT_MS)
    inFlight.add(exchange)
    void handle(exchange, area)
  }

  return {
    listener,
    inFlight: () => inFlight.size,
    /** Tells those who still wait that their connection ends with the answer. */
    announceClose: () => {
      for (const { headers: extra } of inFlight) extra.push('connection', 'close')
    },
  }
}
