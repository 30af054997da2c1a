import { eq, sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  createDatabase,
  HandleClosedError,
  PoolExhaustedError,
  prepared,
  type CompanyDb,
  type DatabaseOptions,
} from './index.ts'
import { ConnectionLostError } from './lanes.ts'
import { companies } from './schema/companies.ts'
import { complexes } from './schema/complexes.ts'

const options = (overrides: Partial<DatabaseOptions> = {}): DatabaseOptions => ({
  appUrl: inject('databaseUrl'),
  systemUrl: inject('databaseSystemUrl'),
  appMax: 1,
  systemMax: 1,
  acquireTimeoutMs: 300,
  connectTimeoutMs: 2000,
  statementTimeoutMs: 1000,
  lockTimeoutMs: 500,
  idleInTransactionTimeoutMs: 2000,
  ...overrides,
})

const database = createDatabase(options())
const admin = postgres(inject('databaseOwnerUrl'), { max: 1, onnotice: () => undefined })
const home = '019a0000-0000-7000-8000-00000000a001'
const stranger = '019a0000-0000-7000-8000-00000000a002'

const company = (id: string, name: string) => ({
  id,
  name,
  legalName: name,
  registrationNumber: `lanes-${name}`,
  country: 'BG',
  currency: 'EUR',
  locale: 'bg',
  timezone: 'Europe/Sofia',
})
const complex = (name: string) => ({ name, city: 'Varna', address: 'ul. Morska 1', timezone: 'Europe/Sofia' })

const inCompany = <T>(companyId: string, work: (db: CompanyDb) => Promise<T>) =>
  database.company({ companyId }, 'write', work)
const reads = <T>(companyId: string, work: (db: CompanyDb) => Promise<T>) =>
  database.company({ companyId }, 'read', work)
const names = (companyId: string) =>
  reads(companyId, async (db) =>
    (await db.select({ name: complexes.name }).from(complexes)).map((row) => row.name).sort(),
  )

beforeAll(async () => {
  await database.system({}, 'write', async (db) => {
    await db.insert(companies).values([company(home, 'home'), company(stranger, 'stranger')])
  })
  await inCompany(home, (db) => db.insert(complexes).values(complex('Morska')))
})
afterAll(async () => {
  await database.close()
  await admin.end()
})

describe('the wall', () => {
  it('fills the company of the transaction and shows its rows to nobody else', async () => {
    expect(await names(home)).toEqual(['Morska'])
    expect(await names(stranger)).toEqual([])
  })

  it('refuses a row for another company', async () => {
    const attempt = inCompany(home, (db) => db.insert(complexes).values({ ...complex('Planted'), companyId: stranger }))
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
    expect(await names(stranger)).toEqual([])
  })

  it('leaves nothing of the company to the next borrower of the connection', async () => {
    await names(home)
    const left = await database.system({}, 'read', (db) =>
      db.execute(sql`select current_setting('app.company_id', true) as id`),
    )
    expect(left[0]).toEqual({ id: null })
    const own = await reads(stranger, (db) => db.execute(sql`select current_setting('app.company_id') as id`))
    expect(own[0]).toEqual({ id: stranger })
  })

  it('cannot be left by a value that closes the quote', async () => {
    const requestId = `x'; set local app.company_id = '${stranger}`
    const seen = await database.company({ companyId: home, requestId }, 'read', (db) =>
      db.execute(sql`select current_setting('app.company_id') as id`),
    )
    expect(seen[0]).toEqual({ id: home })
  })
})

