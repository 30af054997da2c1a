import { loadImpersonationNotice } from '@servai/db/impersonations'
import { impersonated } from '@servai/email/oversight-messages'
import type { JobCtx, JobHandler, JobOutcome } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'

/** Exactly one message: when it was ended, else when its time was up. */
const mail = async (ctx: JobCtx, impersonationId: string, wasEnded: boolean): Promise<JobOutcome> => {
  const notice = await loadImpersonationNotice(ctx.database, impersonationId)
  if (!notice || notice.wasEnded !== wasEnded) return 'skipped'
  const { userId, reason, access, startedAtMs, endedAtMs } = notice
  const [startedAt, endedAt] = [new Date(startedAtMs), new Date(endedAtMs)]
  return mailAccount(ctx, userId, (context) => impersonated({ ...context, reason, access, startedAt, endedAt }))
}

export const mailImpersonationEnded: JobHandler<'accounts.impersonation_ended'> = (ctx, { impersonationId }) =>
  mail(ctx, impersonationId, true)

export const mailImpersonationExpired: JobHandler<'accounts.impersonation_expired'> = (ctx, { impersonationId }) =>
  mail(ctx, impersonationId, false)
