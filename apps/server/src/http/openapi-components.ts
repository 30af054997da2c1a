import { REASONS } from '@servai/contract/reasons'
import { CONTEXT_HEADER } from '@servai/contract/roles'
import type { JsonSchema } from './openapi-schema.ts'
import { CLIENT_HEADER } from './origin.ts'
import { RATE_HEADERS } from './rate-headers.ts'

export const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
export const jsonContent = (schema: JsonSchema, example: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
})

const refusal = (description: string, headers?: JsonSchema) => ({
  description,
  headers: { 'x-request-id': ref('headers', 'RequestId'), ...headers },
  content: jsonContent(ref('schemas', 'Error'), undefined),
})

const RETRY_AFTER = { 'retry-after': ref('headers', 'RetryAfter') }

const RATE_LIMIT = Object.fromEntries(RATE_HEADERS.map((name) => [name, ref('headers', 'RateLimit')]))

const RESPONSES = {
  Invalid: refusal('A value is not valid (`request.invalid`, with `issues`) or the request cannot be read.'),
  Unauthenticated: refusal('There is no session, or it has ended.'),
  Forbidden: refusal(
    'The caller may not do this, has not confirmed their address, or the request comes from another site.',
  ),
  NotFound: refusal('It does not exist, or the caller may not see it.'),
  Conflict: refusal('Somebody else was faster, or the value is taken.'),
  Timeout: refusal('The body came too slowly.'),
  TooLarge: refusal('The body has more than 100 kB.'),
  UnsupportedType: refusal('The body is not `application/json`.'),
  RateLimited: refusal('Too many calls; `Retry-After` tells when to come back.', { ...RETRY_AFTER, ...RATE_LIMIT }),
  Unavailable: refusal('Busy, or the database cannot be reached; `Retry-After` tells when to come back.', RETRY_AFTER),
}

export type ResponseName = keyof typeof RESPONSES

/** Of what is open to programs, too. */
export const BY_PERSON_OR_PROGRAM = [{ accessToken: [] }, { apiKey: [] }]

export const COMPONENTS = {
  securitySchemes: {
    accessToken: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'From `auth/login` or `auth/refresh`; 15 minutes.',
    },
    apiKey: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'servai_<name>_<secret>_<checksum>',
      description: 'For programs: made under "API keys" in the profile of whoever they act for, in one role of theirs.',
    },
    refreshCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: '__Host-rt',
      description: `For browsers. Requests that carry it need the header \`${CLIENT_HEADER}\` and have to come from servAI's own pages.`,
    },
  },
  headers: {
    RequestId: { description: 'Quote it when something went wrong.', schema: { type: 'string' } },
    RateLimit: {
      description: 'Calls per window, calls left, and seconds until the window is free again.',
      schema: { type: 'integer', minimum: 0 },
    },
    RetryAfter: { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
  },
  parameters: {
    Context: {
      name: CONTEXT_HEADER,
      in: 'header',
      description: 'For whom the caller acts: one of the `contexts` of `auth/me`. May be left out by who has only one.',
      schema: { type: 'string' },
      example: 'staff:019aa4d2-7c1e-7d5a-9f3b-2f6f5b0f7a11',
    },
  },
  schemas: {
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['reason', 'message', 'requestId'],
          properties: {
            reason: { type: 'string', description: 'Stable, for programs.', enum: REASONS },
            message: { type: 'string', description: 'For developers.' },
            requestId: { type: 'string' },
            issues: {
              type: 'array',
              items: {
                type: 'object',
                required: ['path', 'code'],
                properties: {
                  path: { type: 'array', items: { type: ['string', 'integer'] } },
                  code: { type: 'string' },
                },
              },
            },
            counts: { type: 'object', additionalProperties: { type: 'integer' } },
            conflict: {
              type: 'object',
              description: 'With `property.version_conflict`: the row as it is now, as far as the caller may see it.',
              required: ['current', 'changedBy', 'changedAt'],
              properties: {
                current: { type: 'object' },
                changedBy: { type: ['object', 'null'], properties: { name: { type: 'string' } } },
                changedAt: { type: 'string', format: 'date-time' },
              },
            },
          },
        },
      },
    },
  },
  responses: RESPONSES,
}
