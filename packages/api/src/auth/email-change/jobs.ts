import { loadFormerAddress } from '@servai/db/recipient'
import { emailChangeCollision, emailChanged, emailChangeNew, emailChangeOld } from '@servai/email/account-messages'
import type { JobHandler } from '../../jobs.ts'
import { contextOf, mailAccount, mailToken } from '../../mail-job.ts'

export const mailEmailChangeOld: JobHandler<'auth.email_change_asked'> = (ctx, { tokenId }) =>
  mailToken(ctx, tokenId, 'confirm_old_email', emailChangeOld)

export const mailEmailChangeNew: JobHandler<'auth.new_email_asked'> = (ctx, { tokenId }) =>
  mailToken(ctx, tokenId, 'confirm_new_email', emailChangeNew)

export const mailEmailChangeCollision: JobHandler<'auth.email_change_collided'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, emailChangeCollision)

/** To the address the account has left. */
export const mailEmailChanged: JobHandler<'auth.email_changed'> = async (ctx, { changeId }) => {
  const former = await loadFormerAddress(ctx.database, changeId)
  if (!former) return 'skipped'
  await ctx.mail.send(former.email, emailChanged({ ...contextOf(ctx, former), changedAt: ctx.emittedAt }))
  return 'done'
}
