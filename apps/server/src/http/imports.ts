import { DomainError } from '@servai/api/errors'
import { openRefusedFile } from '@servai/api/property/import/refused'
import { REFUSED_FORMATS } from '@servai/api/property/import/refused-file'
import { admitUpload, openUpload, storeUpload } from '@servai/api/property/import/upload'
import { id } from '@servai/contract/fields'
import { IMPORT_LIMITS, importSummary, uploadImportInput } from '@servai/contract/imports'
import { LOCALES } from '@servai/contract/locales'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { replyJson, type Exchange } from './exchange.ts'
import { replyFile } from './file.ts'
import { fileCall } from './file-call.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment, parseQuery } from './json.ts'
import { BY_PERSON_OR_PROGRAM, jsonContent, ref } from './openapi-components.ts'
import { FILE_NAME_HEADER } from './origin.ts'
import { jsonSchemaOf } from './openapi-schema.ts'
import type { PlainRoute } from './openapi.ts'
import type { RequestContextFactory } from './request-context.ts'
import { REST_BASE } from './rest-routes.ts'
import type { UploadRoom } from './upload.ts'

/** Uploads are posted to where the imports are listed. */
export const IMPORTS_PATH = `${REST_BASE}/property/imports`
const ERRORS_TEMPLATE = `${IMPORTS_PATH}/{id}/errors.{format}`
const ERRORS_ADDRESS = /^\/api\/v1\/property\/imports\/([^/]+)\/errors\.(csv|xlsx)$/
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', xlsx: XLSX } as const

/** What a file is called by who does not say. */
const EXTENSIONS: Record<string, string> = {
  'text/csv': 'import.csv',
  [XLSX]: 'import.xlsx',
  'application/octet-stream': 'import',
}
const MEGABYTE = 1_000_000

export const UPLOAD_TYPES = Object.keys(EXTENSIONS)

export const isErrorFile = (path: string) => path.startsWith(IMPORTS_PATH) && ERRORS_ADDRESS.test(path)

const errorsInput = z.strictObject({ id, format: z.enum(REFUSED_FORMATS), locale: z.enum(LOCALES).optional() })

const parsed = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value)
  if (!result.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: result.error })
  return result.data
}

const queryOf = ({ query }: Exchange) => Object.fromEntries(parseQuery(query))

const fileNameOf = ({ req: { headers } }: Exchange): string => {
  const given = headers[FILE_NAME_HEADER]
  if (typeof given === 'string') return decodePathSegment(given)
  const [type = ''] = headers['content-type']?.split(';', 1) ?? []
  return EXTENSIONS[type.trim().toLowerCase()] ?? ''
}

const tooLarge = (error: unknown) =>
  error instanceof DomainError && error.code === 'too_large' ? new DomainError('too_large', 'import.too_large') : error

/**
 * A spreadsheet as the body, outside of tRPC because it is no JSON; everything else is as for a procedure. Who may not
 * import is told so before a byte of the file is kept.
 */
export const createImportUpload = (contextOf: RequestContextFactory, headers: AnswerHeaders, uploads: UploadRoom) =>
  fileCall(contextOf, { name: 'property.imports.upload' }, async (exchange, ctx) => {
    exchange.route = IMPORTS_PATH
    const { companyId } = await admitUpload(ctx)
    const target = parsed(uploadImportInput, queryOf(exchange))
    const stored = await uploads.inTurn(companyId, async (receive) => {
      await openUpload(ctx, target)
      const file = await receive(exchange.req, IMPORT_LIMITS.bytes).catch((error: unknown) => {
        throw tooLarge(error)
      })
      return storeUpload(ctx, { ...target, ...file, companyId, fileName: fileNameOf(exchange) })
    })
    replyJson(exchange, 202, headers.json, importSummary.parse(stored))
  })

