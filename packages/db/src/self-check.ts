import type { Database } from './index.ts'

/** Tables without a company: identity, which only the system role reads. */
export const IDENTITY_TABLES = ['users', 'credentials', 'login_throttle', 'sessions', 'auth_tokens', 'dev_mailbox']

type Fault = { fault: string }

const CATALOGUE = `
  select format('table %s does not force row-level security', c.relname) as fault
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and not (c.relrowsecurity and c.relforcerowsecurity)
  union all
  select format('table %s has no policy for servai_app', c.relname)
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all (string_to_array($1, ','))
    and not exists (
      select 1 from pg_policy p
      where p.polrelid = c.oid and 'servai_app'::regrole = any (p.polroles)
        and coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') like '%app.company_id%')
  union all
  select format('policy %s of %s lets servai_app pass without a company', p.polname, p.polrelid::regclass)
  from pg_policy p
  where (p.polroles = '{0}' or 'servai_app'::regrole = any (p.polroles))
    and (coalesce(pg_get_expr(p.polqual, p.polrelid), 'app.company_id') not like '%app.company_id%'
      or coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'app.company_id') not like '%app.company_id%')
  union all
  select format('identity table %s is open to servai_app', c.relname)
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relname = any (string_to_array($1, ','))
    and has_table_privilege('servai_app', c.oid, 'select,insert,update,delete')
  union all
  select format('view %s reads past row-level security', c.relname)
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
    and not coalesce(c.reloptions::text like '%security_invoker=true%', false)
  union all
  select format('role %s can bypass row-level security', r.rolname)
  from pg_roles r
  where r.rolname in ('servai_app', 'servai_system') and (r.rolsuper or r.rolbypassrls)
  union all
  select format('role %s owns table %s', r.rolname, c.relname)
  from pg_class c join pg_roles r on r.oid = c.relowner
  where c.relnamespace = 'public'::regnamespace and r.rolname in ('servai_app', 'servai_system')`

/** What makes this database unsafe to serve from; empty when nothing does. */
export const wallFaults = async (database: Database): Promise<string[]> => {
  const faults = await database.lookup<Fault>(CATALOGUE, [IDENTITY_TABLES.join(',')])
  const { execute } = { execute: `select current_user = 'servai_app' as ok, current_setting('is_superuser') as super` }
  const [role] = await database.company(
    { companyId: '00000000-0000-0000-0000-000000000000' },
    'read',
    async (db) =>
      (await db.execute<{ ok: boolean; super: string }>(execute)) as unknown as { ok: boolean; super: string }[],
  )
  const login = role?.ok && role.super === 'off' ? [] : ['DATABASE_URL does not sign in as servai_app']
  return [...login, ...faults.map(({ fault }) => fault)]
}
