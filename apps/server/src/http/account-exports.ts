import { openAccountExport } from '@servai/api/auth/personal-data/service'
import { id } from '@servai/contract/fields'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { replyFile } from './file.ts'
import { fileCall } from './file-call.ts'
import type { AnswerHeaders } from './headers.ts'
import { decodePathSegment, parseQuery } from './json.ts'
import { ref } from './openapi-components.ts'
import { jsonSchemaOf } from './openapi-schema.ts'
import type { PlainRoute } from './openapi.ts'
import type { RequestContextFactory } from './request-context.ts'
import { REST_BASE } from './rest-routes.ts'

const BASE = `${REST_BASE}/auth/personal-data/exports`
const FILE = new RegExp(`^${BASE}/([^/]+)/file$`)
const TYPE = 'application/zip'

const input = z.strictObject({ id })

export const isAccountExportFile = (path: string) => FILE.test(path)

/** Personal data as a file: no JSON, hence outside of tRPC; never behind a link that opens it without a session. */
export const createAccountExportHandler = (contextOf: RequestContextFactory, headers: AnswerHeaders) =>
  fileCall(
    contextOf,
    { name: 'auth.personalData.download', idOf: (path) => FILE.exec(path)?.[1] },
    async (exchange, ctx) => {
      exchange.route = `${BASE}/{id}/file`
      const given = decodePathSegment(FILE.exec(exchange.path)?.[1] ?? '')
      const parsed = input.safeParse({ id: given, ...Object.fromEntries(parseQuery(exchange.query)) })
      if (!parsed.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: parsed.error })
      const file = await openAccountExport(ctx, parsed.data)
      await replyFile(exchange, headers.api, { ...file, contentType: TYPE }, ctx.services.log)
    },
  )

/** Its part of the OpenAPI document. */
export const accountExportRoutes = (): PlainRoute[] => [
  {
    path: `${BASE}/{id}/file`,
    method: 'GET',
    operation: {
      operationId: 'auth_personalData_file',
      tags: ['auth personalData'],
      summary: 'A finished copy of everything the account has; asks for a recent proof',
      security: [{ accessToken: [] }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: jsonSchemaOf(id, 'input') }],
      responses: {
        200: {
          description: 'The file',
          headers: { 'x-request-id': ref('headers', 'RequestId') },
          content: { [TYPE]: { schema: { type: 'string', format: 'binary' } } },
        },
        400: ref('responses', 'Invalid'),
        401: ref('responses', 'Unauthenticated'),
        403: ref('responses', 'Forbidden'),
        404: ref('responses', 'NotFound'),
        429: ref('responses', 'RateLimited'),
        503: ref('responses', 'Unavailable'),
      },
    },
  },
]
