import { issueRowToken } from '@servai/auth/row-token'
import { FACTOR_RESET_TOKEN, loadOpenFactorReset } from '@servai/db/factor-resets'
import { factorResetApproval, factorResetRequested } from '@servai/email/oversight-messages'
import type { JobHandler } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'

export const mailFactorResetRequested: JobHandler<'accounts.factor_reset_requested'> = async (ctx, { resetId }) => {
  const reset = await loadOpenFactorReset(ctx.database, resetId)
  if (!reset) return 'skipped'
  const token = issueRowToken(ctx.tokenKeys, FACTOR_RESET_TOKEN, resetId)
  const expiresAt = new Date(reset.expiresAtMs)
  const { userId, requestedBy, company, reason } = reset
  return mailAccount(ctx, userId, (context) =>
    factorResetRequested({ ...context, requestedBy, company, reason, expiresAt, token }),
  )
}

export const mailFactorResetApproval: JobHandler<'accounts.factor_reset_approval_asked'> = async (
  ctx,
  { resetId, approverId },
) => {
  const reset = await loadOpenFactorReset(ctx.database, resetId)
  if (!reset) return 'skipped'
  const { name, requestedBy, reason } = reset
  const expiresAt = new Date(reset.expiresAtMs)
  return mailAccount(ctx, approverId, (context) =>
    factorResetApproval({ ...context, name, requestedBy, reason, expiresAt }),
  )
}
