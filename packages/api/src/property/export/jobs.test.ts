import type { createExportInput } from '@servai/contract/exports'
import type { CompanyDb } from '@servai/db'
import { exportFiles, exports } from '@servai/db/schema/exports'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildUnit,
  database,
  type Building,
  type Company,
  type Complex,
} from '@servai/db/test/factories'
import { eq, sql } from 'drizzle-orm'
import { parse } from 'csv-parse/sync'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { asUser, buildRequest, employ, refusal, services, signIn } from '../../../test/callers.ts'
import type { JobCtx } from '../../jobs.ts'
import { openExportFile } from './download.ts'
import { runExport, sweepExports } from './jobs.ts'
import { beginExport, stepExport } from './service.ts'

type Input = z.input<typeof createExportInput>
type Staff = Awaited<ReturnType<typeof employ>>

const ROWS = 4_500

let company: Company
let complex: Complex
let block: Building
beforeAll(async () => {
  company = await buildCompany()
  complex = await buildComplex({ company })
  block = await buildBuilding({ complex })
  await database.system({}, 'write', (db) =>
    db.execute(sql`
      insert into units (company_id, id, complex_id, building_id, number, number_sort)
      select ${company.id}, gen_random_uuid(), ${complex.id}, ${block.id}, n::text, lpad(n::text, 9, '0') from generate_series(1, ${ROWS}::int) n`),
  )
  await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }), number: 'elsewhere' })
})

const inCompany = <T>(work: (db: CompanyDb) => Promise<T>) => database.company({ companyId: company.id }, 'write', work)

const job = (over: Partial<JobCtx> = {}) =>
  ({ database, log: services.log, now: () => new Date(), ...over }) as unknown as JobCtx

const run = (exportId: string, over?: Partial<JobCtx>) =>
  runExport(job(over), { companyId: company.id, exportId, requestId: 'test-export' })

let director: Staff
beforeEach(async () => {
  director = await employ(company, 'director')
})

const ask = (staff: Staff = director, input: Partial<Input> = {}) =>
  asUser(staff.user, staff.contextKey).property.exports.create({
    kind: 'units',
    format: 'csv',
    locale: 'en',
    ...input,
  } as Input)
const look = (id: string, staff: Staff = director) => asUser(staff.user, staff.contextKey).property.exports.get({ id })

const download = async (id: string, { user, contextKey }: Staff = director) => {
  const { accessToken } = await signIn(user)
  const file = await openExportFile(buildRequest({ accessToken, contextKey }), { id })
  return { ...file, bytes: file.bytes, read: Buffer.concat(await Array.fromAsync(file.content)) }
}

const pieces = (id: string) =>
  inCompany((db) => db.select({ piece: exportFiles.piece }).from(exportFiles).where(eq(exportFiles.exportId, id)))

const notFound = { code: 'not_found', reason: 'exports.not_found' }