/** The rows that were refused, sent while they are read. */
export const createErrorFile = (contextOf: RequestContextFactory, headers: AnswerHeaders) =>
  fileCall(
    contextOf,
    { name: 'property.imports.download', idOf: (path) => ERRORS_ADDRESS.exec(path)?.[1] },
    async (exchange, ctx) => {
      exchange.route = ERRORS_TEMPLATE
      const [, importId = '', format = ''] = ERRORS_ADDRESS.exec(exchange.path) ?? []
      const input = parsed(errorsInput, { id: decodePathSegment(importId), format, ...queryOf(exchange) })
      const file = await openRefusedFile(ctx, input)
      await replyFile(exchange, headers.api, { ...file, contentType: CONTENT_TYPES[input.format] }, ctx.services.log)
    },
  )

const failures = (...more: [number, string][]) =>
  Object.fromEntries([
    [400, ref('responses', 'Invalid')],
    [401, ref('responses', 'Unauthenticated')],
    [403, ref('responses', 'Forbidden')],
    [404, ref('responses', 'NotFound')],
    [429, ref('responses', 'RateLimited')],
    [503, ref('responses', 'Unavailable')],
    ...more.map(([status, name]) => [status, ref('responses', name)]),
  ])

const REQUEST_ID = { 'x-request-id': ref('headers', 'RequestId') }
const file = { schema: { type: 'string', format: 'binary' } }

/** Their part of the OpenAPI document. */
export const importRoutes = (): PlainRoute[] => [
  {
    path: IMPORTS_PATH,
    method: 'POST',
    operation: {
      operationId: 'property_imports_upload',
      tags: ['property imports'],
      summary: 'Upload an XLSX or CSV file of units or of people; it is read next, and applied when it is started',
      description: `Columns are found by their headers in English, Russian or Bulgarian. At most ${Math.floor(IMPORT_LIMITS.bytes / MEGABYTE)} MB, ${IMPORT_LIMITS.rows} rows and ${IMPORT_LIMITS.columns} columns.`,
      security: BY_PERSON_OR_PROGRAM,
      parameters: [
        { name: 'kind', in: 'query', required: true, schema: jsonSchemaOf(uploadImportInput.shape.kind, 'input') },
        {
          name: 'complexId',
          in: 'query',
          description: 'Left out where a column of the file names the complex of each row.',
          schema: jsonSchemaOf(id, 'input'),
        },
        {
          name: FILE_NAME_HEADER,
          in: 'header',
          description: 'Name of the file, percent-encoded; its extension has to fit the content.',
          schema: { type: 'string' },
          example: 'units.xlsx',
        },
        ref('parameters', 'Context'),
      ],
      requestBody: { required: true, content: Object.fromEntries(UPLOAD_TYPES.map((type) => [type, file])) },
      responses: {
        202: {
          description: 'Taken; it is being read',
          headers: REQUEST_ID,
          content: jsonContent(jsonSchemaOf(importSummary, 'output'), undefined),
        },
        ...failures([408, 'Timeout'], [413, 'TooLarge'], [415, 'UnsupportedType']),
      },
    },
  },
  {
    path: ERRORS_TEMPLATE,
    method: 'GET',
    operation: {
      operationId: 'property_imports_errors',
      tags: ['property imports'],
      summary: 'The refused rows of an import under the headers of its file, with what is wrong with each',
      security: BY_PERSON_OR_PROGRAM,
      parameters: [
        { name: 'id', in: 'path', required: true, schema: jsonSchemaOf(id, 'input') },
        { name: 'format', in: 'path', required: true, schema: { type: 'string', enum: [...REFUSED_FORMATS] } },
        {
          name: 'locale',
          in: 'query',
          description: 'Language of what is wrong; that of the account when left out.',
          schema: { type: 'string', enum: [...LOCALES] },
        },
        ref('parameters', 'Context'),
      ],
      responses: {
        200: {
          description: 'The file',
          headers: REQUEST_ID,
          content: Object.fromEntries(Object.values(CONTENT_TYPES).map((type) => [type, file])),
        },
        ...failures(),
      },
    },
  },
]
