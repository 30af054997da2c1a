import { loadCompanyName } from '@servai/db/recipient'
import { accountDisabled, accountEnabled, signedOutByStaff } from '@servai/email/oversight-messages'
import type { JobCtx, JobHandler, JobOutcome } from '../jobs.ts'
import { mailAccount, mailDisabledAccount } from '../mail-job.ts'

type Told = Parameters<typeof mailAccount>[2]
type Message = typeof accountDisabled
type Payload = { userId: string; companyId: string | null }

const tell = async (
  ctx: JobCtx,
  { userId, companyId }: Payload,
  message: Message,
  send: (ctx: JobCtx, userId: string, compose: Told) => Promise<JobOutcome> = mailAccount,
) => {
  const company = companyId === null ? null : await loadCompanyName(ctx.database, companyId)
  return send(ctx, userId, (context) => message({ ...context, company, at: ctx.emittedAt }))
}

/** Sent although the account gets no other message any more. */
export const mailAccountDisabled: JobHandler<'accounts.disabled'> = (ctx, payload) =>
  tell(ctx, payload, accountDisabled, mailDisabledAccount)

export const mailAccountEnabled: JobHandler<'accounts.enabled'> = (ctx, payload) => tell(ctx, payload, accountEnabled)

export const mailSessionsEnded: JobHandler<'accounts.sessions_ended'> = (ctx, payload) =>
  tell(ctx, payload, signedOutByStaff)
