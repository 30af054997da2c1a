import { API_KEY_NOTICE_DAYS } from '@servai/contract/api-keys'
import type { Database } from '@servai/db'
import { loadApiKeyNotice, tellOfExpiry } from '@servai/db/api-key'
import { apiKeyCreated, apiKeyExpiring } from '@servai/email/messages'
import { emit } from '../events.ts'
import type { JobCtx, JobHandler, JobOutcome } from '../jobs.ts'
import { mailAccount } from '../mail-job.ts'

const mailOwner = async (
  ctx: JobCtx,
  payload: { companyId: string; keyId: string },
  compose: typeof apiKeyCreated,
): Promise<JobOutcome> => {
  const key = await loadApiKeyNotice(ctx.database, payload)
  if (!key) return 'skipped'
  const { userId, name, prefix, company, timezone: timeZone, expiresAtMs } = key
  const about = { name, prefix, company, timeZone, expiresAt: new Date(expiresAtMs) }
  return mailAccount(ctx, userId, (context) => compose({ ...context, ...about }))
}

export const mailKeyCreated: JobHandler<'api_keys.created'> = (ctx, payload) => mailOwner(ctx, payload, apiKeyCreated)

export const mailKeyExpiring: JobHandler<'api_keys.expiring'> = (ctx, payload) =>
  mailOwner(ctx, payload, apiKeyExpiring)

/** Asks for the message about every key that ends soon, once for each, whatever the number of workers. */
export const sweepExpiringKeys = (database: Pick<Database, 'system'>) =>
  tellOfExpiry(database, API_KEY_NOTICE_DAYS, (db, { companyId, keyId }) =>
    emit({ db, requestId: 'sweep', actor: { companyId } }, 'api_keys.expiring', { companyId, keyId }),
  )
