import type { Services } from './context.ts'
import { DomainError } from './errors.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Calls per window. Address limits are wide: a whole building sits behind one address. */
export const LIMITS = {
  api: { limit: 300, windowSeconds: MINUTE },
  /** Of one key, whoever made it. */
  api_key: { limit: 600, windowSeconds: MINUTE },
  /** Keys that are none: mistyped, unknown, expired, revoked. */
  api_key_failure: { limit: 60, windowSeconds: 5 * MINUTE },
  /** Made or replaced. */
  api_key_new: { limit: 30, windowSeconds: HOUR },
  anonymous: { limit: 600, windowSeconds: MINUTE },
  login_account: { limit: 50, windowSeconds: 15 * MINUTE },
  login_account_address: { limit: 10, windowSeconds: 15 * MINUTE },
  login_device: { limit: 10, windowSeconds: 15 * MINUTE },
  login_address: { limit: 100, windowSeconds: 15 * MINUTE },
  /** A sign-in page asks by itself, for what browsers offer in its fields. */
  passkey_start_address: { limit: 300, windowSeconds: 5 * MINUTE },
  passkey_sign_in_address: { limit: 100, windowSeconds: 15 * MINUTE },
  register_address: { limit: 60, windowSeconds: HOUR },
  register_account: { limit: 3, windowSeconds: HOUR },
  refresh: { limit: 30, windowSeconds: MINUTE },
  challenge: { limit: 10, windowSeconds: 10 * MINUTE },
  challenge_address: { limit: 100, windowSeconds: 15 * MINUTE },
  /** Of a session: it guesses nothing, and must not be used up from another. */
  passkey_step_up: { limit: 10, windowSeconds: 15 * MINUTE },
  step_up: { limit: 10, windowSeconds: 15 * MINUTE },
  factor_change: { limit: 20, windowSeconds: HOUR },
  factor_confirm: { limit: 10, windowSeconds: 10 * MINUTE },
  change_password: { limit: 5, windowSeconds: 15 * MINUTE },
  verify: { limit: 10, windowSeconds: 5 * MINUTE },
  verify_address: { limit: 100, windowSeconds: 5 * MINUTE },
  resend: { limit: 3, windowSeconds: HOUR },
  email_change: { limit: 5, windowSeconds: HOUR },
  /** Messages to an address that is to become somebody's. */
  email_change_address: { limit: 3, windowSeconds: HOUR },
  personal_data_export: { limit: 3, windowSeconds: DAY },
  personal_data_erase: { limit: 10, windowSeconds: HOUR },
  reset_request: { limit: 3, windowSeconds: HOUR },
  reset_request_address: { limit: 60, windowSeconds: HOUR },
  reset_submit: { limit: 5, windowSeconds: 5 * MINUTE },
  reset_submit_address: { limit: 50, windowSeconds: 5 * MINUTE },
  /** Messages about a lock, to its owner. */
  lock_mail: { limit: 1, windowSeconds: DAY },
  /** Refusals written down; the others are only answered. */
  denial: { limit: 1, windowSeconds: MINUTE },
  /** Links that staff have sent to one account. */
  account_reset: { limit: 5, windowSeconds: HOUR },
  factor_reset_refuse_address: { limit: 50, windowSeconds: 5 * MINUTE },
  staff_invite: { limit: 60, windowSeconds: HOUR },
  staff_invite_resend: { limit: 5, windowSeconds: HOUR },
  staff_invite_token: { limit: 20, windowSeconds: 5 * MINUTE },
  staff_invite_token_address: { limit: 100, windowSeconds: 5 * MINUTE },
  invite_preview: { limit: 10, windowSeconds: MINUTE },
  invite_preview_address: { limit: 200, windowSeconds: MINUTE },
  invite_accept: { limit: 5, windowSeconds: 5 * MINUTE },
  invite_accept_address: { limit: 100, windowSeconds: 5 * MINUTE },
  invite_mail: { limit: 5, windowSeconds: HOUR },
  /** A batch counts once: its messages count for the company. */
  invite_mail_account: { limit: 60, windowSeconds: HOUR },
  /** By recipient, colleagues and residents: two for each unit of the largest batch, and some. */
  invite_mail_company: { limit: 5000, windowSeconds: DAY },
  claim_directory: { limit: 30, windowSeconds: MINUTE },
  claim: { limit: 5, windowSeconds: DAY },
  claim_address: { limit: 50, windowSeconds: DAY },
  import: { limit: 20, windowSeconds: HOUR },
  /** A search box asks while somebody types. */
  search: { limit: 120, windowSeconds: MINUTE },
  export: { limit: 30, windowSeconds: HOUR },
} as const

export type LimitName = keyof typeof LIMITS

/** Whose call it is, for each limit that applies to it. */
export type LimitKeys = Partial<Record<LimitName, string>>

/** Counts one call, or as many as it costs, against every named limit; counts none when one of them refuses. */
export const take = ({ limiter }: Pick<Services, 'limiter'>, keys: LimitKeys, cost = 1) => {
  const [first, ...others] = Object.entries(keys).map(([name, key]) => ({ name, key, ...LIMITS[name as LimitName] }))
  if (!first) throw new TypeError('a call is counted against at least one limit')
  return limiter.take([first, ...others], cost)
}

/** @throws limited request.rate_limited */
export const enforce = async (services: Pick<Services, 'limiter'>, keys: LimitKeys, cost = 1) => {
  const verdict = await take(services, keys, cost)
  if (!verdict.allowed)
    throw new DomainError('limited', 'request.rate_limited', { retryAfterSeconds: verdict.retryAfterSeconds })
  return verdict
}
