import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '@servai/db'

type Row = Record<string, unknown>
export type Section = { name: string; rows: (database: Database, userId: string) => AsyncIterable<Row[]> }

const read = (database: Database, query: SQL) =>
  database.system({}, 'read', async (db) => [...(await db.execute<Row>(query))])

/** All of it at once: as much as one person has. */
const section = (name: string, query: (userId: string) => SQL): Section => ({
  name,
  async *rows(database, userId) {
    yield await read(database, query(userId))
  },
})

const ACTIVITY_ROWS = 1_000

/**
 * What the account did, and what was done to it. Of its deeds among others only that they were: the rows of others stay
 * with them. Contacts are masked as they are in the log.
 */
const activity: Section = {
  name: 'activity',
  async *rows(database, userId) {
    const address = sql`nullif(a.address, 'unknown')::inet`
    const network = sql`network(set_masklen(${address}, case family(${address}) when 4 then 24 else 48 end))::text`
    const isDeed = sql`(a.actor_id = ${userId} and a.impersonator_id is null)`
    const isOwn = sql`(a.entity_id = ${userId} or (a.company_id, a.entity_id) in (select company_id, id from own))`
    const nextRows = sql`order by a.at, a.id limit ${ACTIVITY_ROWS}`
    for (let after = { at: '-infinity', id: 0 }; ;) {
      const isLater = sql`(a.at, a.id) > (${after.at}::timestamptz, ${after.id}::bigint)`
      const rows = await read(
        database,
        sql`
        with own as (
          select company_id, ${userId}::uuid as id from role_grants where user_id = ${userId} and company_id is not null
          union select company_id, ${userId}::uuid from staff_profiles where user_id = ${userId}
          union select company_id, id from staff_profiles where user_id = ${userId}
          union select company_id, id from people where user_id = ${userId}
          union select company_id, id from claims where user_id = ${userId}
          union select r.company_id, r.id from residencies r
            join people p on p.company_id = r.company_id and p.id = r.person_id where p.user_id = ${userId}),
        entries as (
          (select a.* from audit_log a where a.actor_id = ${userId} and ${isLater} ${nextRows})
          union all
          (select a.* from audit_log a where a.company_id is null and a.entity_id = ${userId} and ${isLater} ${nextRows})
          union all
          (select a.* from own join audit_log a on a.company_id = own.company_id and a.entity_id = own.id
            where ${isLater} ${nextRows}))
        select distinct on (a.at, a.id) a.id::float8 as number, a.at, a.action, a.result, a.entity, a.entity_id as "entityId",
          case when ${isDeed} then 'you' when a.actor_id = ${userId} then 'somebody in your name'
            when a.actor_id is null then 'system' else 'somebody else' end as "by",
          case when ${isDeed} then ${network} end as network, case when ${isDeed} then a.session_id end as "sessionId",
          c.name as company, case when ${isOwn} then a.before end as before, case when ${isOwn} then a.after end as after
        from entries a left join companies c on c.id = a.company_id
        ${nextRows}`,
      )
      yield rows
      if (rows.length < ACTIVITY_ROWS) return
      const { at, number } = rows.at(-1)!
      after = { at: String(at), id: Number(number) }
    }
  },
}

const unitNames = sql`u.number as unit, b.name as building, x.name as complex, co.name as company`
const unitTables = sql`join units u on u.company_id = r.company_id and u.id = r.unit_id
  join buildings b on b.company_id = u.company_id and b.id = u.building_id
  join complexes x on x.company_id = u.company_id and x.id = u.complex_id
  join companies co on co.id = r.company_id`

