import type { RequestContext } from '@servai/api/context'
import { DomainError } from '@servai/api/errors'
import { admitUnitsFile, importUnitsFile, openUnitsFile } from '@servai/api/property/import/service'
import { id } from '@servai/contract/fields'
import { IMPORT_LIMITS, unitImport } from '@servai/contract/property'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { replyJson, type Exchange } from './exchange.ts'
import { refuseMethod } from './failure.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment } from './json.ts'
import { jsonContent, ref } from './openapi-components.ts'
import { FILE_NAME_HEADER } from './origin.ts'
import { jsonSchemaOf } from './openapi-schema.ts'
import type { PlainRoute } from './openapi.ts'
import type { RequestContextFactory } from './request-context.ts'
import { REST_BASE } from './rest-routes.ts'
import type { UploadRoom } from './upload.ts'

const TEMPLATE = `${REST_BASE}/property/complexes/{complexId}/units/import`
const ADDRESS = /^\/api\/v1\/property\/complexes\/([^/]+)\/units\/import$/
const TARGET = z.object({ complexId: id })
/** What a file is called by who does not say. */
const EXTENSIONS: Record<string, string> = {
  'text/csv': 'units.csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'units.xlsx',
  'application/octet-stream': 'units',
}
const MEGABYTE = 1_000_000

export const UNIT_IMPORT_TYPES = Object.keys(EXTENSIONS)

export const isUnitImport = (path: string) => path.endsWith('/units/import') && ADDRESS.test(path)

const fileNameOf = ({ req: { headers } }: Exchange): string => {
  const given = headers[FILE_NAME_HEADER]
  if (typeof given === 'string') return decodePathSegment(given)
  const [type = ''] = headers['content-type']?.split(';', 1) ?? []
  return EXTENSIONS[type.trim().toLowerCase()] ?? ''
}

const tooLarge = (error: unknown) =>
  error instanceof DomainError && error.code === 'too_large' ? new DomainError('too_large', 'import.too_large') : error

/**
 * A spreadsheet of units as the body, outside of tRPC because it is no JSON; everything else is as for a procedure. Who
 * may not import is told so before a byte of the file is kept.
 */
export const createUnitImportHandler =
  (contextOf: RequestContextFactory, headers: AnswerHeaders, uploads: UploadRoom) => async (exchange: Exchange) => {
    if (exchange.method !== 'POST') return refuseMethod(exchange, ['POST'])
    exchange.route = TEMPLATE
    const ctx: RequestContext = contextOf(exchange, 1)
    const target = TARGET.safeParse({ complexId: decodePathSegment(ADDRESS.exec(exchange.path)?.[1] ?? '') })
    if (!target.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: target.error })
    const { companyId } = await admitUnitsFile(ctx)
    const fileName = fileNameOf(exchange)
    const result = await uploads.inTurn(companyId, async (receive) => {
      await openUnitsFile(ctx, target.data)
      const { path } = await receive(exchange.req, IMPORT_LIMITS.bytes).catch((error: unknown) => {
        throw tooLarge(error)
      })
      return importUnitsFile(ctx, { ...target.data, fileName, path })
    })
    replyJson(exchange, 200, headers.json, result)
  }

/** Its part of the OpenAPI document. */
export const unitImportRoute = (): PlainRoute => ({
  path: TEMPLATE,
  method: 'POST',
  operation: {
    operationId: 'property_imports_file',
    tags: ['property imports'],
    summary: 'Create or change units from an XLSX or CSV file; good rows are kept, bad ones listed',
    description: `Columns are found by their headers in English, Russian or Bulgarian. At most ${Math.floor(IMPORT_LIMITS.bytes / MEGABYTE)} MB and ${IMPORT_LIMITS.rows} rows.`,
    security: [{ accessToken: [] }],
    parameters: [
      { name: 'complexId', in: 'path', required: true, schema: jsonSchemaOf(id, 'input') },
      {
        name: FILE_NAME_HEADER,
        in: 'header',
        description: 'Name of the file, percent-encoded; its extension has to fit the content.',
        schema: { type: 'string' },
        example: 'units.xlsx',
      },
      ref('parameters', 'Context'),
    ],
    requestBody: {
      required: true,
      content: Object.fromEntries(
        UNIT_IMPORT_TYPES.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
      ),
    },
    responses: {
      200: {
        description: 'Done',
        headers: { 'x-request-id': ref('headers', 'RequestId') },
        content: jsonContent(jsonSchemaOf(unitImport, 'output'), undefined),
      },
      400: ref('responses', 'Invalid'),
      401: ref('responses', 'Unauthenticated'),
      403: ref('responses', 'Forbidden'),
      404: ref('responses', 'NotFound'),
      408: ref('responses', 'Timeout'),
      413: ref('responses', 'TooLarge'),
      415: ref('responses', 'UnsupportedType'),
      429: ref('responses', 'RateLimited'),
      503: ref('responses', 'Unavailable'),
    },
  },
})
