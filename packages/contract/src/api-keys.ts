import { ACCESS_LEVELS, COMPANY_ROLES, STAFF_ROLES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { id, instant, line, page, pageInput } from './fields.ts'

export { ACCESS_LEVELS }
export type { AccessLevel } from '@servai/db/schema/enums'

export const API_KEYS_AT_ONCE = 20
export const API_KEY_DAYS = { default: 90, max: 365 }
/** How long the key that was replaced goes on working. */
export const API_KEY_OVERLAP_HOURS = 24
/** When its owner is told that it is about to expire. */
export const API_KEY_NOTICE_DAYS = 7

/** `replaced` works until its end, `powerless` finds that its owner does not hold the role (any more). */
export const API_KEY_STATES = ['active', 'replaced', 'powerless', 'expired', 'revoked'] as const

const complex = z.strictObject({ id, name: z.string() })

export const apiKey = z.strictObject({
  id,
  name: z.string(),
  /** Its first characters. */
  prefix: z.string(),
  role: z.enum(STAFF_ROLES),
  /** NULL: the whole company. */
  complex: complex.nullable(),
  access: z.enum(ACCESS_LEVELS),
  /** For whom it acts. */
  owner: z.strictObject({ userId: id, name: z.string().nullable(), isYou: z.boolean() }),
  state: z.enum(API_KEY_STATES),
  createdAt: instant,
  expiresAt: instant,
  /** To the minute. */
  lastUsedAt: instant.nullable(),
  allowed: z.array(z.enum(['rotate', 'revoke'])),
})
export const apiKeyPage = page(apiKey)

export const listApiKeysInput = z.strictObject({
  cursor: pageInput.cursor,
  limit: pageInput.limit,
  /** All of the company are for its directors. */
  whose: z.enum(['own', 'company']).default('own'),
  /** `ended`: expired and revoked ones. */
  state: z.enum(['live', 'ended']).default('live'),
})

/** Where the caller could let a key act: every role they hold, with each complex of those held in complexes. */
export const offeredApiKeyRoles = z.strictObject({
  items: z.array(z.strictObject({ role: z.enum(STAFF_ROLES), complex: complex.nullable() })),
})

const expiresInDays = z.int().min(1).max(API_KEY_DAYS.max).default(API_KEY_DAYS.default)

export const createApiKeyInput = z
  .strictObject({
    name: line(100),
    role: z.enum(STAFF_ROLES),
    complexId: id.nullable().default(null),
    access: z.enum(ACCESS_LEVELS).default('read'),
    expiresInDays,
  })
  .refine(({ role, complexId }) => (COMPANY_ROLES as readonly string[]).includes(role) === (complexId === null), {
    path: ['complexId'],
    params: { code: 'role_scope' },
  })

export const rotateApiKeyInput = z.strictObject({ id, expiresInDays })

/** The only answer that ever holds the key itself. */
export const createdApiKey = z.strictObject({ key: z.string(), apiKey })

export type ApiKey = z.output<typeof apiKey>
export type OfferedApiKeyRoles = z.output<typeof offeredApiKeyRoles>