/** What the file holds: never a password, a secret, a token or a hash, and nothing that is somebody else's. */
export const SECTIONS: readonly Section[] = [
  section(
    'account',
    (userId) => sql`
    select id, email, first_name as "firstName", last_name as "lastName", locale, status, email_verified_at as "emailVerifiedAt",
      created_at as "createdAt", updated_at as "updatedAt",
      (select changed_at from credentials where user_id = users.id) as "passwordChangedAt"
    from users where id = ${userId}`,
  ),
  section(
    'email-changes',
    (userId) => sql`
    select old_email as "oldEmail", new_email as "newEmail", created_at as "createdAt", old_confirmed_at as "oldConfirmedAt",
      new_confirmed_at as "newConfirmedAt", cancelled_at as "cancelledAt", done_at as "doneAt"
    from email_changes where user_id = ${userId} order by created_at`,
  ),
  section(
    'sessions',
    (userId) => sql`
    select id, created_at as "createdAt", last_seen_at as "lastSeenAt", expires_at as "expiresAt", revoked_at as "endedAt",
      revoked_reason as "endedBecause", address_prefix as network, user_agent as browser, delivery, second_factor_at as "secondFactorAt"
    from sessions where user_id = ${userId} order by created_at`,
  ),
  section(
    'second-factors',
    (userId) => sql`
    select 'authenticator app' as kind, null as name, confirmed_at as "since", last_used_at as "lastUsedAt"
      from totp_factors where user_id = ${userId} and confirmed_at is not null
    union all select 'passkey', name, created_at, last_used_at from passkeys where user_id = ${userId}
    union all select 'recovery code', null, created_at, used_at from recovery_codes where user_id = ${userId}
    union all select 'trusted browser', user_agent, created_at, last_used_at from trusted_devices where user_id = ${userId}
    order by 1, 3`,
  ),
  section(
    'roles',
    (userId) => sql`
    select g.role, co.name as company, x.name as complex, g.created_at as "since", g.expires_at as "until", null as title, null as phone, null as name
      from role_grants g left join companies co on co.id = g.company_id
      left join complexes x on x.company_id = g.company_id and x.id = g.complex_id where g.user_id = ${userId}
    union all select 'staff profile', co.name, null, s.created_at, s.deleted_at, s.title, s.phone, null
      from staff_profiles s join companies co on co.id = s.company_id where s.user_id = ${userId}
    union all select 'API key', co.name, null, k.created_at, coalesce(k.revoked_at, k.expires_at), k.role, null, k.name || ' (' || k.prefix || ')'
      from api_keys k join companies co on co.id = k.company_id where k.user_id = ${userId}
    order by 4`,
  ),
  section(
    'people',
    (userId) => sql`
    select co.name as company, p.first_name as "firstName", p.last_name as "lastName", p.email, p.phone, p.note,
      p.created_at as "createdAt", p.updated_at as "updatedAt", p.deleted_at as "removedAt"
    from people p join companies co on co.id = p.company_id where p.user_id = ${userId} order by co.name`,
  ),
  section(
    'homes',
    (userId) => sql`
    select ${unitNames}, r.kind, r.starts_on as "startsOn", r.ends_on as "endsOn", r.share_numerator as "shareNumerator",
      r.share_denominator as "shareDenominator", r.verified_level as "verifiedLevel", r.deleted_at as "removedAt"
    from residencies r join people p on p.company_id = r.company_id and p.id = r.person_id ${unitTables}
    where p.user_id = ${userId} order by r.starts_on, r.id`,
  ),
  section(
    'requests',
    (userId) => sql`
    select co.name as company, x.name as complex, c.first_name as "firstName", c.last_name as "lastName", c.email, c.phone,
      c.stated_building as building, c.stated_unit as unit, c.kind, c.message, c.status, c.created_at as "createdAt",
      c.decided_at as "decidedAt", c.decision_note as answer
    from claims c join companies co on co.id = c.company_id join complexes x on x.company_id = c.company_id and x.id = c.complex_id
    where c.user_id = ${userId} order by c.created_at`,
  ),
  section(
    'invites',
    (userId) => sql`
    select 'made' as what, ${unitNames}, r.kind, r.created_at as "at", r.expires_at as "until", r.used_count as "timesUsed", null as role
      from invites r ${unitTables} where r.created_by = ${userId}
    union all select 'accepted', ${unitNames}, r.kind, i.created_at, null, null, null
      from invite_uses i join residencies r on r.company_id = i.company_id and r.id = i.residency_id ${unitTables} where i.user_id = ${userId}
    union all select 'made, to the staff', null, null, null, co.name, null, s.created_at, s.expires_at, null, s.role
      from staff_invites s join companies co on co.id = s.company_id where s.created_by = ${userId}
    union all select 'accepted, to the staff', null, null, null, co.name, null, s.accepted_at, null, null, s.role
      from staff_invites s join companies co on co.id = s.company_id where s.accepted_by = ${userId}
    order by 7`,
  ),
  activity,
]
