import type { Database } from './index.ts'

/** Tables without a company: identity, which only the system role reads. */
export const IDENTITY_TABLES = [
  'users',
  'credentials',
  'login_throttle',
  'sessions',
  'auth_tokens',
  'totp_factors',
  'passkeys',
  'recovery_codes',
  'trusted_devices',
  'sign_in_challenges',
  'passkey_ceremonies',
  'email_changes',
  'factor_resets',
  'impersonations',
  'account_exports',
  'account_erasures',
  'scheduled_runs',
  'audit_sealing',
  'dev_mailbox',
]

const COMPANY_TABLE = ['SELECT', 'INSERT', 'UPDATE']
const BULK_TABLE = [...COMPANY_TABLE, 'DELETE']

const columns = (right: string, names: string) => names.split(' ').map((name) => `${right} ${name}`)

/** Written by triggers and services; the rest of a row is the database's to say. */
const AUDIT_ROW = [
  'SELECT',
  ...columns('INSERT', 'company_id actor_id session_id request_id address action result entity entity_id before after'),
]

/** What `servai_app` may do with a table that is not simply a company's; `UPDATE name` is a right to one column. */
const APP_RIGHTS: Record<string, readonly string[]> = {
  ...Object.fromEntries(IDENTITY_TABLES.map((table) => [table, []])),
  users: columns('SELECT', 'id email first_name last_name locale status email_verified_at'),
  companies: [
    'SELECT',
    ...columns('UPDATE', 'name legal_name vat_number currency locale timezone address email phone bank_name iban bic'),
  ],
  role_grants: ['SELECT', 'INSERT', 'DELETE'],
  // Whose a key is and how far it goes is said once, when it is made.
  api_keys: ['SELECT', 'INSERT', ...columns('UPDATE', 'expires_at revoked_at revoked_by')],
  platform_settings: ['SELECT'],
  outbox: ['INSERT'],
  audit_log: AUDIT_ROW,
  audit_seals: columns('SELECT', 'chain seq audit_id at sealed_at'),
  audit_chains: columns('SELECT', 'chain seq sealed_at dropped_seq rows_since'),
  import_rows: BULK_TABLE,
  import_files: BULK_TABLE,
  export_files: BULK_TABLE,
}

/** The same for `servai_system`. */
const SYSTEM_RIGHTS: Record<string, readonly string[]> = {
  audit_log: AUDIT_ROW,
  audit_seals: ['SELECT', 'INSERT'],
  audit_chains: COMPANY_TABLE,
  audit_sealing: ['SELECT', 'UPDATE'],
}

const EXPECTED = JSON.stringify({
  servai_app: { tables: APP_RIGHTS, others: COMPANY_TABLE },
  servai_system: { tables: SYSTEM_RIGHTS, others: BULK_TABLE },
})