describe('a transaction', () => {
  it('undoes everything when its work throws', async () => {
    const attempt = inCompany(home, async (db) => {
      await db.insert(complexes).values(complex('Half'))
      throw new Error('changed my mind')
    })
    await expect(attempt).rejects.toThrow('changed my mind')
    expect(await names(home)).toEqual(['Morska'])
  })

  it.each([1, 2, 3])('fails as a whole when statement %i fails, even if the error is swallowed', async (failing) => {
    const attempt = inCompany(home, async (db) => {
      for (const step of [1, 2, 3])
        await (
          step === failing ? db.execute(sql`select 1 / 0`) : db.insert(complexes).values(complex(`Step ${step}`))
        ).catch(() => undefined)
    })
    await expect(attempt).rejects.toMatchObject({ code: '22012' })
    expect(await names(home)).toEqual(['Morska'])
  })

  it('answers the error of its very first statement instead of hanging, and serves the next caller', async () => {
    await expect(inCompany(home, (db) => db.execute(sql`select nothing`))).rejects.toMatchObject({ code: '42703' })
    expect(await names(home)).toEqual(['Morska'])
  })

  it('cannot write when it was opened to read', async () => {
    const attempt = reads(home, (db) => db.insert(complexes).values(complex('Sneaked')))
    await expect(attempt).rejects.toMatchObject({ code: '25006' })
  })

  it('refuses a handle that outlived it, prepared or not', async () => {
    const byName = prepared((db) =>
      db
        .select()
        .from(complexes)
        .where(eq(complexes.name, sql.placeholder('name'))),
    )
    let leaked: CompanyDb | undefined
    await reads(home, async (db) => {
      leaked = db
      expect(await byName(db, { name: 'Morska' })).toHaveLength(1)
    })
    await expect(leaked!.select().from(complexes)).rejects.toMatchObject({ cause: expect.any(HandleClosedError) })
    await expect(byName(leaked!, { name: 'Morska' })).rejects.toMatchObject({ cause: expect.any(HandleClosedError) })
  })

  it('waits for statements nobody awaited', async () => {
    await inCompany(home, async (db) => {
      void db.insert(complexes).values(complex('Unawaited')).execute()
    })
    expect(await names(home)).toContain('Unawaited')
    await inCompany(home, (db) =>
      db.update(complexes).set({ deletedAt: new Date() }).where(eq(complexes.name, 'Unawaited')),
    )
  })

  it('is cut off by the statement time-out and leaves a usable connection', async () => {
    await expect(inCompany(home, (db) => db.execute(sql`select pg_sleep(5)`))).rejects.toMatchObject({ code: '57014' })
    expect(await names(home)).toContain('Morska')
  })

  it.each(['before its first statement', 'between two statements'])(
    'commits nothing when its connection is cut %s',
    async (moment) => {
      const attempt = inCompany(home, async (db) => {
        const [own] = await db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
        if (moment === 'between two statements') await db.insert(complexes).values(complex('Cut'))
        const killer = postgres(inject('adminUrl'), { max: 1 })
        await killer`select pg_terminate_backend(${own!.pid})`
        await killer.end()
        await new Promise((resolve) => setTimeout(resolve, 50))
        await db
          .insert(complexes)
          .values(complex('After the cut'))
          .catch(() => undefined)
        await db.insert(complexes).values(complex('Much later'))
      })
      await expect(attempt).rejects.toThrow(ConnectionLostError)
      const all = await names(home)
      expect(all).not.toContain('Cut')
      expect(all).not.toContain('Much later')
    },
  )
})

describe('the pool', () => {
  it('refuses after the acquire time-out instead of waiting for ever', async () => {
    let free = () => {}
    const blocker = reads(home, () => new Promise<void>((resolve) => (free = resolve)))
    await expect(names(home)).rejects.toThrow(PoolExhaustedError)
    free()
    await blocker
    expect(await names(home)).toContain('Morska')
  })

  it('serves waiting callers in turn, each in its own company', async () => {
    const seen = await Promise.all(
      Array.from({ length: 40 }, (_, turn) => (turn % 2 === 0 ? names(home) : names(stranger))),
    )
    for (const [turn, rows] of seen.entries()) expect(rows.includes('Morska')).toBe(turn % 2 === 0)
  })

  it('raises the version with every change and audits it with its author', async () => {
    const userId = '019a0000-0000-7000-8000-00000000b001'
    const scope = { companyId: home, userId, requestId: 'r-1' }
    await database.company(scope, 'write', (db) =>
      db.update(complexes).set({ city: 'Burgas' }).where(eq(complexes.name, 'Morska')),
    )
    const [row] = await reads(home, (db) => db.select().from(complexes).where(eq(complexes.name, 'Morska')))
    expect(row).toMatchObject({ city: 'Burgas', version: 2 })
    const [entry] = await reads(home, (db) =>
      db.execute(
        sql`select actor_id, request_id, before, after from audit_log where entity_id = ${row!.id} and action = 'complexes.update'`,
      ),
    )
    expect(entry).toEqual({ actor_id: userId, request_id: 'r-1', before: { city: 'Varna' }, after: { city: 'Burgas' } })
  })

  it('lets nobody change what was audited', async () => {
    await expect(reads(home, (db) => db.execute(sql`delete from audit_log`))).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|25006)$/),
    })
    await expect(
      database.system({}, 'write', (db) => db.execute(sql`update audit_log set action = 'nothing'`)),
    ).rejects.toMatchObject({ code: '42501' })
  })
})

it('refuses a time zone that PostgreSQL does not know, before a query has to work with it', async () => {
  const attempt = inCompany(home, (db) =>
    db.insert(complexes).values({ ...complex('Far away'), timezone: 'Mars/Olympus' }),
  )
  await expect(attempt).rejects.toMatchObject({ code: '22023' })
})
