import { eq, sql } from 'drizzle-orm'
import { auditLog } from '@servai/db/schema/audit'
import { roleGrants } from '@servai/db/schema/grants'
import { imports } from '@servai/db/schema/imports'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildPerson,
  buildResidency,
  buildUnit,
  database,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, services } from '../../../test/callers.ts'
import { importer, work, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const csv = (...lines: string[]) => ['Building,Entrance,Number,Floor,Area', ...lines].join('\n')
const unitsOf = async (complexId: string) =>
  (await as(company, 'director').property.units.list({ complexId, limit: 100 })).items
const statusOf = async (id: string) =>
  (
    await database.lookup<{ status: string; failure: string }>('select status, failure from imports where id = $1', [
      id,
    ])
  )[0]
const waitFor = async (id: string, status: string) =>
  expect.poll(async () => (await statusOf(id))?.status, { timeout: 5_000 }).toBe(status)
const CONFLICT = (reason: Parameters<typeof refusal>[1]) => refusal('CONFLICT', reason)

describe('the upsert', () => {
  it('changes what differs, keeps what the file leaves blank, and shows both before', async () => {
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex, name: 'A' })
    const entrance = await buildEntrance({ building, number: '1' })
    await buildUnit({ building, entranceId: entrance.id, number: '1', type: 'studio', floor: 2, areaM2: '40.00' })
    await buildUnit({ building, entranceId: entrance.id, number: '2', type: 'studio', floor: 2, areaM2: '50.00' })
    const content = csv('A,,1,3,40', 'A,1,2,2,50', 'A,2,3,,60')
    const seen = await me.preview({ complexId: complex.id, name: 'upsert.csv', content })
    expect(seen.counts).toMatchObject({ rows: 3, new: 1, changed: 1, unchanged: 1, refused: 0 })
    const { items } = await me.imports.rows({ id: seen.id })
    expect(items.map(({ row, state, changes }) => [row, state, changes])).toEqual([
      [2, 'changed', { floor: [2, 3] }],
      [3, 'unchanged', {}],
      [4, 'new', {}],
    ])
    const done = await me.start(seen.id)
    expect(done).toMatchObject({
      status: 'done',
      counts: { created: 1, updated: 1, entrancesCreated: 1, different: 0 },
    })
    expect(
      (await unitsOf(complex.id)).map((unit) => [
        unit.number,
        unit.entrance?.number,
        unit.type,
        unit.floor,
        unit.areaM2,
      ]),
    ).toEqual([
      ['1', '1', 'studio', 3, '40.00'],
      ['2', '1', 'studio', 2, '50.00'],
      ['3', '2', 'apartment', null, '60.00'],
    ])
  })

  it('applies what is true by then, and says how many rows turned out otherwise than in the preview', async () => {
    const complex = await buildComplex({ company })
    const seen = await me.preview({ complexId: complex.id, name: 'a.csv', content: csv('A,,1,3,40', 'A,,2,3,40') })
    const building = await buildBuilding({ complex, name: 'A' })
    await buildUnit({ building, number: '1', floor: 1, areaM2: '40.00' })
    const done = await me.start(seen.id)
    expect(done.counts).toMatchObject({ new: 1, changed: 1, created: 1, updated: 1, buildingsCreated: 0, different: 1 })
    expect((await unitsOf(complex.id)).map(({ number, floor }) => [number, floor])).toEqual([
      ['1', 3],
      ['2', 3],
    ])
  })

  it('of one file by two people at once makes each unit once, and the second finds it unchanged', async () => {
    const complex = await buildComplex({ company })
    const content = csv(...Array.from({ length: 300 }, (_, index) => `A,${index % 4},${index},,40`))
    const other = await importer(company)
    const [mine, theirs] = await Promise.all(
      [me, other].map((who) => who.preview({ complexId: complex.id, name: 'a.csv', content })),
    )
    const results = await Promise.all([me.start(mine!.id), other.start(theirs!.id)])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(results.map(({ counts }) => counts.created).toSorted((a, b) => a - b)).toEqual([0, 300])
    expect(results.map(({ counts }) => counts.unchanged).toSorted((a, b) => a - b)).toEqual([0, 300])
  })

  it('finds the complex of each row by its name where none was chosen, and only those of the caller', async () => {
    const [one, two] = [
      await buildComplex({ company, name: 'Sea View' }),
      await buildComplex({ company, name: 'Hill' }),
    ]
    const content = [
      'Complex,Building,Number,Area',
      'sea view,A,1,40',
      'Hill,A,1,40',
      'Nowhere,A,1,40',
      ',A,2,40',
    ].join('\n')
    const done = await me.load({ name: 'a.csv', content })
    expect(done).toMatchObject({ complex: null, counts: { created: 2, refused: 2 } })
    expect([(await unitsOf(one.id)).length, (await unitsOf(two.id)).length]).toEqual([1, 1])
    const manager = await importer(company, 'complex_manager', { complexes: [one] })
    const seen = await manager.preview({ name: 'a.csv', content })
    expect((await manager.refused(seen.id)).map(({ row, problems }) => [row, problems[0]?.problem])).toEqual([
      [3, 'complex_unknown'],
      [4, 'complex_unknown'],
      [5, 'complex_unknown'],
    ])
  })
})

