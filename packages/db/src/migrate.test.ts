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
  JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')) as { entries: { idx: number; when: number }[] }

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

it('names a wall that has fallen', async () => {
  const urls = await emptyDatabase()
  const database = open(urls)
  await migrate(urls.owner)
  const owner = postgres(urls.owner, { max: 1 })
  cleanUps.push(() => owner.end())
  await owner`alter table units no force row level security`
  await owner`drop policy company_isolation on complexes`
  await owner`create policy loose on complexes to servai_app using (true)`
  await owner`create view leak as select * from people`
  await owner`grant select on credentials to servai_app`
  expect((await wallFaults(database)).sort()).toEqual([
    'identity table credentials is open to servai_app',
    'policy loose of complexes lets servai_app pass without a company',
    'table complexes has no policy for servai_app',
    'table units does not force row-level security',
    'view leak reads past row-level security',
  ])
})
