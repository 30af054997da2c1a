import { factorsChanged, recoveryCodeUsed, secondFactorLocked } from '@servai/email/messages'
import type { JobHandler } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'

export const mailFactorsChanged: JobHandler<'auth.factors_changed'> = (ctx, { userId, change }) =>
  mailAccount(ctx, userId, (context) => factorsChanged({ ...context, change, changedAt: ctx.emittedAt }))

export const mailRecoveryCodeUsed: JobHandler<'auth.recovery_code_used'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => recoveryCodeUsed({ ...context, usedAt: ctx.emittedAt }))

export const mailSecondFactorLocked: JobHandler<'auth.second_factor_locked'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => secondFactorLocked({ ...context, lockedAt: ctx.emittedAt }))
