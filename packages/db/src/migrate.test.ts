import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, expect, inject, it } from 'vitest'
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
