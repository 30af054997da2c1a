import { localeOf } from '@servai/contract/locales'
import { loadRecipient } from '@servai/db/recipient'
import { dataExportReady } from '@servai/email/account-messages'
import { isRetryable } from '../../errors.ts'
import type { JobCtx, JobHandler } from '../../jobs.ts'
import { mailAccount } from '../../mail-job.ts'
import { writeArchive } from '../export/archive.ts'
import { beginAccountExport, failAccountExport, finishAccountExport } from './service.ts'

const build = async (ctx: JobCtx, row: { id: string; userId: string }, locale: string) => {
  const { database, now, log } = ctx
  try {
    const asked = { userId: row.userId, locale: localeOf(locale), at: now() }
    const chunks = await Array.fromAsync(writeArchive(database, asked))
    return await finishAccountExport(database, row, Buffer.concat(chunks))
  } catch (error) {
    if (isRetryable(error)) throw error
    log.error({ err: error, exportId: row.id }, 'a copy of personal data failed')
    await failAccountExport(database, row)
    return null
  }
}

/** Begun again after a crash it starts over; the message goes out once the file is there. */
export const runAccountExport: JobHandler<'account.export_requested'> = async (ctx, { exportId }) => {
  const row = await beginAccountExport(ctx.database, exportId)
  const recipient = row && (await loadRecipient(ctx.database, row.userId))
  if (!row || !recipient || row.status === 'failed') return 'skipped'
  const done = row.status === 'done' ? row : await build(ctx, row, recipient.locale)
  if (!done) return 'skipped'
  const { expiresAt } = done
  return mailAccount(ctx, row.userId, (context) => dataExportReady({ ...context, expiresAt }))
}
