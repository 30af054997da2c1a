import { sql } from 'drizzle-orm'
import type { AccessLevel, CompanyStatus, GrantRole } from './schema/enums.ts'
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
  /** When whoever holds the session last proved who they are; milliseconds since the epoch. */
  authenticatedAtMs: number
  /** Of the account. */
  hasSecondFactor: boolean
  /** In this session, or by the trusted device it was opened on. */
  secondFactorProved: boolean
  /** The key that acts for the account. */
  apiKey: { id: string; access: AccessLevel } | null
  /** Somebody else sees, or acts, as the account. */
  impersonation: { id: string; impersonatorId: string; access: AccessLevel } | null
  /** Of its platform roles. */
  platformAsksSecondFactor: boolean
  email: string
  firstName: string
  lastName: string
  locale: string
  emailVerified: boolean
  grants: { role: GrantRole; companyId: string | null; complexId: string | null }[]
  homes: { companyId: string; unitId: string }[]
  companies: {
    id: string
    name: string
    currency: string
    timezone: string
    status: CompanyStatus
    /** Of its staff. */
    asksSecondFactor: boolean
  }[]
}

/** What an account may act as, whatever session it acts in. */
export type Rights = Pick<Principal, 'userId' | 'active' | 'emailVerified' | 'grants' | 'homes' | 'companies'>

type CompanyLabel = Principal['companies'][number]
type WithLabels<T> = Omit<T, 'grants' | 'homes' | 'companies'> & {
  grants: (Principal['grants'][number] & { company: CompanyLabel })[] | null
  homes: (Principal['homes'][number] & { company: CompanyLabel })[] | null
}

const PLATFORM_ASKS = `coalesce((select value = 'true' from platform_settings where key = 'security.staffSecondFactor'), true)`
const COMPANY_ASKS = `coalesce((select s.value = 'true' from settings s
    where s.company_id = c.id and s.complex_id is null and s.key = 'security.staffSecondFactor' and s.deleted_at is null), ${PLATFORM_ASKS})`

const COMPANY_LABEL = `json_build_object('id', c.id, 'name', c.name, 'currency', c.currency, 'timezone', c.timezone, 'status', c.status,
    'asksSecondFactor', ${COMPANY_ASKS})`

const ACCOUNT = `u.id as "userId", u.status = 'active' and u.deleted_at is null as active, u.email_verified_at is not null as "emailVerified"`

// A grant or a home counts only while what it hangs on stands; a residency is removed with its unit, building or complex (ADR 0017).
const grantsThat = (only = 'true') => `
    (select json_agg(json_build_object(
        'role', g.role, 'companyId', g.company_id, 'complexId', g.complex_id, 'company', ${COMPANY_LABEL}))
      from role_grants g
      left join companies c on c.id = g.company_id
      left join complexes x on x.company_id = g.company_id and x.id = g.complex_id
      where g.user_id = u.id and (g.expires_at is null or g.expires_at > now())
        and c.deleted_at is null and x.deleted_at is null and ${only}) as grants`

const HOMES = `
    (select json_agg(json_build_object('companyId', r.company_id, 'unitId', r.unit_id, 'company', ${COMPANY_LABEL}))
      from people p
      join residencies r on r.company_id = p.company_id and r.person_id = p.id
      join units n on n.company_id = r.company_id and n.id = r.unit_id
      join complexes x on x.company_id = n.company_id and x.id = n.complex_id
      join companies c on c.id = p.company_id
      where p.user_id = u.id and p.deleted_at is null and r.deleted_at is null and n.deleted_at is null
        and c.deleted_at is null and x.deleted_at is null
        and r.starts_on <= (now() at time zone x.timezone)::date
        and (r.ends_on is null or r.ends_on > (now() at time zone x.timezone)::date)) as homes`

const RIGHTS = `${ACCOUNT}, ${grantsThat()}, ${HOMES}`

/** Of the one role a key acts in, while its owner holds it. */
const KEY_RIGHTS = `${ACCOUNT}, null as homes, ${grantsThat(
  'g.role = k.role and g.company_id = k.company_id and g.complex_id is not distinct from k.complex_id',
)}`

const HAS_SECOND_FACTOR = `exists (select from totp_factors f where f.user_id = u.id and f.confirmed_at is not null)
      or exists (select from passkeys k where k.user_id = u.id)`

const PRINCIPAL = `
  select s.id as "sessionId", s.revoked_at is not null as revoked,
    (extract(epoch from s.expires_at) * 1000)::float8 as "expiresAtMs", u.token_version as "tokenVersion",
    (extract(epoch from s.authenticated_at) * 1000)::float8 as "authenticatedAtMs",
    s.second_factor_at is not null as "secondFactorProved",
    ${HAS_SECOND_FACTOR} as "hasSecondFactor", ${PLATFORM_ASKS} as "platformAsksSecondFactor",
    null as "apiKey", null as impersonation,
    u.email, u.first_name as "firstName", u.last_name as "lastName", u.locale, ${RIGHTS}
  from sessions s
  join users u on u.id = s.user_id
  where s.id = $1`

