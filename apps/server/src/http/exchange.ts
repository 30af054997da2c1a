import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RateVerdict } from '@servai/redis/rate-limit'
import { discardBody } from './body.ts'
import type { HeaderList } from './headers.ts'
import { rateHeaders } from './rate-headers.ts'

/** One request and its answer. */
export type Exchange = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly method: string
  /** As sent: percent-encoded. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly requestId: string
  readonly address: string
  /** Low-cardinality name for metrics and logs; set by whoever recognises the request. */
  route: string
  /** Procedures of a batch, for the log. */
  calls: string | undefined
  /** Bearer token of the request, once it was read; names the actor in the log. */
  accessToken: string | null
  /** Header names and values in turn, in addition to those of the kind of answer. */
  readonly headers: string[]
  /** What limits said of this request: of the caller's own the one with the least left, and the last that refused. */
  quota: RateVerdict | undefined
  refusal: RateVerdict | undefined
  /** Answers 503 when nobody has answered by then. */
  deadline: NodeJS.Timeout | undefined
  /** Called once, when the answer is on its way or its client is gone. */
  readonly onAnswered: (exchange: Exchange, status: number) => void
}

/** For metrics and logs: the client did not wait for an answer. */
export const CLIENT_CLOSED_REQUEST = 499

/** Writes the whole answer at once; does nothing where one was written already. */
export const reply = (exchange: Exchange, status: number, kind: HeaderList, body: string | Buffer | null = null) => {
  const { req, res, headers, requestId, method } = exchange
  if (res.headersSent) return
  if (res.destroyed) return exchange.onAnswered(exchange, CLIENT_CLOSED_REQUEST)
  const length = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const list = [...kind, 'x-request-id', requestId, ...rateHeaders(exchange, status), ...headers]
  if (status !== 204 && status !== 304) list.push('content-length', String(length))
  res.writeHead(status, list)
  if (body === null || method === 'HEAD') res.end()
  else res.end(body)
  discardBody(req)
  exchange.onAnswered(exchange, status)
}

export const replyJson = (exchange: Exchange, status: number, kind: HeaderList, value: unknown) =>
  reply(exchange, status, kind, JSON.stringify(value))
