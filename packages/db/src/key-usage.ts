import type { Database } from './index.ts'

export type KeyUsage = {
  /** NULL: rows that no key has a part in. */
  kid: string | null
  rows: number
  /** When the last of them ends by itself; NULL where they do not. */
  lastEndsAt: Date | null
}

/** By ring, which keys the rows are under that still need one. Of access tokens nothing is stored. */
const QUERIES = {
  REFRESH_KEYS: `
    select key_id as kid, count(*)::int as rows, (extract(epoch from max(expires_at)) * 1000)::float8 as "endsAtMs"
    from sessions where revoked_at is null and expires_at > now() and last_seen_at + idle_seconds * interval '1 second' > now()
    group by key_id`,
  TOKEN_KEYS: `
    select key_id as kid, count(*)::int as rows, (extract(epoch from max(expires_at)) * 1000)::float8 as "endsAtMs"
    from (
      select key_id, expires_at from auth_tokens where used_at is null and voided_at is null and expires_at > now()
      union all
      select key_id, expires_at from invites where revoked_at is null and deleted_at is null and expires_at > now()
      union all
      select key_id, expires_at from staff_invites
        where accepted_at is null and revoked_at is null and deleted_at is null and expires_at > now()
    ) token group by key_id`,
  FACTOR_KEYS: `
    select key_id as kid, count(*)::int as rows, null::float8 as "endsAtMs" from totp_factors
    where confirmed_at is not null or expires_at > now() group by key_id`,
  PASSWORD_PEPPER_KEYS: `
    select substring(password_hash from '^p1\\$([A-Za-z0-9_-]+)\\$') as kid, count(*)::int as rows, null::float8 as "endsAtMs"
    from credentials group by 1`,
  AUDIT_KEYS: `select kid, count(*)::int as rows, null::float8 as "endsAtMs" from audit_seals group by kid`,
} as const

export type CountedRing = keyof typeof QUERIES

// Object.keys forgets the type of the keys.
export const COUNTED_RINGS = Object.keys(QUERIES) as CountedRing[]

export const countByKey = async (database: Pick<Database, 'lookup'>, ring: CountedRing): Promise<KeyUsage[]> => {
  type Row = { kid: string | null; rows: number; endsAtMs: number | null }
  const found = await database.lookup<Row>(QUERIES[ring], [])
  return found
    .map(({ kid, rows, endsAtMs }) => ({ kid, rows, lastEndsAt: endsAtMs === null ? null : new Date(endsAtMs) }))
    .sort((a, b) => (a.kid ?? '').localeCompare(b.kid ?? ''))
}