// The session is the impersonator's; it ends with whatever would end that, and with the subject's account. A role that was
// taken and given back is another one.
const IMPERSONATED = `
  select s.id as "sessionId",
    i.ended_at is not null or s.revoked_at is not null or a.status <> 'active' or a.deleted_at is not null
      or not exists (select from role_grants g where g.user_id = a.id and g.role = 'platform_admin'
        and g.created_at <= i.created_at and (g.expires_at is null or g.expires_at > now()))
      or exists (select from role_grants g where g.user_id = u.id and g.company_id is null
        and (g.expires_at is null or g.expires_at > now())) as revoked,
    (extract(epoch from least(i.expires_at, s.expires_at, s.last_seen_at + s.idle_seconds * interval '1 second')) * 1000)::float8
      as "expiresAtMs",
    a.token_version as "tokenVersion", (extract(epoch from s.authenticated_at) * 1000)::float8 as "authenticatedAtMs",
    s.second_factor_at is not null as "secondFactorProved",
    ${HAS_SECOND_FACTOR} as "hasSecondFactor", ${PLATFORM_ASKS} as "platformAsksSecondFactor", null as "apiKey",
    json_build_object('id', i.id, 'impersonatorId', i.impersonator_id, 'access', i.access) as impersonation,
    u.email, u.first_name as "firstName", u.last_name as "lastName", u.locale, ${RIGHTS}
  from impersonations i
  join sessions s on s.id = i.session_id
  join users a on a.id = i.impersonator_id
  join users u on u.id = i.user_id
  where i.id = $1`

const LIVE_KEY = `k.revoked_at is null and k.deleted_at is null and k.expires_at > now()
    and u.status = 'active' and u.deleted_at is null and u.email_verified_at is not null`

const KEY_PRINCIPAL = `
  select k.id as "sessionId", false as revoked, (extract(epoch from k.expires_at) * 1000)::float8 as "expiresAtMs",
    u.token_version as "tokenVersion", 0 as "authenticatedAtMs", false as "secondFactorProved",
    ${HAS_SECOND_FACTOR} as "hasSecondFactor", ${PLATFORM_ASKS} as "platformAsksSecondFactor",
    json_build_object('id', k.id, 'access', k.access) as "apiKey", null as impersonation,
    coalesce(k.last_used_at < now() - interval '1 minute', true) as "isUseDue",
    u.email, u.first_name as "firstName", u.last_name as "lastName", u.locale, ${KEY_RIGHTS}
  from api_keys k
  join users u on u.id = k.user_id
  where k.token_hash = $1 and ${LIVE_KEY}`

const GRANTS = `
  select g.role, g.company_id as "companyId", g.complex_id as "complexId"
  from role_grants g
  join users u on u.id = g.user_id
  left join companies c on c.id = g.company_id
  left join complexes x on x.company_id = g.company_id and x.id = g.complex_id
  where g.user_id = $1 and u.status = 'active' and u.deleted_at is null and (g.expires_at is null or g.expires_at > now())
    and c.deleted_at is null and x.deleted_at is null`

/** What an account may act as without a session, for work that goes on without one. */
export const loadGrants = (database: Pick<Database, 'lookup'>, userId: string): Promise<Principal['grants']> =>
  database.lookup(GRANTS, [userId])

const companiesOf = (rows: { companyId: string | null; company: CompanyLabel }[]) => {
  const byId = new Map(rows.filter(({ companyId }) => companyId).map(({ company }) => [company.id, company]))
  return [...byId.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const named = <T>(row: WithLabels<T>) => {
  const grants = row.grants ?? []
  const homes = row.homes ?? []
  const unitIds = new Set<string>()
  return {
    ...row,
    grants: grants.map(({ role, companyId, complexId }) => ({ role, companyId, complexId })),
    // One person may have several residencies in one unit, e.g. as owner and as family.
    homes: homes
      .filter(({ unitId }) => !unitIds.has(unitId) && unitIds.add(unitId))
      .map(({ companyId, unitId }) => ({ companyId, unitId })),
    companies: companiesOf([...grants, ...homes]),
  }
}

/** `null` for a session that does not exist. */
export const loadPrincipal = async (
  database: Pick<Database, 'lookup'>,
  sessionId: string,
): Promise<Principal | null> => {
  const [row] = await database.lookup<WithLabels<Principal>>(PRINCIPAL, [sessionId])
  return row ? named(row) : null
}

/** The account somebody acts as, in the session and under the token version of whoever acts; `null` where nobody does. */
export const loadImpersonated = async (
  database: Pick<Database, 'lookup'>,
  impersonationId: string,
): Promise<Principal | null> => {
  const [row] = await database.lookup<WithLabels<Principal>>(IMPERSONATED, [impersonationId])
  return row ? named(row) : null
}

/**
 * What somebody's API key may act as; its id stands where a session's does. `null` for a key that is unknown, has expired or
 * was revoked, and where its account may not sign in.
 *
 * `isUseDue`: its last use was noted a minute ago or longer.
 */
export const loadKeyPrincipal = async (database: Pick<Database, 'lookup'>, tokenHash: string) => {
  type Row = WithLabels<Principal> & { isUseDue: boolean }
  const [row] = await database.lookup<Row>(KEY_PRINCIPAL, [tokenHash])
  if (!row) return null
  const { isUseDue, ...principal } = row
  return { principal: named<Principal>(principal), isUseDue }
}

/** The same without the key itself, for work that goes on without a request. */
export const loadKeyRights = async (database: Pick<Database, 'lookup'>, keyId: string): Promise<Rights | null> => {
  const [row] = await database.lookup<WithLabels<Rights>>(
    `select ${KEY_RIGHTS} from api_keys k join users u on u.id = k.user_id where k.id = $1 and ${LIVE_KEY}`,
    [keyId],
  )
  return row ? named(row) : null
}

/** Once a minute, whatever the number of calls and of servers. */
export const noteKeyUse = (database: Pick<Database, 'system'>, keyId: string) =>
  database.system({}, 'write', (db) =>
    db.execute(
      sql`update api_keys set last_used_at = now() where id = ${keyId}
            and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    ),
  )

/** `null` for an account that does not exist. */
export const loadRights = async (database: Pick<Database, 'lookup'>, userId: string): Promise<Rights | null> => {
  const [row] = await database.lookup<WithLabels<Rights>>(`select ${RIGHTS} from users u where u.id = $1`, [userId])
  return row ? named(row) : null
}
