import { loadFarewell } from '@servai/db/recipient'
import { accountErased } from '@servai/email/account-messages'
import type { JobHandler, JobOutcome } from '../../jobs.ts'
import { contextOf } from '../../mail-job.ts'
import { forgetFarewell } from './service.ts'

/** The last message to an address, which is forgotten with it. */
export const mailAccountErased: JobHandler<'account.erased'> = async (ctx, { erasureId }): Promise<JobOutcome> => {
  const farewell = await loadFarewell(ctx.database, erasureId)
  if (!farewell) return 'skipped'
  await ctx.mail.send(farewell.email, accountErased(contextOf(ctx, { ...farewell, firstName: '' })))
  await forgetFarewell(ctx.database, erasureId)
  return 'done'
}
