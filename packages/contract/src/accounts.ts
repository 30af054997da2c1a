import { USER_STATUSES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { oneTimeToken } from './auth.ts'
import { id, instant, line, page, pageInput } from './fields.ts'

export { USER_STATUSES }

/** Why somebody interferes with an account; kept in the audit log and told to its owner. */
export const reason = line(500, 10)

export const ACCOUNT_ACTIONS = [
  'disable',
  'enable',
  'end_sessions',
  'send_reset',
  'reset_factors',
  'impersonate',
] as const
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number]

/** What the page of an account tells of what happened to it, the rest being in the audit log. */
export const ACCOUNT_EVENTS = [
  'auth.login',
  'auth.refresh_reuse',
  'auth.session_evict',
  'auth.session_revoke',
  'auth.logout_all',
  'auth.password_change',
  'auth.second_factor',
  'auth.second_factor_lock',
  'auth.recovery_code_use',
  'auth.totp_added',
  'auth.totp_removed',
  'auth.passkey_added',
  'auth.passkey_removed',
  'auth.recovery_codes_replace',
  'auth.email_change_start',
  'auth.email_change',
  'reset.request',
  'reset.complete',
  'accounts.disable',
  'accounts.enable',
  'accounts.end_sessions',
  'accounts.send_reset',
  'accounts.factor_reset_request',
  'accounts.factor_reset_approve',
  'accounts.factor_reset_cancel',
  'accounts.impersonation_start',
  'accounts.impersonation_end',
] as const
export type AccountEvent = (typeof ACCOUNT_EVENTS)[number]

export const FACTOR_RESET_ACTIONS = ['approve', 'cancel'] as const
const named = z.strictObject({ id, name: z.string() })

/** A request to take the second factor off an account, open until somebody else approves or it expires. */
export const factorReset = z.strictObject({
  id,
  account: z.strictObject({ ...named.shape, email: z.string() }),
  reason: z.string(),
  requestedBy: named,
  /** NULL: asked for by the platform. */
  company: named.nullable(),
  requestedAt: instant,
  expiresAt: instant,
  allowed: z.array(z.enum(FACTOR_RESET_ACTIONS)),
})
export const factorResetPage = page(factorReset)

const brief = {
  id,
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  status: z.enum(USER_STATUSES),
  emailVerified: z.boolean(),
  hasSecondFactor: z.boolean(),
}
/** The kinds of an account's factors, and how many; nothing that would help to use them. */
const factors = z.strictObject({
  totp: z.boolean(),
  passkeys: z.int(),
  recoveryCodesLeft: z.int(),
  trustedDevices: z.int(),
})

export const accountSecurity = z.strictObject({
  ...brief,
  isYou: z.boolean(),
  /** Works for the platform. */
  isPlatform: z.boolean(),
  createdAt: instant,
  factors,
  sessions: z.strictObject({ count: z.int(), lastSeenAt: instant.nullable() }),
  apiKeys: z.int(),
  passwordChangedAt: instant.nullable(),
  /** Wrong passwords have closed the sign-in until then. */
  lockedUntil: instant.nullable(),
  /** A change of the address that both mailboxes have not agreed to yet. */
  emailChange: z.strictObject({ requestedAt: instant, expiresAt: instant }).nullable(),
  factorReset: factorReset.nullable(),
  /** The latest first. `by` is NULL where nobody was signed in. */
  events: z.array(
    z.strictObject({
      at: instant,
      action: z.enum(ACCOUNT_EVENTS),
      result: z.enum(['ok', 'denied', 'failed']),
      by: z.enum(['owner', 'somebody']).nullable(),
      name: z.string().nullable(),
    }),
  ),
  allowed: z.array(z.enum(ACCOUNT_ACTIONS)),
})
export type AccountSecurity = z.infer<typeof accountSecurity>

export const listAccountsInput = z.strictObject({
  cursor: pageInput.cursor,
  limit: pageInput.limit,
  /** Part of the address or of the name. */
  q: pageInput.q,
  status: z.enum(USER_STATUSES).optional(),
})
export const accountBrief = z.strictObject({ ...brief, isPlatform: z.boolean(), createdAt: instant })
export const accountPage = page(accountBrief)

export const accountReasonInput = z.strictObject({ id, reason })
export const listFactorResetsInput = z.strictObject({ cursor: pageInput.cursor, limit: pageInput.limit })
export const factorResetToken = z.strictObject({ token: oneTimeToken })

/** What is asked about the caller's own account. `company` is NULL for the platform. */
export const ownFactorReset = z.strictObject({
  reset: z
    .strictObject({
      id,
      reason: z.string(),
      company: z.string().nullable(),
      requestedAt: instant,
      expiresAt: instant,
    })
    .nullable(),
})
