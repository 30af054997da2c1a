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
import { as, refusal } from '../../../test/callers.ts'
import { csv, importer, work, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const unitsOf = async (complexId: string) =>
  (await as(company, 'director').property.units.list({ complexId, limit: 100 })).items
const CONFLICT = (reason: Parameters<typeof refusal>[1]) => refusal('CONFLICT', reason)

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
    expect(await me.undo(id)).toMatchObject({ status: 'undone', allowed: [], counts: { applied: 3, undone: 3 } })
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
    expect(await me.undo(id)).toMatchObject({
      status: 'done',
      allowed: ['undo'],
      undoneAt: null,
      undoRefusal: {
        reason: 'import.changed_since',
        changed: 12,
        rows: Array.from({ length: 10 }, (_, index) => index + 2),
      },
    })
    expect(await unitsOf(complex.id)).toHaveLength(15)
  })

  it('is refused when somebody lives in what it made', async () => {
    const { complex, id } = await load(['A,1,2,3,41'])
    const [, made] = await unitsOf(complex.id)
    await buildResidency({ unit: { ...made!, companyId: company.id } as never, person: await buildPerson({ company }) })
    expect(await me.undo(id)).toMatchObject({
      status: 'done',
      undoRefusal: { reason: 'import.changed_since', changed: 1 },
    })
  })

  it('and an edit at the same moment: one of them is told of the other', async () => {
    const { complex, id, old } = await load(['A,1,1,3,41'])
    const { property } = as(company, 'director')
    const [undone, edited] = await Promise.allSettled([
      me.undo(id),
      property.units.update({ id: old.id, version: 2, floor: 7 }),
    ])
    const [unit] = await unitsOf(complex.id)
    expect(undone.status).toBe('fulfilled')
    const { status, undoRefusal } = await me.imports.get({ id })
    if (status === 'undone') {
      expect(edited).toMatchObject({ status: 'rejected', reason: { cause: { reason: 'property.version_conflict' } } })
      expect(unit!.floor).toBe(2)
    } else {
      expect(undoRefusal).toMatchObject({ reason: 'import.changed_since' })
      expect(unit!.floor).toBe(7)
    }
  })

  it('is asked for once, and done by the worker', async () => {
    const { complex, id } = await load(['A,1,2,3,41'])
    expect(await me.imports.undo({ id })).toMatchObject({ status: 'undoing', allowed: [] })
    expect(await unitsOf(complex.id)).toHaveLength(2)
    for (const call of [me.imports.undo, me.imports.cancel, me.imports.start])
      await expect(call({ id })).rejects.toMatchObject(CONFLICT('import.not_ready'))
    expect(await work(id, 'imports.undo_requested')).toBe('done')
    expect(await unitsOf(complex.id)).toHaveLength(1)
    expect(await work(id, 'imports.undo_requested')).toBe('skipped')
  })

  it('is tried again while the transaction of a worker that died is still there', async () => {
    const { id } = await load(['A,1,2,3,41'])
    await me.imports.undo({ id })
    await database.system({}, 'write', async (db) => {
      await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${id}, 0))`)
      await expect(work(id, 'imports.undo_requested')).rejects.toMatchObject({ reason: 'server.busy' })
    })
    expect(await me.imports.get({ id })).toMatchObject({ status: 'undoing' })
    expect(await work(id, 'imports.undo_requested')).toBe('done')
    expect(await me.imports.get({ id })).toMatchObject({ status: 'undone' })
  })

  it('by somebody who has lost the right meanwhile takes nothing back', async () => {
    const leaver = await importer(company)
    const { complex, id } = await load(['A,1,2,3,41'])
    await leaver.imports.undo({ id })
    await database.system({}, 'write', (db) => db.delete(roleGrants).where(eq(roleGrants.userId, leaver.user.id)))
    await work(id, 'imports.undo_requested')
    expect(await me.imports.get({ id })).toMatchObject({ status: 'done', undoRefusal: { reason: 'auth.forbidden' } })
    expect(await unitsOf(complex.id)).toHaveLength(2)
  })

  it('is possible for thirty days, as long as the rows are kept', async () => {
    const { id } = await load(['A,1,2,3,41'])
    const { finishedAt, rowsUntil, areRowsGone } = await me.imports.get({ id })
    expect(Date.parse(rowsUntil!) - Date.parse(finishedAt!)).toBe(30 * 86_400_000)
    expect(areRowsGone).toBe(false)
    await database.system({}, 'write', (db) =>
      db
        .update(imports)
        .set({ finishedAt: sql`now() - interval '30 days'` })
        .where(eq(imports.id, id)),
    )
    expect(await me.imports.get({ id })).toMatchObject({ status: 'done', areRowsGone: true, allowed: [] })
    await expect(me.imports.undo({ id })).rejects.toMatchObject(CONFLICT('import.rows_gone'))
  })
})

it('writes down who applied and who undid what, with its counts, session and address', async () => {
  const complex = await buildComplex({ company })
  const done = await me.load({ complexId: complex.id, name: 'units.csv', content: csv('A,,1,,40') })
  await me.undo(done.id)
  const events = await database.system({}, 'read', (db) =>
    db.select().from(auditLog).where(eq(auditLog.entityId, done.id)).orderBy(auditLog.id),
  )
  expect(events.map(({ action, actorId, sessionId }) => [action, actorId === me.user.id, sessionId !== null])).toEqual([
    ['imports.create', true, true],
    ['property.import_started', true, true],
    ['property.import', true, true],
    ['property.import_undo_started', true, true],
    ['property.import_undone', true, true],
  ])
  expect(events[2]?.after).toMatchObject({ kind: 'units', complexId: complex.id, fileName: 'units.csv', created: 1 })
  expect(events[3]?.address).toMatch(/^10\./)
})
