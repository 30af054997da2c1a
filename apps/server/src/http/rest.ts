import { DomainError } from '@servai/api/errors'
import { done } from '@servai/contract/fields'
import { getTRPCErrorFromUnknown, TRPCError, type AnyTRPCRouter } from '@trpc/server'
import { readBody } from './body.ts'
import { reply, replyJson, type Exchange } from './exchange.ts'
import { refuseMethod, replyFailure } from './failure.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment, decodeUtf8, parseJson, parseQuery } from './json.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import { createCaller } from './procedures.ts'
import type { RequestContextFactory } from './request-context.ts'
import { createTextReader, inOurSpelling, mergeInput } from './rest-input.ts'
import type { RestRoute, RestRoutes } from './rest-routes.ts'

/**
 * 201 for what creates something, 204 for a DELETE that has nothing to say, 200 for everything else. Also what the
 * OpenAPI document promises.
 */
export const successStatusOf = ({ procedure, method }: Pick<RestRoute, 'procedure' | 'method'>): 200 | 201 | 204 => {
  if (method === 'DELETE' && procedure.output === done) return 204
  return method === 'POST' && procedure.name.endsWith('.create') ? 201 : 200
}

const hasBody = (method: string) => method === 'POST' || method === 'PUT' || method === 'PATCH'

/** @throws too_large request.too_large, invalid request.malformed */
const readObject = async ({ req }: Exchange): Promise<Map<string, unknown>> => {
  const text = decodeUtf8(await readBody(req, MAX_BODY_BYTES))
  if (text === '') return new Map()
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DomainError('invalid', 'request.malformed')
  return new Map(Object.entries(value))
}

const unknownFields = (input: object) =>
  new DomainError('invalid', 'request.invalid', {
    issues: Object.keys(input).map((name) => ({ path: [name], code: 'unrecognized_keys' })),
  })

export type RestOptions = {
  router: AnyTRPCRouter
  routes: RestRoutes
  contextOf: RequestContextFactory
  headers: AnswerHeaders
}

/** The same procedures as plain HTTP, from the `rest` of their meta. */
export const createRestHandler = ({ router, routes, contextOf, headers }: RestOptions) => {
  const call = createCaller(router)
  const readers = new Map(routes.routes.map((route) => [route, createTextReader(route.procedure.input)]))

  const inputOf = async (exchange: Exchange, route: RestRoute, values: readonly string[]) => {
    const read = readers.get(route)!
    const path = read(route.parameters.map((name, index) => [name, decodePathSegment(values[index] ?? '')]))
    const query = read(parseQuery(exchange.query))
    const body = hasBody(route.method) ? await readObject(exchange) : new Map<string, unknown>()
    const input = mergeInput(path, query, inOurSpelling(body, route.procedure.input))
    if (route.procedure.input) return input
    if (Object.keys(input).length > 0) throw unknownFields(input)
    return undefined
  }

  return {
    fail: (exchange: Exchange, error: TRPCError) => replyFailure(exchange, headers.json, error),

    handle: async (exchange: Exchange) => {
      const match = routes.match(exchange.path)
      if (!match) throw new TRPCError({ code: 'NOT_FOUND' })
      const route = match.methods.get(exchange.method === 'HEAD' ? 'GET' : exchange.method)
      if (!route) return refuseMethod(exchange, [...match.methods.keys()])
      exchange.route = route.template
      const input = await inputOf(exchange, route, match.values)
      const { procedure } = route
      const ctx = contextOf(exchange, 1)
      let data: unknown
      try {
        data = await call(exchange, { procedure, ctx, batchIndex: 0, getRawInput: async () => input })
      } catch (cause) {
        // Translated and logged where it happened.
        return replyFailure(exchange, headers.json, getTRPCErrorFromUnknown(cause))
      }
      const status = successStatusOf(route)
      if (status === 204) reply(exchange, status, headers.api)
      else replyJson(exchange, status, headers.json, data ?? null)
    },
  }
}
