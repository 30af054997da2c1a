import { eq, sql } from 'drizzle-orm'
import { roleGrants } from '@servai/db/schema/grants'
import { imports } from '@servai/db/schema/imports'
import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, services } from '../../../test/callers.ts'
import { csv, importer, work, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

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