describe('the columns', () => {
  const odd = ['Haus,Nr,Fläche', 'A,1,40', 'A,2,50'].join('\n')

  it('can be named by hand, which is remembered in the company for files with the same headers', async () => {
    const complex = await buildComplex({ company })
    const seen = await me.preview({ complexId: complex.id, name: 'a.csv', content: odd })
    expect(seen).toMatchObject({ status: 'ready', missing: ['building', 'number', 'areaM2'], counts: { new: 0 } })
    expect(seen.columns.map(({ header, samples, column }) => [header, samples, column])).toEqual([
      ['Haus', ['A'], null],
      ['Nr', ['1', '2'], null],
      ['Fläche', ['40', '50'], null],
    ])
    await expect(me.imports.start({ id: seen.id })).rejects.toMatchObject(CONFLICT('import.nothing_to_apply'))
    const mapping = { building: 0, number: 1, areaM2: 2 }
    expect(await me.imports.map({ id: seen.id, mapping })).toMatchObject({ status: 'reading' })
    await work(seen.id, 'imports.mapped')
    expect(await me.imports.get({ id: seen.id })).toMatchObject({ status: 'ready', missing: [], counts: { new: 2 } })
    const again = await me.preview({ complexId: complex.id, name: 'b.csv', content: odd })
    expect(again.counts).toMatchObject({ new: 2 })
    const elsewhere = await buildCompany()
    const stranger = await importer(elsewhere)
    expect((await stranger.preview({ name: 'b.csv', content: odd })).counts).toMatchObject({ new: 0 })
  })

  it('refuse columns that the file has not, one column for two things, and another kind of thing', async () => {
    const complex = await buildComplex({ company })
    const { id } = await me.preview({ complexId: complex.id, name: 'a.csv', content: odd })
    for (const mapping of [{ building: 3 }, { building: 0, number: 0 }, { email: 0 }])
      await expect(me.imports.map({ id, mapping })).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })
})

