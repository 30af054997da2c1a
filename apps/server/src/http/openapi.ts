import { needsOneself } from '@servai/api/trpc'
import { BY_PERSON_OR_PROGRAM, COMPONENTS, jsonContent, ref, type ResponseName } from './openapi-components.ts'
import { EXAMPLES } from './openapi-examples.ts'
import { jsonSchemaOf, propertiesOf, without, type JsonSchema } from './openapi-schema.ts'
import { REST_BASE, type RestRoute } from './rest-routes.ts'
import { successStatusOf } from './rest.ts'

export const DOCUMENT_PATH = `${REST_BASE}/openapi.json`

/** A route that is no procedure: its path item as OpenAPI writes it. */
export type PlainRoute = { path: string; method: string; operation: JsonSchema }

const USES_REFRESH_COOKIE = new Set(['auth.refresh', 'auth.logout'])

const securityOf = ({ procedure: { name, meta } }: RestRoute) => {
  if (USES_REFRESH_COOKIE.has(name)) return [{ refreshCookie: [] }, {}]
  if (meta.access === 'public') return []
  return needsOneself(meta) ? [{ accessToken: [] }] : BY_PERSON_OR_PROGRAM
}

const parametersOf = ({ procedure, parameters, method }: RestRoute, input: JsonSchema) => {
  const { properties, required } = propertiesOf(input)
  const inPath = parameters.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }))
  const inQuery =
    method === 'GET' || method === 'DELETE'
      ? Object.entries(properties)
          .filter(([name]) => !parameters.includes(name))
          .map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
      : []
  return [...inPath, ...inQuery, ...(Array.isArray(procedure.meta.access) ? [ref('parameters', 'Context')] : [])]
}

const bodyOf = ({ procedure, parameters, method }: RestRoute, input: JsonSchema) => {
  const schema = method === 'GET' || method === 'DELETE' ? null : without(input, parameters)
  if (!schema) return {}
  const required = propertiesOf(schema).required.length > 0
  return { requestBody: { required, content: jsonContent(schema, EXAMPLES[procedure.name]?.request) } }
}

const responsesOf = (route: RestRoute) => {
  const { procedure, method } = route
  const status = successStatusOf(route)
  const success = {
    description: 'Done',
    headers: { 'x-request-id': ref('headers', 'RequestId') },
    ...(status !== 204 &&
      procedure.output && {
        content: jsonContent(jsonSchemaOf(procedure.output, 'output'), EXAMPLES[procedure.name]?.response),
      }),
  }
  const response = (name: ResponseName) => ref('responses', name)
  const isPublic = procedure.meta.access === 'public'
  return {
    [status]: success,
    400: response('Invalid'),
    ...((!isPublic || procedure.name.startsWith('auth.')) && { 401: response('Unauthenticated') }),
    ...((!isPublic || method !== 'GET') && { 403: response('Forbidden') }),
    ...(route.parameters.length > 0 && { 404: response('NotFound') }),
    ...(method !== 'GET' && { 409: response('Conflict'), 413: response('TooLarge'), 415: response('UnsupportedType') }),
    429: response('RateLimited'),
    503: response('Unavailable'),
  }
}

const operationOf = (route: RestRoute) => {
  const { procedure } = route
  const input = procedure.input ? jsonSchemaOf(procedure.input, 'input') : {}
  const parameters = parametersOf(route, input)
  const [area, ...rest] = procedure.name.split('.')
  return {
    operationId: procedure.name.replaceAll('.', '_'),
    tags: [rest.length > 1 ? `${area} ${rest[0]}` : area],
    summary: procedure.meta.summary ?? procedure.name,
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(route, input),
    responses: responsesOf(route),
  }
}

/** The OpenAPI 3.1 document of everything below /api/v1. */
export const createOpenApi = (routes: readonly RestRoute[], plain: readonly PlainRoute[]) => {
  const paths: Record<string, Record<string, JsonSchema>> = {}
  const add = (path: string, method: string, operation: JsonSchema) => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  for (const route of routes) add(route.template, route.method, operationOf(route))
  for (const { path, method, operation } of plain) add(path, method, operation)
  return {
    openapi: '3.1.0',
    info: {
      title: 'servAI',
      version: '1',
      description:
        'Programs send `Authorization: Bearer <API key>`; people sign in with `POST /api/v1/auth/login` (`"delivery": "body"`) and send `Authorization: Bearer <accessToken>`. ' +
        'What creates answers 201, a removal without content 204, everything else 200. Lists are pages: send the `nextCursor` of one as `cursor` for the next.',
      license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
    },
    // Relative to the document: right under whatever name this server was reached.
    servers: [{ url: '/' }],
    paths,
    components: COMPONENTS,
  }
}
