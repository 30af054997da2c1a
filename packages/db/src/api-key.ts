import { sql } from 'drizzle-orm'
import type { Database } from './index.ts'

/** What its owner is told of a key. */
export type ApiKeyNotice = {
  userId: string
  name: string
  prefix: string
  company: string
  /** Where the company stands. */
  timezone: string
  expiresAtMs: number
}

/** `null` for a key that has ended. */
export const loadApiKeyNotice = async (
  database: Pick<Database, 'lookup'>,
  { companyId, keyId }: { companyId: string; keyId: string },
): Promise<ApiKeyNotice | null> => {
  const [row] = await database.lookup<ApiKeyNotice>(
    `select k.user_id as "userId", k.name, k.prefix, c.name as company, c.timezone,
       (extract(epoch from k.expires_at) * 1000)::float8 as "expiresAtMs"
     from api_keys k join companies c on c.id = k.company_id
     where k.company_id = $1 and k.id = $2 and k.revoked_at is null and k.deleted_at is null and k.expires_at > now()
       and c.deleted_at is null`,
    [companyId, keyId],
  )
  return row ?? null
}

type Expiring = { companyId: string; keyId: string }

/**
 * Keys that end within `days` and whose owners have not been told: `tell` is called once for each, in the transaction
 * that remembers it. Those that were made for so short a time, or are replaced, need no telling.
 */
export const tellOfExpiry = (
  database: Pick<Database, 'system'>,
  days: number,
  tell: (db: Parameters<Parameters<Database['system']>[2]>[0], key: Expiring) => Promise<void>,
) =>
  database.system({}, 'write', async (db) => {
    const due = await db.execute<Expiring>(sql`
      update api_keys k set expiry_told_at = now()
      where k.expiry_told_at is null and k.revoked_at is null and k.deleted_at is null
        and k.expires_at > now() and k.expires_at < now() + ${days} * interval '1 day'
        and k.created_at < k.expires_at - ${days} * interval '1 day'
        and not exists (select from api_keys s where s.company_id = k.company_id and s.rotated_from = k.id)
      returning k.company_id as "companyId", k.id as "keyId"`)
    for (const key of due) await tell(db, key)
  })
