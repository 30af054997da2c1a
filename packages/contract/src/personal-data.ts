import { ACCOUNT_EXPORT_STATUSES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { MAX_EMAIL_LENGTH } from './auth.ts'
import { id, instant } from './fields.ts'

/** How long a finished copy can be downloaded. */
export const ACCOUNT_EXPORT_DAYS = 7

export const accountExport = z.strictObject({
  id,
  status: z.enum(ACCOUNT_EXPORT_STATUSES),
  createdAt: instant,
  /** NULL until it is done. */
  sizeBytes: z.int().nullable(),
  expiresAt: instant,
})
/** The newest first. */
export const accountExportList = z.strictObject({ items: z.array(accountExport) })

/** The address of the account, typed by whoever means it. */
export const eraseAccountInput = z.strictObject({ confirmation: z.string().trim().min(1).max(MAX_EMAIL_LENGTH) })
