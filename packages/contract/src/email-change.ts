import { z } from 'zod'
import { email, oneTimeToken } from './auth.ts'
import { instant } from './fields.ts'

export const startEmailChangeInput = z.strictObject({ newEmail: email })

/** What still has to agree, of a change that waits. */
export const emailChange = z.strictObject({
  newEmail: z.string(),
  oldConfirmed: z.boolean(),
  newConfirmed: z.boolean(),
  expiresAt: instant,
})
export const emailChangeStatus = z.strictObject({ open: emailChange.nullable() })

/** The token of either message; for `decline`, that of the old address. */
export const emailChangeTokenInput = z.strictObject({ token: oneTimeToken })

export const EMAIL_CHANGE_STEPS = ['waits_for_old', 'waits_for_new', 'changed'] as const
export type EmailChangeStep = (typeof EMAIL_CHANGE_STEPS)[number]
export const confirmEmailChangeOutput = z.strictObject({ status: z.enum(EMAIL_CHANGE_STEPS) })

/** Whose link it is, so that a page can ask the right question before anything happens. */
export const inspectEmailChangeOutput = z.strictObject({
  side: z.enum(['old', 'new']),
  newEmail: z.string(),
  status: z.enum(['open', 'confirmed', 'changed']),
})
