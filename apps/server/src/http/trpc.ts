import type { RequestContext } from '@servai/api/context'
import { DomainError } from '@servai/api/errors'
import {
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  transformTRPCResponse,
  TRPCError,
  type AnyTRPCRouter,
} from '@trpc/server'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import { getHTTPStatusCode } from '@trpc/server/http'
import type { TRPCResponse } from '@trpc/server/rpc'
import { readBody } from './body.ts'
import { reply, type Exchange } from './exchange.ts'
import { addFailureHeaders, failureOf } from './failure.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment, decodeUtf8, parseJson, parseQuery } from './json.ts'
import { MAX_BATCH_SIZE, MAX_BODY_BYTES } from './limits.ts'
import { createCaller, proceduresOf, type Procedure } from './procedures.ts'
import type { RequestContextFactory } from './request-context.ts'

const ENDPOINT = '/trpc/'

export type TrpcOptions = { router: AnyTRPCRouter; contextOf: RequestContextFactory; headers: AnswerHeaders }

type Request = {
  names: string[]
  isBatch: boolean
  procedures: (Procedure | undefined)[]
  /** Of the GET parameter `input` or of the body; undefined where there is none. */
  json: string | undefined
}
type Outcome = { response: TRPCResponse; error: TRPCError | undefined }

const METHOD_OF = { query: 'GET', subscription: 'GET', mutation: 'POST' } as const

const STREAM = 'application/jsonl'

const wantsStream = ({ req: { headers } }: Exchange) =>
  headers['trpc-accept'] === undefined ? (headers.accept?.includes(STREAM) ?? false) : headers['trpc-accept'] === STREAM

/**
 * A batch as a stream of a single line: what changes something is answered when all of it is done, because the head of
 * a stream would have left before its cookies.
 */
const inOneLine = (responses: readonly unknown[]) =>
  `${JSON.stringify(Object.fromEntries(responses.map((response, place) => [place, [[response]]])))}\n`

/**
 * tRPC over HTTP. Plain queries and mutations, single or batched, take a thin path (PERFORMANCE section 3); what
 * streams (subscriptions, and batches of nothing but queries) goes to the official adapter. Both answer alike, which a test holds.
 */