describe('an import', () => {
  const start = async (lines: string[], who = me) => {
    const complex = await buildComplex({ company })
    const { id } = await who.preview({ complexId: complex.id, name: 'a.csv', content: csv(...lines) })
    return { complex, id }
  }

  it('that is cancelled while it waits leaves nothing of its file', async () => {
    const { id } = await start(['A,,1,,40'])
    await me.imports.start({ id })
    expect(await me.imports.cancel({ id })).toMatchObject({ status: 'cancelled', allowed: [], counts: { rows: 0 } })
    expect(await work(id, 'imports.started')).toBe('skipped')
    expect((await me.imports.rows({ id })).items).toEqual([])
    await expect(me.imports.cancel({ id })).rejects.toMatchObject(CONFLICT('import.not_ready'))
  })

  it('that is cancelled while it runs is rolled back', async () => {
    const { id, complex } = await start(Array.from({ length: 20 }, (_, index) => `A,,${index},,40`))
    await me.imports.start({ id })
    await database.system({}, 'write', (db) =>
      db.update(imports).set({ status: 'running', startedAt: new Date() }).where(eq(imports.id, id)),
    )
    expect(await me.imports.cancel({ id })).toMatchObject({ status: 'running', isCancelling: true })
    await work(id, 'imports.started')
    expect(await me.imports.get({ id })).toMatchObject({ status: 'cancelled' })
    expect(await unitsOf(complex.id)).toEqual([])
  })

  it('whose worker was killed is run again from its beginning, and a second delivery does nothing', async () => {
    const { id, complex } = await start(['A,,1,,40'])
    await me.imports.start({ id })
    await database.system({}, 'write', (db) =>
      db.update(imports).set({ status: 'running', startedAt: new Date() }).where(eq(imports.id, id)),
    )
    expect(await work(id, 'imports.started')).toBe('done')
    expect(await work(id, 'imports.started')).toBe('skipped')
    expect(await unitsOf(complex.id)).toHaveLength(1)
  })

  it('of somebody who has lost the right meanwhile applies nothing', async () => {
    const leaver = await importer(company)
    const { id, complex } = await start(['A,,1,,40'], leaver)
    await leaver.imports.start({ id })
    await database.system({}, 'write', (db) => db.delete(roleGrants).where(eq(roleGrants.userId, leaver.user.id)))
    await work(id, 'imports.started')
    expect(await me.imports.get({ id })).toMatchObject({ status: 'failed', failure: 'auth.forbidden' })
    expect(await unitsOf(complex.id)).toEqual([])
  })

  it('of somebody who loses the right, or whose company is blocked, while it waits for its turn applies nothing', async () => {
    const leavers = await Promise.all([1, 2].map(async () => importer(await buildCompany())))
    const losses = [
      (who: Importer) => sql`delete from role_grants where user_id = ${who.user.id}`,
      (who: Importer) => sql`update companies set status = 'blocked' where id = (
        select company_id from role_grants where user_id = ${who.user.id})`,
    ]
    const failures = ['auth.forbidden', 'auth.company_blocked']
    for (const [index, leaver] of leavers.entries()) {
      const held = await buildComplex({ company: { id: leaver.contextKey.replace('staff:', '') } })
      const { id } = await leaver.preview({ complexId: held.id, name: 'a.csv', content: csv('A,,1,,40') })
      await leaver.imports.start({ id })
      const running = await database.system({}, 'write', async (db) => {
        await db.execute(sql`select from complexes where id = ${held.id} for update`)
        const run = work(id, 'imports.started')
        await waitFor(id, 'running')
        await database.system({}, 'write', (other) => other.execute(losses[index]!(leaver)))
        return [run]
      })
      await Promise.all(running)
      expect(await statusOf(id)).toEqual({ status: 'failed', failure: failures[index] })
      expect(await database.lookup('select from units where complex_id = $1', [held.id])).toEqual([])
    }
  })

  it('of an account that has been disabled meanwhile applies nothing', async () => {
    const leaver = await importer(company)
    const { id, complex } = await start(['A,,1,,40'], leaver)
    await leaver.imports.start({ id })
    await database.system({}, 'write', (db) =>
      db.execute(sql`update users set status = 'disabled' where id = ${leaver.user.id}`),
    )
    await work(id, 'imports.started')
    expect(await statusOf(id)).toEqual({ status: 'failed', failure: 'auth.forbidden' })
    expect(await unitsOf(complex.id)).toEqual([])
  })

  it('is not uploaded into a blocked company', async () => {
    const blocked = await buildCompany()
    const their = await importer(blocked)
    const complex = await buildComplex({ company: blocked })
    await database.system({}, 'write', (db) =>
      db.execute(sql`update companies set status = 'blocked' where id = ${blocked.id}`),
    )
    await services.principals.suspend(their.user.id)
    const given = { complexId: complex.id, name: 'a.csv', content: csv('A,,1,,40') }
    await expect(their.upload(given)).rejects.toMatchObject({ reason: 'auth.company_blocked' })
    expect((await their.imports.list({})).items).toEqual([])
  })

  it('is seen by its maker and by directors, by nobody else', async () => {
    const complex = await buildComplex({ company })
    const maker = await importer(company, 'complex_manager', { complexes: [complex] })
    const { id } = await maker.preview({ complexId: complex.id, name: 'a.csv', content: csv('A,,1,,40') })
    expect(await me.imports.get({ id })).toMatchObject({ createdBy: { name: 'Ivan Petrov' } })
    expect((await me.imports.list({ limit: 1 })).items.map((row) => row.id)).toEqual([id])
    const colleague = await importer(company, 'complex_manager', { complexes: [complex] })
    const stranger = await importer(await buildCompany())
    for (const { imports: theirs } of [colleague, stranger]) {
      expect((await theirs.list({})).items).toEqual([])
      for (const call of [
        () => theirs.get({ id }),
        () => theirs.rows({ id }),
        () => theirs.map({ id, mapping: {} }),
        () => theirs.start({ id }),
        () => theirs.cancel({ id }),
        () => theirs.undo({ id }),
      ])
        await expect(call()).rejects.toMatchObject(refusal('NOT_FOUND', 'import.not_found'))
    }
  })

  it('is uploaded by a director or the manager of that complex, and by nobody else', async () => {
    const complex = await buildComplex({ company })
    const content = csv('A,,1,,40')
    const given = { complexId: complex.id, name: 'a.csv', content }
    expect(await (await importer(company, 'complex_manager', { complexes: [complex] })).upload(given)).toMatchObject({
      status: 'reading',
      complex: { id: complex.id },
    })
    for (const role of ['accountant', 'technician', 'guard', 'platform_admin'] as const)
      await expect((await importer(company, role, { complexes: [complex] })).upload(given)).rejects.toMatchObject({
        reason: 'auth.forbidden',
      })
    const elsewhere = await importer(company, 'complex_manager', { complexes: [await buildComplex({ company })] })
    const stranger = await importer(await buildCompany())
    for (const caller of [elsewhere, stranger])
      await expect(caller.upload(given)).rejects.toMatchObject({ reason: 'property.complex_not_found' })
  })

  it('is uploaded at most twenty times an hour', async () => {
    const complex = await buildComplex({ company })
    const eager = await importer(company)
    const given = { complexId: complex.id, name: 'a.csv', content: 'x' }
    for (let call = 0; call < 20; call++) await eager.upload(given)
    await expect(eager.upload(given)).rejects.toMatchObject({ reason: 'request.rate_limited' })
  })
})

