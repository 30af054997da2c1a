import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseKeyRing } from '@servai/auth/key-ring'
import postgres from 'postgres'
import { afterAll, expect, inject, it } from 'vitest'
import { auditKey } from '../test/audit-stage.ts'
import { createSealer } from './audit/links.ts'
import { createSealing } from './audit/seal.ts'
import { verifyAudit } from './audit/verify.ts'
import { createDatabase } from './index.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { provision } from './provision.ts'
import { wallFaults } from './self-check.ts'

const drizzle = fileURLToPath(new URL('../../../drizzle', import.meta.url))
const cleanUps: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

/** An empty database beside that of the other tests, with the logins of its three roles. */
const emptyDatabase = async () => {
  const database = `servai_migrate_${randomBytes(4).toString('hex')}`
  const passwordOf = (url: string) => new URL(url).password
  const urls = { app: inject('databaseUrl'), system: inject('databaseSystemUrl'), owner: inject('databaseOwnerUrl') }
  await provision(inject('adminUrl'), {
    database,
    passwords: { owner: passwordOf(urls.owner), app: passwordOf(urls.app), system: passwordOf(urls.system) },
  })
  cleanUps.push(async () => {
    const admin = postgres(inject('adminUrl'), { max: 1 })
    await admin.unsafe(`drop database ${database} with (force)`)
    await admin.end()
  })
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href
  return { owner: at(urls.owner), app: at(urls.app), system: at(urls.system) }
}

const open = (urls: { app: string; system: string }) => {
  const database = createDatabase({
    appUrl: urls.app,
    systemUrl: urls.system,
    appMax: 1,
    systemMax: 1,
    acquireTimeoutMs: 2000,
    connectTimeoutMs: 2000,
    statementTimeoutMs: 5000,
    lockTimeoutMs: 2000,
    idleInTransactionTimeoutMs: 10_000,
  })
  cleanUps.push(() => database.close())
  return database
}

const journalOf = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: { idx: number; when: number; tag: string }[]
  }

/** The product's migrations with one more that fails half-way. */
const withFailingMigration = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'servai-drizzle-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  await cp(drizzle, folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = await journalOf(folder)
  const last = journal.entries.at(-1)!
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: '9999_half' } as never)
  await writeFile(journalFile, JSON.stringify(journal))
  await writeFile(join(folder, '9999_half.sql'), 'create table half (id int);\n--> statement-breakpoint\nselect 1 / 0;')
  return folder
}

it('is done once by eight instances that start together, and leaves no fault in the walls', async () => {
  const urls = await emptyDatabase()
  const database = open(urls)
  await Promise.all(Array.from({ length: 8 }, () => migrate(urls.owner)))
  expect(await pendingMigrations(database)).toBe(0)
  expect(await wallFaults(database)).toEqual([])
})

it('applies nothing when one migration fails, and says that all are pending', async () => {
  const urls = await emptyDatabase()
  const database = open(urls)
  const folder = await withFailingMigration()
  await expect(migrate(urls.owner, folder)).rejects.toMatchObject({ cause: { message: 'division by zero' } })
  const [tables] = await database.lookup<{ count: number }>(
    `select count(*)::int as count from pg_class where relnamespace = 'public'::regnamespace`,
    [],
  )
  expect(tables).toEqual({ count: 0 })
  expect(await pendingMigrations(database, folder)).toBe((await journalOf(folder)).entries.length)
})

it('counts the migrations a database lacks', async () => {
  const urls = await emptyDatabase()
  const database = open(urls)
  await migrate(urls.owner)
  expect(await pendingMigrations(database, await withFailingMigration())).toBe(1)
})

/** The product's migrations up to and with this one. */
const withMigrationsUntil = async (tag: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'servai-drizzle-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  await cp(drizzle, folder, { recursive: true })
  const journal = await journalOf(folder)
  const last = journal.entries.findIndex((entry) => entry.tag === tag)
  const entries = journal.entries.slice(0, last + 1)
  await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }))
  return folder
}

it('brings zones that are read two ways, and contacts kept in clear, over from an older database', async () => {
  const urls = await emptyDatabase()
  await migrate(urls.owner, await withMigrationsUntil('0003_timezones'))
  const system = postgres(urls.system, { max: 1 })
  cleanUps.push(() => system.end())
  const zones = ['+02:00', '-05', 'EST', 'cet', 'Turkey', 'UTC', 'Europe/Sofia', 'America/Port-au-Prince', 'Etc/GMT+3']
  for (const [at, zone] of zones.entries())
    await system`
      insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
      values (gen_random_uuid(), ${at}, 'Legal', ${at}, 'BG', 'EUR', 'bg', ${zone})`
  await system`
    insert into people (company_id, id, first_name, last_name, email, phone)
    select id, gen_random_uuid(), 'Maria', 'Ivanova', 'maria@mail.example', '+359881234567' from companies limit 1`

  await migrate(urls.owner)
  const migrated = await system`select timezone, version from companies order by name`
  expect(migrated.map(({ timezone }) => timezone)).toEqual([
    'Etc/GMT-2',
    'Etc/GMT+5',
    'Etc/GMT+5',
    'Europe/Brussels',
    'UTC',
    'UTC',
    'Europe/Sofia',
    'America/Port-au-Prince',
    'Etc/GMT+3',
  ])
  expect(await system`select after from audit_log where action = 'people.create'`).toEqual([
    { after: { first_name: 'Maria', last_name: 'Ivanova', email: 'm…@m….example', phone: '…67' } },
  ])
  await expect(system`update audit_log set after = null`).rejects.toMatchObject({ code: '42501' })
  expect(await wallFaults(open(urls))).toEqual([])
})

