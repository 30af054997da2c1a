import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { database, databaseOptions } from '../test/factories.ts'
import { createDatabase } from './index.ts'
import { freshDatabase } from './seed/fresh-database.ts'
import { wallFaults } from './self-check.ts'

let own: Awaited<ReturnType<typeof freshDatabase>>
let admin: postgres.Sql
beforeAll(async () => {
  own = await freshDatabase()
  const url = Object.assign(new URL(inject('adminUrl')), { pathname: new URL(own.ownerUrl).pathname })
  admin = postgres(url.href, { max: 1, onnotice: () => undefined })
})
afterAll(async () => {
  await admin.end()
  await own.drop()
})

/** Faults inside a transaction that never commits: roles belong to the whole server, where other tests run. */
const faultsAfter = async (planted: string) => {
  await admin.unsafe(`begin; ${planted}; set local session authorization servai_system`)
  try {
    const lookup = async <Row>(text: string, params: unknown[]) =>
      // The statement's author states the row type, as in `Database.lookup`.
      [...(await admin.unsafe(text, params as string[]))] as unknown as Row[]
    return await wallFaults({ lookup, company: database.company })
  } finally {
    await admin.unsafe('rollback')
  }
}

const MONTH = `audit_log_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
const DEFINER = 'returns int language sql security definer'

describe('a fallen wall is named:', () => {
  it.each([
    ['', []],
    ['alter table units no force row level security', ['table units does not force row-level security']],
    ['alter table units disable row level security', ['table units does not force row-level security']],
    [
      'create table meters (id int)',
      ['table meters does not force row-level security', 'table meters has no policy for servai_app'],
    ],
    ['drop policy company_isolation on complexes', ['table complexes has no policy for servai_app']],
    ['create view leak as select * from people', ['view leak reads past row-level security']],
    ['create materialized view leak as select * from people', ['view leak reads past row-level security']],
    ['alter view units_active set (security_invoker = false)', ['view units_active reads past row-level security']],
    ...[
      'to servai_app using (true)',
      'using (true)',
      'to servai_app for insert with check (true)',
      `to servai_app using (company_id::text = current_setting('app.company_id') or deleted_at is null)`,
      `to servai_app using (company_id::text = current_setting('app.company_id')) with check (true)`,
    ].map((policy): [string, string[]] => [
      `create policy loose on complexes ${policy.replace(/^(to servai_app) (for insert)/, '$2 $1')}`,
      ['policy loose of complexes lets servai_app pass without a company'],
    ]),
    ['alter role servai_app bypassrls', ['role servai_app can bypass row-level security']],
    ['alter role servai_system superuser', ['role servai_system can bypass row-level security']],
    ['alter role servai_app createrole', ['role servai_app may make roles or databases, or replicate']],
    ['grant postgres to servai_app', ['role servai_app is a member of postgres']],
    ['grant servai_system to servai_app with inherit false', ['role servai_app is a member of servai_system']],
    ['grant servai_owner to servai_system', ['role servai_system is a member of servai_owner']],
    ...['pg_read_all_data', 'pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program'].map(
      (role): [string, string[]] => [`grant ${role} to servai_app`, [`role servai_app is a member of ${role}`]],
    ),
    ...['delete', 'truncate', 'references', 'trigger'].map((right): [string, string[]] => [
      `grant ${right} on units to servai_app`,
      [`servai_app may ${right} units`],
    ]),
    ['grant truncate on units to servai_system', ['servai_system may truncate units']],
    ...['update', 'delete', 'truncate'].flatMap((right): [string, string[]][] =>
      ['servai_app', 'servai_system'].map((role) => [
        `grant ${right} on audit_log to ${role}`,
        [`${role} may ${right} audit_log`],
      ]),
    ),
    ...['id', 'at', 'impersonator_id', 'api_key_id'].map((column): [string, string[]] => [
      `grant insert (${column}) on audit_log to servai_app`,
      [`servai_app may insert audit_log.${column}`],
    ]),
    [`grant select on ${MONTH} to servai_app`, [`servai_app may select ${MONTH}`]],
    ['grant insert on audit_seals to servai_app', ['servai_app may insert audit_seals']],
    ['grant update on audit_seals to servai_system', ['servai_system may update audit_seals']],
    ['grant delete on audit_chains to servai_system', ['servai_system may delete audit_chains']],
    ...['audit_log', 'audit_seals', 'audit_chains', MONTH].flatMap((table): [string, string[]][] => [
      [`drop trigger append_only on ${table}`, [`table ${table} is not append-only`]],
      [`alter table ${table} disable trigger append_only`, [`trigger append_only of ${table} is switched off`]],
    ]),
    [
      `drop trigger append_only on audit_log;
       create trigger append_only before delete on audit_log for each statement execute function refuse_change()`,
      ['table audit_log is not append-only'],
    ],
    [`alter table ${MONTH} no force row level security`, [`table ${MONTH} does not force row-level security`]],
    [`drop table ${MONTH}`, [`audit_log has no month for ${MONTH.slice(-7).replace('_', '-')}`]],
    [
      'alter table people add column second_phone text',
      [`changes of people are audited by what its columns were: CALL audit_table('people')`],
    ],
    [`alter table people add column second_phone text; call audit_table('people')`, []],
    ['alter table units disable trigger audit_update', ['trigger audit_update of units is switched off']],
    ['grant update (before) on audit_log to servai_app', ['servai_app may update audit_log.before']],
    ['grant select on credentials to servai_app', ['servai_app may select credentials']],
    ['grant select (password_hash) on credentials to servai_app', ['servai_app may select credentials.password_hash']],
    ['grant update (status) on companies to servai_app', ['servai_app may update companies.status']],
    [
      'grant update (country, registration_number) on companies to servai_app',
      ['servai_app may update companies.country', 'servai_app may update companies.registration_number'],
    ],
    ['grant update on role_grants to servai_app', ['servai_app may update role_grants']],
    ['grant insert on units_active to servai_app', ['servai_app may insert units_active']],
    ['grant select on people to public', ['everybody may select people']],
    ['grant create on schema public to servai_app', ['servai_app may create in schema public']],
    ['grant create on schema public to public', ['everybody may create in schema public']],
    [
      'alter view units_active owner to servai_app',
      ['role servai_app owns table units_active', 'servai_app may delete units_active'],
    ],
    ['alter table units owner to servai_system', ['role servai_system owns table units']],
    // The job queue's own, in its own schema, out of servai_app's reach.
    [
      `set local role servai_system; create function bullmq.tick() returns int language sql as 'select 1'; reset role`,
      [],
    ],
    ['alter function touch_row() owner to servai_app', ['role servai_app owns function touch_row()']],
    [
      `create function loose() ${DEFINER} as 'select 1'`,
      [
        `function loose() runs as its owner for everybody`,
        `function loose() runs as its owner with the caller's search_path`,
      ],
    ],
    [
      `create function loose() ${DEFINER} set search_path = public as 'select 1'`,
      ['function loose() runs as its owner for everybody'],
    ],
    [
      `create function loose() ${DEFINER} as 'select 1'; revoke execute on function loose() from public`,
      [`function loose() runs as its owner with the caller's search_path`],
    ],
    [
      'grant execute on function search_people to public',
      ['function search_people(text,integer,uuid[]) runs as its owner for everybody'],
    ],
  ] as [string, string[]][])('%s', async (planted, faults) => {
    expect(await faultsAfter(planted)).toEqual(expect.arrayContaining(faults))
    if (!planted.includes('owner to')) expect((await faultsAfter(planted)).toSorted()).toEqual(faults.toSorted())
  })

  it('logins that are swapped', async () => {
    const { appUrl, systemUrl } = databaseOptions()
    const swapped = createDatabase(databaseOptions({ appUrl: systemUrl, systemUrl: appUrl }))
    try {
      expect(await wallFaults(swapped)).toEqual([
        'DATABASE_URL does not sign in as servai_app',
        'DATABASE_SYSTEM_URL does not sign in as servai_system',
      ])
    } finally {
      await swapped.close()
    }
  })
})
