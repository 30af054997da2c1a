import { passkeyRefused } from '@servai/email/messages'
import type { JobHandler } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'

export const mailPasskeyRefused: JobHandler<'auth.passkey_suspected'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => passkeyRefused({ ...context, refusedAt: ctx.emittedAt }))