export const createTrpcHandler = ({ router, contextOf, headers }: TrpcOptions) => {
  const known = proceduresOf(router)
  const call = createCaller(router)
  const config = router._def._config

  const failed = (ctx: RequestContext, error: TRPCError, procedure?: Procedure): Outcome => {
    const [path, type] = [procedure?.name, procedure?.type ?? 'unknown'] as const
    return { response: { error: getTRPCErrorShape({ config, ctx, error, input: undefined, path, type }) }, error }
  }

  const answer = (exchange: Exchange, outcomes: Outcome[], isBatch: boolean) => {
    const responses = outcomes.map(({ response }) => response)
    const errors = outcomes.map(({ error }) => error)
    addFailureHeaders(
      exchange,
      errors.filter((error) => error !== undefined),
    )
    if (isBatch && wantsStream(exchange)) {
      const lines = responses.map((response) => transformTRPCResponse(config, response))
      return reply(exchange, 200, headers.json, inOneLine(lines))
    }
    const body = transformTRPCResponse(config, isBatch ? responses : responses[0]!)
    reply(exchange, getHTTPStatusCode(responses, errors), headers.json, JSON.stringify(body))
  }

  const fail = (exchange: Exchange, error: TRPCError, copies?: number) => {
    const outcome = failed(contextOf(exchange, 0), error)
    answer(
      exchange,
      Array.from({ length: copies ?? 1 }, () => outcome),
      copies !== undefined,
    )
  }

  /** @throws invalid request.malformed, request.batch_too_large; too_large request.too_large */
  const read = async (exchange: Exchange): Promise<Request> => {
    const path = decodePathSegment(exchange.path.slice(ENDPOINT.length))
    const query = parseQuery(exchange.query)
    const isBatch = query.some(([name, value]) => name === 'batch' && value === '1')
    const names = isBatch ? path.split(',', MAX_BATCH_SIZE + 1) : [path]
    if (names.length > MAX_BATCH_SIZE) throw new DomainError('invalid', 'request.batch_too_large')
    const procedures = names.map((name) => known.get(name))
    exchange.route = isBatch ? 'batch' : (procedures[0]?.name ?? 'unknown')
    if (isBatch) exchange.calls = procedures.map((procedure) => procedure?.name ?? 'unknown').join()
    const text =
      exchange.method === 'GET'
        ? query.find(([name]) => name === 'input')?.[1]
        : decodeUtf8(await readBody(exchange.req, MAX_BODY_BYTES))
    return { names, isBatch, procedures, json: text === '' ? undefined : text }
  }

  const inputsOf = ({ json, isBatch, names }: Request): unknown[] => {
    if (json === undefined) return []
    const { deserialize } = config.transformer.input
    const inputs = parseJson(json)
    if (!isBatch) return [deserialize(inputs)]
    if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs))
      throw new DomainError('invalid', 'request.malformed')
    // It is an object, whose keys are the places of the calls.
    const byPlace = inputs as Record<string, unknown>
    return names.map((_, place) => {
      const input = byPlace[place]
      return input === undefined ? undefined : deserialize(input)
    })
  }

  const callThin = async (exchange: Exchange, request: Request) => {
    const { procedures, isBatch } = request
    const types = new Set(procedures.flatMap((procedure) => procedure?.type ?? []))
    if (types.size > 1) throw new TRPCError({ code: 'BAD_REQUEST' })

    let inputs: unknown[]
    try {
      inputs = inputsOf(request)
    } catch (error) {
      return fail(exchange, failureOf(error), isBatch && !wantsStream(exchange) ? procedures.length : undefined)
    }
    const ctx = contextOf(exchange, procedures.length)
    const outcomes = procedures.map(async (procedure, place): Promise<Outcome> => {
      if (!procedure) return failed(ctx, new TRPCError({ code: 'NOT_FOUND' }))
      const method = METHOD_OF[procedure.type]
      if (exchange.method !== method) {
        if (!exchange.headers.includes('allow')) exchange.headers.push('allow', method)
        return failed(ctx, new TRPCError({ code: 'METHOD_NOT_SUPPORTED' }), procedure)
      }
      try {
        const data = await call(exchange, { procedure, ctx, batchIndex: place, getRawInput: async () => inputs[place] })
        return { response: { result: { data } }, error: undefined }
      } catch (cause) {
        return failed(ctx, getTRPCErrorFromUnknown(cause), procedure)
      }
    })
    answer(exchange, await Promise.all(outcomes), isBatch)
  }

  const callOfficial = async (exchange: Exchange, { names, json }: Request) => {
    const { req, res, requestId } = exchange
    if (json !== undefined) parseJson(json)
    clearTimeout(exchange.deadline)
    for (let at = 0; at < headers.api.length; at += 2) res.setHeader(headers.api[at]!, headers.api[at + 1]!)
    for (let at = 0; at < exchange.headers.length; at += 2)
      res.appendHeader(exchange.headers[at]!, exchange.headers[at + 1]!)
    res.setHeader('x-request-id', requestId)
    res.once('close', () => exchange.onAnswered(exchange, res.statusCode))
    await nodeHTTPRequestHandler({
      router,
      req: Object.assign(req, { body: exchange.method === 'GET' ? undefined : (json ?? '') }),
      res,
      path: names.join(),
      maxBatchSize: MAX_BATCH_SIZE,
      maxBodySize: MAX_BODY_BYTES,
      createContext: ({ info }) =>
        contextOf(exchange, info.calls.length, (name, value) => void res.appendHeader(name, value)),
    })
  }

  return {
    fail,
    handle: async (exchange: Exchange) => {
      const request = await read(exchange)
      const isPlain = exchange.method === 'GET' || exchange.method === 'POST'
      const { procedures, isBatch } = request
      const streams =
        procedures.some((procedure) => procedure?.type === 'subscription') ||
        (isBatch && wantsStream(exchange) && procedures.every((procedure) => procedure?.type === 'query'))
      await (isPlain && !streams ? callThin(exchange, request) : callOfficial(exchange, request))
    },
  }
}
