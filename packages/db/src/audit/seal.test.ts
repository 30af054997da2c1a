import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAuditStage } from '../../test/audit-stage.ts'
import { createSealing, readUnsealed } from './seal.ts'
import { verifyAudit } from './verify.ts'

let stage: Awaited<ReturnType<typeof openAuditStage>>
beforeAll(async () => {
  stage = await openAuditStage()
})
afterAll(() => stage.close())

const sealedIds = async (chain: string) => {
  const seals = await stage.superuser<{ id: number }[]>`
    select audit_id::float8 as id from audit_seals where chain = ${chain} order by seq`
  return seals.map(({ id }) => id)
}
const settledId = async () => {
  const [row] = await stage.superuser<{ id: number }[]>`select settled_id::float8 as id from audit_sealing`
  return row!.id
}
const sound = async () => {
  const { faults, unsealed } = await verifyAudit(stage.database, stage.sealer)
  expect({ faults, unsealed }).toEqual({ faults: [], unsealed: 0 })
}

it('seals what is committed with the next turn, and counts what waits', async () => {
  const company = await stage.addCompany()
  await stage.sealing.run()
  const ids = await stage.write(company, 3)
  expect(await readUnsealed(stage.database)).toMatchObject({ rows: 3 })
  expect(await stage.sealing.run()).toBe(3)
  expect((await sealedIds(company)).slice(1)).toEqual(ids)
  expect(await readUnsealed(stage.database)).toEqual({ rows: 0, oldestSeconds: 0 })
  await sound()
})

it('seals the rows of a transaction that commits late, and settles nothing while it runs', async () => {
  const company = await stage.addCompany()
  await stage.seal()
  const before = await settledId()
  const late = postgres(stage.adminUrl, { max: 1 })
  let lateId = 0
  await late.begin(async (tx) => {
    const [row] = await tx<{ id: number }[]>`
      insert into audit_log (company_id, action) values (${company}, 'units.update') returning id::float8 as id`
    lateId = row!.id
    const later = await stage.write(company, 3)
    for (let turn = 0; turn < 4; turn++) await stage.sealing.run()
    expect((await sealedIds(company)).slice(1)).toEqual(later)
    expect(await settledId()).toBeLessThan(lateId)
    expect(await settledId()).toBeGreaterThanOrEqual(before)
  })
  await late.end()
  await stage.seal()
  expect((await sealedIds(company)).at(-1)).toBe(lateId)
  expect(await settledId()).toBeGreaterThan(lateId)
  await sound()
})

it('seals a row once where four sealers work at the same time, and each goes on where another left off', async () => {
  const company = await stage.addCompany()
  const sealers = Array.from({ length: 4 }, () => createSealing(stage.database, stage.sealer, { batch: 7 }))
  const writing = stage.write(company, 100)
  const turns = async (sealing: (typeof sealers)[number]) => {
    for (let turn = 0; turn < 20; turn++) await sealing.run()
  }
  await Promise.all(sealers.map(turns))
  const ids = await writing
  await createSealing(stage.database, stage.sealer).run()
  expect((await sealedIds(company)).slice(1)).toEqual(ids)
  await sound()
})

it('takes up a change of fifty thousand rows within seconds of its commit, and a small one behind it at once', async () => {
  const company = await stage.addCompany()
  await stage.superuser`
    insert into audit_log (company_id, action, entity, entity_id, after)
    select ${company}, 'units.create', 'units', gen_random_uuid(), '{"number": "12", "floor": 3, "type": "apartment"}' from generate_series(1, 50000)`
  const began = performance.now()
  expect(await stage.sealing.run()).toBeGreaterThanOrEqual(50_000)
  expect(performance.now() - began).toBeLessThan(30_000)
  await stage.write(company)
  const again = performance.now()
  expect(await stage.sealing.run()).toBe(1)
  expect(performance.now() - again).toBeLessThan(5_000)
  await stage.seal()
  await sound()
}, 60_000)

it('goes on after a restart in the middle of what was waiting', async () => {
  const company = await stage.addCompany()
  const ids = await stage.write(company, 30)
  let turns = 0
  const dying = {
    ...stage.database,
    system: ((scope, mode, work) => {
      if (++turns > 2) throw new Error('killed')
      return stage.database.system(scope, mode, work)
    }) as typeof stage.database.system,
  }
  await expect(createSealing(dying, stage.sealer, { batch: 10 }).run()).rejects.toThrow('killed')
  expect(await sealedIds(company)).toHaveLength(20)
  await createSealing(stage.database, stage.sealer).run()
  expect((await sealedIds(company)).slice(1)).toEqual(ids)
  await sound()
})

it.each([
  ['update', 'update audit_seals set seq = seq'],
  ['delete', 'delete from audit_seals'],
  ['delete', 'delete from audit_chains'],
  ['turn back', 'update audit_chains set seq = seq - 1'],
  ['write', `insert into audit_log (id, company_id, action) values (1, gen_random_uuid(), 'forged')`],
])('refuses the system role to %s: %s', async (_, statement) => {
  const system = postgres(stage.systemUrl, { max: 1 })
  try {
    await expect(system.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  } finally {
    await system.end()
  }
})
