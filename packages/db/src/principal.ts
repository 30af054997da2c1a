import type { GrantRole } from './schema/enums.ts'
import type { Database } from './index.ts'

/** A session, its account and everything the account may act as, today. */
export type Principal = {
  sessionId: string
  userId: string
  revoked: boolean
  /** Milliseconds since the epoch. */
  expiresAtMs: number
  active: boolean
  tokenVersion: number
  email: string
  firstName: string
  lastName: string
  locale: string
  emailVerified: boolean
  grants: { role: GrantRole; companyId: string | null; complexId: string | null }[]
  homes: { companyId: string; unitId: string }[]
  companies: { id: string; name: string; currency: string; timezone: string }[]
}

// A grant or a home counts only while everything above it stands: what was removed gives no rights.
const PRINCIPAL = `
  select s.id as "sessionId", u.id as "userId", s.revoked_at is not null as revoked,
    (extract(epoch from s.expires_at) * 1000)::float8 as "expiresAtMs",
    u.status = 'active' and u.deleted_at is null as active, u.token_version as "tokenVersion",
    u.email, u.first_name as "firstName", u.last_name as "lastName", u.locale,
    u.email_verified_at is not null as "emailVerified", mine.grants, mine.homes,
    coalesce((
      select json_agg(json_build_object('id', c.id, 'name', c.name, 'currency', c.currency, 'timezone', c.timezone) order by c.name, c.id)
      from companies c where c.id::text = any (
        select json_array_elements(mine.grants) ->> 'companyId' union select json_array_elements(mine.homes) ->> 'companyId')
    ), '[]') as companies
  from sessions s
  join users u on u.id = s.user_id
  cross join lateral (
    select
      coalesce((
        select json_agg(json_build_object('role', g.role, 'companyId', g.company_id, 'complexId', g.complex_id))
        from role_grants g
        left join companies c on c.id = g.company_id
        left join complexes x on x.company_id = g.company_id and x.id = g.complex_id
        where g.user_id = u.id and (g.expires_at is null or g.expires_at > now())
          and c.deleted_at is null and x.deleted_at is null
      ), '[]') as grants,
      coalesce((
        select json_agg(distinct jsonb_build_object('companyId', r.company_id, 'unitId', r.unit_id))
        from people p
        join residencies r on r.company_id = p.company_id and r.person_id = p.id and r.deleted_at is null
        join companies c on c.id = r.company_id and c.deleted_at is null
        join units n on n.company_id = r.company_id and n.id = r.unit_id and n.deleted_at is null
        join buildings b on b.company_id = n.company_id and b.id = n.building_id and b.deleted_at is null
        join complexes x on x.company_id = n.company_id and x.id = n.complex_id and x.deleted_at is null
        cross join lateral (select (now() at time zone x.timezone)::date as today) d
        where p.user_id = u.id and p.deleted_at is null
          and r.starts_on <= d.today and (r.ends_on is null or r.ends_on > d.today)
      ), '[]') as homes
  ) mine
  where s.id = $1`

/** `null` for a session that does not exist. */
export const loadPrincipal = async (database: Pick<Database, 'lookup'>, sessionId: string) => {
  const [principal] = await database.lookup<Principal>(PRINCIPAL, [sessionId])
  return principal ?? null
}