describe('undoing', () => {
  const load = async (lines: string[]) => {
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex, name: 'A' })
    const entrance = await buildEntrance({ building, number: '1' })
    const old = await buildUnit({ building, entranceId: entrance.id, number: '1', floor: 2, areaM2: '40.00' })
    const done = await me.load({ complexId: complex.id, name: 'a.csv', content: csv(...lines) })
    return { complex, old, id: done.id }
  }

  it('removes what was made and sets back what was changed, once', async () => {
    const { complex, id } = await load(['A,2,1,3,41', 'A,2,2,3,41', 'B,1,1,1,10'])
    expect(await me.imports.undo({ id })).toMatchObject({ status: 'undone', allowed: [] })
    expect(
      (await unitsOf(complex.id)).map(({ number, floor, areaM2, entrance }) => [
        number,
        floor,
        areaM2,
        entrance?.number,
      ]),
    ).toEqual([['1', 2, '40.00', '1']])
    const { property } = as(company, 'director')
    expect((await property.buildings.list({ complexId: complex.id })).items.map(({ name }) => name)).toEqual(['A'])
    await expect(me.imports.undo({ id })).rejects.toMatchObject(CONFLICT('import.already_undone'))
  })

  it('is refused as a whole when something newer has touched its rows, and names the first of them', async () => {
    const { complex, id } = await load(Array.from({ length: 15 }, (_, index) => `A,1,${index + 1},3,41`))
    const before = await unitsOf(complex.id)
    const { property } = as(company, 'director')
    for (const unit of before.slice(0, 12))
      await property.units.update({ id: unit.id, version: unit.version, floor: 9 })
    await expect(me.imports.undo({ id })).rejects.toMatchObject({
      cause: {
        reason: 'import.changed_since',
        details: {
          counts: { changed: 12 },
          issues: Array.from({ length: 10 }, (_, index) => ({ path: ['rows', index + 2], code: 'changed_since' })),
        },
      },
    })
    expect(await unitsOf(complex.id)).toHaveLength(15)
    expect(await me.imports.get({ id })).toMatchObject({ status: 'done', allowed: ['undo'] })
  })

  it('is refused when somebody lives in what it made', async () => {
    const { complex, id } = await load(['A,1,2,3,41'])
    const [, made] = await unitsOf(complex.id)
    await buildResidency({ unit: { ...made!, companyId: company.id } as never, person: await buildPerson({ company }) })
    await expect(me.imports.undo({ id })).rejects.toMatchObject(CONFLICT('import.changed_since'))
  })

  it('and an edit at the same moment: one of them is told of the other', async () => {
    const { complex, id, old } = await load(['A,1,1,3,41'])
    const { property } = as(company, 'director')
    const [undone, edited] = await Promise.allSettled([
      me.imports.undo({ id }),
      property.units.update({ id: old.id, version: 2, floor: 7 }),
    ])
    const [unit] = await unitsOf(complex.id)
    if (undone.status === 'fulfilled') {
      expect(edited).toMatchObject({ status: 'rejected', reason: { cause: { reason: 'property.version_conflict' } } })
      expect(unit!.floor).toBe(2)
    } else {
      expect(undone.reason).toMatchObject({ cause: { reason: 'import.changed_since' } })
      expect(unit!.floor).toBe(7)
    }
  })
})