/** A superuser of one database, whom no grant stops from writing the past. */
const superuserOf = ({ app }: { app: string }) => {
  const url = Object.assign(new URL(inject('adminUrl')), { pathname: new URL(app).pathname }).href
  const superuser = postgres(url, { max: 1, onnotice: () => undefined })
  cleanUps.push(() => superuser.end())
  return superuser
}

it('brings an audit log of several past months over into their partitions, whole, to be sealed and verified', async () => {
  const urls = await emptyDatabase()
  await migrate(urls.owner, await withMigrationsUntil('0024_api_key_expiry_notice'))
  const superuser = superuserOf(urls)
  // The log begins months ago: the company's own entry would be of now.
  await superuser`set session_replication_role = replica`
  const company = '0199a5a0-0000-7000-8000-0000000000c1'
  await superuser`
    insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
    values (${company}, 'C', 'Legal', '1', 'BG', 'EUR', 'bg', 'UTC')`
  // The first and the last moment of each of three past months with one between them that is empty, and one of now.
  await superuser`
    insert into audit_log (at, company_id, request_id, action, after)
    select m.month + moment.after, whose.id, to_char(m.month, 'YYYY_MM'), 'units.update', '{"number": "2"}'
    from (select date_trunc('month', now(), 'UTC') - ago * interval '1 month' as month from unnest(array[6, 4, 1]) ago) m,
      (values (interval '0'), (interval '27 days 23:59:59.999')) moment (after), (values (${company}::uuid), (null)) whose (id)
    order by 1`
  await superuser`insert into audit_log (request_id, action) values (to_char(now(), 'YYYY_MM'), 'auth.login')`
  const rows = () => superuser`select to_jsonb(a) as row from audit_log a order by id`
  const before = await rows()

  await migrate(urls.owner)
  expect(await rows()).toEqual(before)
  const placed = await superuser<{ place: string; month: string }[]>`
    select tableoid::regclass::text as place, 'audit_log_' || to_char(at at time zone 'UTC', 'YYYY_MM') as month from audit_log`
  for (const { place, month } of placed) expect(place).toBe(month)
  expect(new Set(placed.map(({ place }) => place)).size).toBe(4)
  await superuser`insert into audit_log (action) values ('auth.login')`
  const [next] = await superuser<{ isNew: boolean }[]>`select max(id) = count(*) as "isNew" from audit_log`
  expect(next).toEqual({ isNew: true })

  const database = open(urls)
  const sealer = createSealer(parseKeyRing(auditKey('a1')))
  const sealing = createSealing(database, sealer)
  for (let turn = 0; turn < 3; turn++) await sealing.run()
  expect(await verifyAudit(database, sealer)).toMatchObject({ rows: before.length + 1, faults: [] })
  expect(await wallFaults(database)).toEqual([])
})

it('knows afterwards who has closed an account: the company that did last, or the platform', async () => {
  const urls = await emptyDatabase()
  await migrate(urls.owner, await withMigrationsUntil('0030_key_columns'))
  const superuser = superuserOf(urls)
  const [company] = await superuser<{ id: string }[]>`
    insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
    values (gen_random_uuid(), 'C', 'Legal', '1', 'BG', 'EUR', 'bg', 'UTC') returning id`
  const cases: [email: string, status: string, by: (string | null)[]][] = [
    ['company@a.test', 'disabled', [null, company!.id]],
    ['platform@a.test', 'disabled', [company!.id, null]],
    ['opened@a.test', 'active', [company!.id]],
    ['unknown@a.test', 'disabled', []],
  ]
  for (const [email, status, by] of cases) {
    const [user] = await superuser<{ id: string }[]>`
      insert into users (id, email, email_key, first_name, last_name, locale, status)
      values (gen_random_uuid(), ${email}, ${email}, 'A', 'B', 'en', ${status}) returning id`
    for (const companyId of by)
      await superuser`
        insert into audit_log (company_id, action, entity, entity_id)
        values (${companyId}, 'accounts.disable', 'users', ${user!.id})`
  }
  await migrate(urls.owner)
  const closed = await superuser<{ email: string; by: string | null; version: number }[]>`
    select email, disabled_by_company_id as by, version from users order by email`
  expect(closed.map(({ email, by, version }) => [email, by, version])).toEqual([
    ['company@a.test', company!.id, 1],
    ['opened@a.test', null, 1],
    ['platform@a.test', null, 1],
    ['unknown@a.test', null, 1],
  ])
  expect(await wallFaults(open(urls))).toEqual([])
})
