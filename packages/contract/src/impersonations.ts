import { ACCESS_LEVELS } from '@servai/db/schema/enums'
import { z } from 'zod'
import { reason } from './accounts.ts'
import { id, instant, page, pageInput } from './fields.ts'

export { ACCESS_LEVELS, type AccessLevel } from '@servai/db/schema/enums'

/** Of an account, whose owner is told the reason. */
export const startImpersonationInput = z.strictObject({
  id,
  reason,
  access: z.enum(ACCESS_LEVELS).default('read'),
})

const account = z.strictObject({ id, name: z.string(), email: z.string() })

/** `accessToken` is that of the account, for so long and in no cookie; the caller's own session stays as it is. */
export const startedImpersonation = z.strictObject({
  id,
  account,
  access: z.enum(ACCESS_LEVELS),
  expiresAt: instant,
  accessToken: z.string(),
  /** Seconds. */
  expiresIn: z.int().positive(),
})

export const impersonation = z.strictObject({
  id,
  impersonator: account,
  account,
  access: z.enum(ACCESS_LEVELS),
  reason: z.string(),
  startedAt: instant,
  /** When it ended, or will at the latest. */
  endsAt: instant,
  isOpen: z.boolean(),
})
export const impersonationPage = page(impersonation)
export const listImpersonationsInput = z.strictObject({ cursor: pageInput.cursor, limit: pageInput.limit })
