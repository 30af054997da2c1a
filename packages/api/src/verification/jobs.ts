import { verification, welcome } from '@servai/email/messages'
import type { JobHandler } from '../jobs.ts'
import { mailAccount, mailToken } from '../mail-job.ts'

export const mailVerification: JobHandler<'auth.verification_requested'> = (ctx, { tokenId }) =>
  mailToken(ctx, tokenId, 'verify_email', verification)

export const mailWelcome: JobHandler<'auth.email_verified'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, welcome, ({ emailVerified }) => emailVerified)
