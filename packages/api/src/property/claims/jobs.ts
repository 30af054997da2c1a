import { claimApproved, claimDeclined } from '@servai/email/messages'
import { loadClaimDecision } from '@servai/db/recipient'
import type { JobHandler } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'

export const mailDecision: JobHandler<'claims.decided'> = async (ctx, payload) => {
  const found = await loadClaimDecision(ctx.database, payload)
  if (!found) return 'skipped'
  const { userId, status, ...claim } = found
  const compose = status === 'approved' ? claimApproved : claimDeclined
  return mailAccount(ctx, userId, (context) => compose({ ...context, ...claim }))
}