describe('an export', () => {
  it('is asked for, written by the worker, and had by who asked for it', async () => {
    const asked = await ask()
    expect(asked).toMatchObject({ status: 'queued', rows: 0, totalRows: null, failure: null, fileBytes: null })
    const topics = await database.lookup<{ payload: unknown }>(
      `select payload from outbox where topic = 'exports.requested' and payload ->> 'exportId' = $1`,
      [asked.id],
    )
    expect(topics).toEqual([
      {
        payload: {
          companyId: company.id,
          exportId: asked.id,
          requestId: expect.stringMatching(/^test-/),
          sessionId: expect.any(String),
          apiKeyId: null,
          impersonatorId: null,
        },
      },
    ])
    await expect(download(asked.id)).rejects.toMatchObject(notFound)

    expect(await run(asked.id)).toBe('done')
    const done = await look(asked.id)
    expect(done).toMatchObject({ status: 'done', rows: ROWS + 1, totalRows: ROWS + 1 })
    const { fileName, bytes, read } = await download(asked.id)
    expect([fileName, bytes]).toEqual([done.fileName, read.length])
    const numbers = (parse(read, { bom: true, columns: true }) as Record<string, string>[]).map(
      (row) => row['Unit number'],
    )
    expect(new Set(numbers).size).toBe(ROWS + 1)
    expect(numbers.slice(0, 3)).toEqual(['1', '2', '3'])
    expect(await run(asked.id)).toBe('skipped')

    const actions = await database.lookup<{ action: string }>(
      'select action from audit_log where entity_id = $1 order by id',
      [asked.id],
    )
    expect(actions.map(({ action }) => action)).toEqual(['property.export', 'property.export_download'])
  })

  it('of a manager has the rows of their complexes', async () => {
    const manager = await employ(company, 'complex_manager', { complexes: [complex] })
    const { id } = await ask(manager)
    await run(id)
    expect(await look(id, manager)).toMatchObject({ status: 'done', rows: ROWS })
  })

  it('is nobody else’s: not to be seen, cancelled or had', async () => {
    const { id } = await ask()
    await run(id)
    const others = [
      await employ(company, 'director'),
      await employ(company, 'complex_manager', { complexes: [complex] }),
      await employ(await buildCompany(), 'director'),
    ]
    for (const other of others) {
      const caller = asUser(other.user, other.contextKey).property.exports
      await expect(caller.get({ id })).rejects.toMatchObject(refusal('NOT_FOUND', 'exports.not_found'))
      await expect(caller.cancel({ id })).rejects.toMatchObject(refusal('NOT_FOUND', 'exports.not_found'))
      expect(await caller.list()).toEqual({ items: [] })
      await expect(download(id, other)).rejects.toMatchObject(notFound)
    }
    const resident = await employ(company, 'resident')
    await expect(download(id, resident)).rejects.toMatchObject({ reason: 'auth.forbidden' })
    expect(
      (await asUser(director.user, director.contextKey).property.exports.list()).items.map((each) => each.id),
    ).toEqual([id])
  })

  it('that was cancelled in the middle stops, and leaves nothing', async () => {
    const { id } = await ask()
    let reads = 0
    const cancelling = {
      ...database,
      lookup: async (...call: Parameters<typeof database.lookup>) => {
        if (++reads === 4) await asUser(director.user, director.contextKey).property.exports.cancel({ id })
        return database.lookup(...call)
      },
    } as typeof database
    expect(await run(id, { database: cancelling })).toBe('skipped')
    expect(await look(id)).toMatchObject({ status: 'cancelled', fileBytes: null })
    expect(await pieces(id)).toEqual([])
    expect(await run(id)).toBe('skipped')
    await expect(download(id)).rejects.toMatchObject(notFound)
  })

  it('of a worker that died starts over, and what is left of the old run writes nothing more', async () => {
    const { id } = await ask(director, { kind: 'units', filter: { complexId: complex.id } })
    const first = await inCompany((db) => beginExport(db, id, new Date(Date.now() - 1_000)))
    await inCompany((db) =>
      db.insert(exportFiles).values({ exportId: id, piece: 0, bytes: Buffer.from('half a file') }),
    )
    expect(await run(id)).toBe('done')
    expect((await download(id)).read.toString()).not.toContain('half a file')
    await expect(inCompany((db) => stepExport(db, first!, { rows: 1 }))).rejects.toMatchObject({
      name: 'SupersededError',
    })
    expect(await look(id)).toMatchObject({ status: 'done', rows: ROWS })
  })

  it('fails where the rights are gone by then, and is refused where they changed since', async () => {
    const fired = await employ(company, 'director')
    const { id } = await ask(fired)
    const dismiss = () =>
      database.system({}, 'write', (db) => db.execute(sql`delete from role_grants where user_id = ${fired.user.id}`))
    await dismiss()
    expect(await run(id)).toBe('done')
    const [row] = await inCompany((db) => db.select().from(exports).where(eq(exports.id, id)))
    expect(row).toMatchObject({ status: 'failed', failure: 'auth.forbidden', rows: 0 })

    const manager = await employ(company, 'complex_manager', { complexes: [complex, await buildComplex({ company })] })
    const made = await ask(manager)
    await run(made.id)
    await database.system({}, 'write', (db) =>
      db.execute(sql`delete from role_grants where user_id = ${manager.user.id} and complex_id <> ${complex.id}`),
    )
    await expect(download(made.id, manager)).rejects.toMatchObject({
      code: 'conflict',
      reason: 'exports.rights_changed',
    })
  })

  it('is given out no further once a complex is taken away', async () => {
    const other = await buildComplex({ company })
    const manager = await employ(company, 'complex_manager', { complexes: [complex, other] })
    const { id } = await ask(manager)
    await run(id)
    await inCompany((db) => db.insert(exportFiles).values({ exportId: id, piece: 1, bytes: Buffer.from('the rest') }))
    const { accessToken } = await signIn(manager.user)
    const { content } = await openExportFile(buildRequest({ accessToken, contextKey: manager.contextKey }), { id })
    await content.next()
    await services.principals.suspend(manager.user.id)
    await database.system({}, 'write', (db) =>
      db.execute(sql`delete from role_grants where user_id = ${manager.user.id} and complex_id = ${other.id}`),
    )
    await expect(content.next()).rejects.toMatchObject({ code: 'conflict', reason: 'exports.rights_changed' })
  })

  it('fails where the rights change while it is written: no file has rows of two scopes', async () => {
    const other = await buildComplex({ company })
    const manager = await employ(company, 'complex_manager', { complexes: [complex, other] })
    const { id } = await ask(manager)
    let reads = 0
    const narrowing = {
      ...database,
      lookup: async (...call: Parameters<typeof database.lookup>) => {
        if (++reads === 3)
          await database.system({}, 'write', (db) =>
            db.execute(sql`delete from role_grants where user_id = ${manager.user.id} and complex_id = ${other.id}`),
          )
        return database.lookup(...call)
      },
    } as typeof database
    expect(await run(id, { database: narrowing })).toBe('done')
    expect(await look(id, manager)).toMatchObject({ status: 'failed', failure: 'exports.rights_changed' })
    expect(await pieces(id)).toEqual([])
  })

  it('tries again when the database was away, and fails for good at what another attempt cannot mend', async () => {
    const { id } = await ask()
    const failing = (error: Error) =>
      ({ ...database, lookup: () => Promise.reject(error) }) as unknown as typeof database
    const away = Object.assign(new Error('terminating connection'), { code: '57P01' })
    await expect(run(id, { database: failing(away) })).rejects.toBe(away)
    expect(await look(id)).toMatchObject({ status: 'running' })
    expect(await run(id, { database: failing(new Error('a bug')) })).toBe('done')
    expect(await look(id)).toMatchObject({ status: 'failed', failure: 'server.unexpected' })
  })

  it('is gone after a day, with its file', async () => {
    const { id } = await ask()
    await run(id)
    await inCompany((db) =>
      db
        .update(exports)
        .set({ expiresAt: new Date(Date.now() - 1) })
        .where(eq(exports.id, id)),
    )
    await expect(look(id)).rejects.toMatchObject(refusal('NOT_FOUND', 'exports.not_found'))
    await expect(download(id)).rejects.toMatchObject(notFound)
    const { id: kept } = await ask()
    await sweepExports(database)
    expect(await pieces(id)).toEqual([])
    expect(await look(kept)).toMatchObject({ status: 'queued' })
  })

  it('waits while three others of the same person do, asked for one by one or at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => ask()))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    await database.system({}, 'write', (db) => db.delete(exports).where(eq(exports.companyId, company.id)))
    for (let index = 0; index < 3; index++) await ask()
    await expect(ask()).rejects.toMatchObject(refusal('CONFLICT', 'exports.too_many'))
    expect(await ask(await employ(company, 'director'))).toMatchObject({ status: 'queued' })
  })

  it('is for the roles that see the list, also of a blocked company', async () => {
    const guard = await employ(company, 'guard', { complexes: [complex] })
    await expect(ask(guard)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    expect(await ask(guard, { kind: 'complexes' })).toMatchObject({ kind: 'complexes' })
    await expect(ask(await employ(company, 'resident'))).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const blocked = await buildCompany({ status: 'blocked' })
    expect(await ask(await employ(blocked, 'director'))).toMatchObject({ status: 'queued' })
  })
})