/** `$1` names the identity tables, `$2` is `EXPECTED`. */
const CATALOGUE = `
  with served as (select oid, rolname as name from pg_roles where rolname in ('servai_app', 'servai_system')),
  relation as (select * from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')),
  held as (
    select c.relname as name, c.relkind as kind, c.relispartition as is_part, acl.grantee, acl.privilege_type as what
    from relation c cross join aclexplode(c.relacl) acl
    union all
    select c.relname, c.relkind, c.relispartition, acl.grantee, acl.privilege_type || ' ' || a.attname
    from relation c join pg_attribute a on a.attrelid = c.oid cross join aclexplode(a.attacl) acl
  ),
  routine as (
    select p.oid::regprocedure as name, p.* from pg_proc p
    where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  )
  select format('table %s does not force row-level security', c.relname) as fault
  from relation c
  where c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
  union all
  select format('table %s has no policy for servai_app', c.relname)
  from relation c
  where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all (string_to_array($1, ','))
    and not exists (
      select 1 from pg_policy p
      where p.polrelid = c.oid and 'servai_app'::regrole = any (p.polroles)
        and coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') like '%app.company_id%')
  union all
  select format('policy %s of %s lets servai_app pass without a company', p.polname, p.polrelid::regclass)
  from pg_policy p
  cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) e (condition)
  where p.polpermissive and (p.polroles = '{0}' or 'servai_app'::regrole = any (p.polroles))
    and (e.condition not like '%app.company_id%' or e.condition ~* '\\mor\\M')
  union all
  select format('view %s reads past row-level security', c.relname)
  from relation c
  where c.relkind in ('m', 'f') or (c.relkind = 'v' and not coalesce(c.reloptions::text like '%security_invoker=true%', false))
  union all
  select format('%s may %s %s', s.name, lower(split_part(h.what, ' ', 1)), concat_ws('.', h.name, nullif(split_part(h.what, ' ', 2), '')))
  from held h
  join served s on s.oid = h.grantee
  join jsonb_each($2::text::jsonb) e (role, rights) on e.role = s.name
  where h.is_part or not case when h.kind in ('r', 'p') then coalesce(e.rights -> 'tables' -> h.name, e.rights -> 'others') else '["SELECT"]' end ? h.what
  union all
  select format('everybody may %s %s', lower(h.what), h.name) from held h where h.grantee = 0
  union all
  select format('%s may create in schema public', coalesce(s.name, 'everybody'))
  from pg_namespace n cross join aclexplode(n.nspacl) acl left join served s on s.oid = acl.grantee
  where n.oid = 'public'::regnamespace and acl.privilege_type = 'CREATE' and (acl.grantee = 0 or s.oid is not null)
  union all
  select format('role %s can bypass row-level security', r.rolname)
  from pg_roles r join served s on s.oid = r.oid
  where r.rolsuper or r.rolbypassrls
  union all
  select format('role %s may make roles or databases, or replicate', r.rolname)
  from pg_roles r join served s on s.oid = r.oid
  where r.rolcreaterole or r.rolcreatedb or r.rolreplication
  union all
  select format('role %s is a member of %s', s.name, m.roleid::regrole)
  from pg_auth_members m join served s on s.oid = m.member
  union all
  select format('role %s owns table %s', s.name, c.oid::regclass)
  from pg_class c join served s on s.oid = c.relowner
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and (s.name = 'servai_app' or c.relnamespace = 'public'::regnamespace)
  union all
  select format('role %s owns function %s', s.name, f.name)
  from routine f join served s on s.oid = f.proowner
  where s.name = 'servai_app' or f.pronamespace = 'public'::regnamespace
  union all
  select format('function %s runs as its owner with the caller''s search_path', f.name)
  from routine f
  where f.prosecdef and not coalesce(array_to_string(f.proconfig, ',') like '%search_path=%', false)
  union all
  select format('function %s runs as its owner for everybody', f.name)
  from routine f
  where f.prosecdef
    and exists (select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) acl where acl.grantee = 0)
  union all
  select format('trigger %s of %s is switched off', t.tgname, c.relname)
  from pg_trigger t join relation c on c.oid = t.tgrelid
  where t.tgenabled <> 'O' and not t.tgisinternal
  union all
  select format('table %s is not append-only', c.relname)
  from relation c
  where (c.relname in ('audit_log', 'audit_seals', 'audit_chains') or c.relispartition)
    and not exists (
      select 1 from pg_trigger t
      where t.tgrelid = c.oid and t.tgname = 'append_only' and t.tgfoid = 'refuse_change'::regproc
        and t.tgtype = case c.relname when 'audit_chains' then 42 else 58 end)
  union all
  select distinct format('%s has no month for %s', parent.relname, to_char(due.month, 'YYYY-MM'))
  from relation parent
  cross join (values (now()), (now() + interval '14 days')) due (month)
  where parent.relkind = 'p' and to_regclass(parent.relname || to_char(due.month at time zone 'UTC', '_YYYY_MM')) is null
  union all
  select format('changes of %s are audited by what its columns were: CALL audit_table(''%s'')', c.relname, c.relname)
  from pg_trigger t
  join relation c on c.oid = t.tgrelid
  cross join lateral audit_arguments(c.oid) a
  where t.tgfoid = 'audit_changes'::regproc
    and t.tgargs <> convert_to(a.unaudited, 'UTF8') || '\\x00' || convert_to(a.contacts, 'UTF8') || '\\x00'
  group by c.relname
  union all
  select 'DATABASE_SYSTEM_URL does not sign in as servai_system' where session_user <> 'servai_system'`

/**
 * What makes this database unsafe to serve from; empty when nothing does. Rights come from grants alone: a role that
 * serves belongs to no other, which is a fault of its own.
 */
export const wallFaults = async (database: Pick<Database, 'lookup' | 'company'>): Promise<string[]> => {
  const faults = await database.lookup<{ fault: string }>(CATALOGUE, [IDENTITY_TABLES.join(','), EXPECTED])
  const [login] = await database.company({ companyId: '00000000-0000-0000-0000-000000000000' }, 'read', async (db) =>
    db.execute<{ isApp: boolean }>(`select session_user = 'servai_app' as "isApp"`),
  )
  return [...(login?.isApp ? [] : ['DATABASE_URL does not sign in as servai_app']), ...faults.map(({ fault }) => fault)]
}
