import type { RequestContext } from '@servai/api/context'
import { openExport, openExportFile, type Download } from '@servai/api/property/export/download'
import {
  createExportInput,
  EXPORT_DIRECT_ROWS,
  EXPORT_FILTERS,
  EXPORT_FORMATS,
  EXPORT_KINDS,
  exportStyle,
  type ExportFormat,
  type ExportKind,
} from '@servai/contract/exports'
import { id } from '@servai/contract/fields'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Exchange } from './exchange.ts'
import { replyFile } from './file.ts'
import { fileCall } from './file-call.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment, parseQuery } from './json.ts'
import { BY_PERSON_OR_PROGRAM, ref } from './openapi-components.ts'
import { jsonSchemaOf, propertiesOf } from './openapi-schema.ts'
import type { PlainRoute } from './openapi.ts'
import type { RequestContextFactory } from './request-context.ts'
import { createTextReader, mergeInput } from './rest-input.ts'
import { REST_BASE } from './rest-routes.ts'

const EXPORTS_PATH = `${REST_BASE}/property/exports`
const LIST = new RegExp(`^${EXPORTS_PATH}/(${EXPORT_KINDS.join('|')})\\.(${EXPORT_FORMATS.join('|')})$`)
const FILE = new RegExp(`^${EXPORTS_PATH}/([^/]+)/file$`)

const CONTENT_TYPES: Record<ExportFormat, string> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
}
/** Five thousand rows to a slow reader. */
export const EXPORT_TIMEOUT_MS = 90_000

export const isExportFile = (path: string) => path.startsWith(EXPORTS_PATH) && (LIST.test(path) || FILE.test(path))

const parsed = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value)
  if (!result.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: result.error })
  return result.data
}

const styled = z.strictObject(exportStyle)
const readStyle = createTextReader(styled)
const readFilter = Object.fromEntries(EXPORT_KINDS.map((kind) => [kind, createTextReader(EXPORT_FILTERS[kind])]))

const inputOf = ({ query }: Exchange, kind: ExportKind, format: ExportFormat) => {
  const parameters = parseQuery(query)
  const isStyle = ([name]: readonly [string, string]) => Object.hasOwn(exportStyle, name)
  const style = mergeInput(readStyle(parameters.filter(isStyle)))
  const filter = mergeInput(readFilter[kind]!(parameters.filter((parameter) => !isStyle(parameter))))
  return parsed(createExportInput, { kind, format, filter, ...style })
}

const open = (exchange: Exchange, ctx: RequestContext): Promise<Download> => {
  const [, kind, format] = LIST.exec(exchange.path) ?? []
  if (kind !== undefined && format !== undefined) {
    exchange.route = `${EXPORTS_PATH}/${kind}.{format}`
    // The pattern holds these words and no others.
    return openExport(ctx, inputOf(exchange, kind as ExportKind, format as ExportFormat))
  }
  exchange.route = `${EXPORTS_PATH}/{id}/file`
  const given = decodePathSegment(FILE.exec(exchange.path)?.[1] ?? '')
  return openExportFile(
    ctx,
    parsed(z.strictObject({ id }), { id: given, ...Object.fromEntries(parseQuery(exchange.query)) }),
  )
}

/** Lists as files: no JSON, hence outside of tRPC; everything else is as for a procedure. */
export const createExportHandler = (contextOf: RequestContextFactory, headers: AnswerHeaders) =>
  fileCall(
    contextOf,
    { name: 'property.exports.download', idOf: (path) => FILE.exec(path)?.[1] },
    async (exchange, ctx) => {
      const { format, ...file } = await open(exchange, ctx)
      await replyFile(exchange, headers.api, { ...file, contentType: CONTENT_TYPES[format] }, ctx.services.log)
    },
  )

const file = { schema: { type: 'string', format: 'binary' } }

const operationOf = (
  name: string,
  summary: string,
  parameters: object[],
  types: readonly string[],
  refusals: readonly (readonly [number, string])[] = [],
) => ({
  operationId: `property_exports_${name}`,
  tags: ['property exports'],
  summary,
  security: BY_PERSON_OR_PROGRAM,
  parameters: [...parameters, ref('parameters', 'Context')],
  responses: {
    200: {
      description: 'The file',
      headers: { 'x-request-id': ref('headers', 'RequestId') },
      content: Object.fromEntries(types.map((type) => [type, file])),
    },
    400: ref('responses', 'Invalid'),
    401: ref('responses', 'Unauthenticated'),
    403: ref('responses', 'Forbidden'),
    ...Object.fromEntries(refusals.map(([status, response]) => [status, ref('responses', response as never)])),
    429: ref('responses', 'RateLimited'),
    503: ref('responses', 'Unavailable'),
  },
})

const queryParameters = (schema: z.ZodType) =>
  Object.entries(propertiesOf(jsonSchemaOf(schema, 'input')).properties).map(([name, property]) => ({
    name,
    in: 'query',
    schema: property,
  }))

/** Their part of the OpenAPI document. */
export const exportRoutes = (): PlainRoute[] => [
  ...EXPORT_KINDS.flatMap((kind) =>
    EXPORT_FORMATS.map((format) => ({
      path: `${EXPORTS_PATH}/${kind}.${format}`,
      method: 'GET',
      operation: operationOf(
        `${kind}_${format}`,
        `The list of ${kind} with its filters as ${format.toUpperCase()}, up to ${EXPORT_DIRECT_ROWS} rows`,
        queryParameters(EXPORT_FILTERS[kind].extend(exportStyle)),
        [CONTENT_TYPES[format]],
        [[413, 'TooLarge']],
      ),
    })),
  ),
  {
    path: `${EXPORTS_PATH}/{id}/file`,
    method: 'GET',
    operation: operationOf(
      'file',
      'The file of an export that is done',
      [{ name: 'id', in: 'path', required: true, schema: jsonSchemaOf(id, 'input') }],
      Object.values(CONTENT_TYPES),
      [
        [404, 'NotFound'],
        [409, 'Conflict'],
      ],
    ),
  },
]
