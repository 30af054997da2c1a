import { passwordReset } from '@servai/email/messages'
import type { JobHandler } from '../jobs.ts'
import { mailToken } from '../mail-job.ts'

export const mailPasswordReset: JobHandler<'auth.reset_requested'> = (ctx, { tokenId }) =>
  mailToken(ctx, tokenId, 'reset_password', passwordReset)