it('writes down who applied and who undid what, with its counts, session and address', async () => {
  const complex = await buildComplex({ company })
  const done = await me.load({ complexId: complex.id, name: 'units.csv', content: csv('A,,1,,40') })
  await me.imports.undo({ id: done.id })
  const events = await database.system({}, 'read', (db) =>
    db.select().from(auditLog).where(eq(auditLog.entityId, done.id)).orderBy(auditLog.id),
  )
  expect(events.map(({ action, actorId, sessionId }) => [action, actorId === me.user.id, sessionId !== null])).toEqual([
    ['imports.create', true, true],
    ['property.import_started', true, true],
    ['property.import', true, true],
    ['property.import_undone', true, true],
  ])
  expect(events[2]?.after).toMatchObject({ kind: 'units', complexId: complex.id, fileName: 'units.csv', created: 1 })
  expect(events[3]?.address).toMatch(/^10\./)
})

describe('rows from a program', () => {
  it('by several at once create each unit once, and are imports like others', async () => {
    const complex = await buildComplex({ company })
    const rows = Array.from({ length: 200 }, (_, index) => ({ building: 'A', number: String(index), areaM2: '10' }))
    const { imports: api } = as(company, 'director').property
    const results = await Promise.all(Array.from({ length: 6 }, () => api.units({ complexId: complex.id, rows })))
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(200)
    expect(results.reduce((sum, { buildingsCreated }) => sum + buildingsCreated, 0)).toBe(1)
    const listed = (await api.list({ limit: 6 })).items
    expect(new Set(listed.map(({ fileName, status }) => `${fileName} ${status}`))).toEqual(new Set(['units.json done']))
    const maker = listed.find(({ counts }) => counts.created === 200)
    await api.undo({ id: maker!.id })
    expect(await unitsOf(complex.id)).toEqual([])
  })

  it('are refused with two rows for one unit, unknown keys and more than 500 rows', async () => {
    const complex = await buildComplex({ company })
    const { imports: api } = as(company, 'director').property
    const row = { building: 'A', number: '1', areaM2: '10' }
    for (const rows of [
      [row, row],
      [{ ...row, companyId: company.id }],
      [],
      Array.from({ length: 501 }, (_, i) => ({ ...row, number: `${i}` })),
    ])
      await expect(api.units({ complexId: complex.id, rows })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })
})
