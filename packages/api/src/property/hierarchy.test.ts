import { eq } from 'drizzle-orm'
import { auditLog } from '@servai/db/schema/audit'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildGrant,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, refusal } from '../../test/callers.ts'
import { buildWorld } from '../../test/world.ts'

const complexFields = { name: 'Морска градина', city: 'Варна', address: 'ул. Морска 1', timezone: 'Europe/Sofia' }
const NOT_UNIQUE = {
  name: refusal('CONFLICT', 'property.name_taken'),
  number: refusal('CONFLICT', 'property.number_taken'),
}
const PARENT_REMOVED = refusal('CONFLICT', 'property.parent_removed')
const hasChildren = (counts: Record<string, number>) => ({
  code: 'CONFLICT',
  cause: { reason: 'property.has_children', details: { counts } },
})

describe('from complex to unit', () => {
  it('a director builds it up, and takes it down and up again in order only', async () => {
    const company = await buildCompany()
    const { complexes, buildings, entrances, units } = as(company, 'director').property
    const complex = await complexes.create(complexFields)
    const building = await buildings.create({ complexId: complex.id, name: '2А', floors: 5 })
    const entrance = await entrances.create({ buildingId: building.id, number: '1' })
    const unit = await units.create({ buildingId: building.id, entranceId: entrance.id, number: '12А', areaM2: '52.5' })
    expect(await complexes.get({ id: complex.id })).toMatchObject({
      buildings: 1,
      units: 1,
      allowed: ['update', 'remove', 'import'],
    })
    expect(await buildings.get({ id: building.id })).toMatchObject({
      entrances: 1,
      units: 1,
      complex: { id: complex.id, name: complex.name },
    })
    expect(await entrances.get({ id: entrance.id })).toMatchObject({
      units: 1,
      building: { id: building.id, name: '2А' },
    })
    expect(unit).toMatchObject({
      number: '12А',
      areaM2: '52.50',
      entrance: { number: '1' },
      building: { name: '2А' },
      residents: 0,
    })

    await expect(complexes.remove({ id: complex.id })).rejects.toMatchObject(hasChildren({ buildings: 1 }))
    await expect(buildings.remove({ id: building.id })).rejects.toMatchObject(hasChildren({ entrances: 1, units: 1 }))
    await expect(entrances.remove({ id: entrance.id })).rejects.toMatchObject(hasChildren({ units: 1 }))
    await units.remove({ id: unit.id })
    await entrances.remove({ id: entrance.id })
    await expect(units.restore({ id: unit.id })).rejects.toMatchObject(PARENT_REMOVED)
    await buildings.remove({ id: building.id })
    await complexes.remove({ id: complex.id })
    await expect(buildings.restore({ id: building.id })).rejects.toMatchObject(PARENT_REMOVED)
    await expect(buildings.create({ complexId: complex.id, name: 'New' })).rejects.toMatchObject(PARENT_REMOVED)
    await complexes.restore({ id: complex.id })
    await buildings.restore({ id: building.id })
    await entrances.restore({ id: entrance.id })
    expect(await units.restore({ id: unit.id })).toMatchObject({
      id: unit.id,
      removedAt: null,
      allowed: ['update', 'remove'],
    })
  })

  it('names and numbers are one of a kind among those present, also on restore', async () => {
    const { company, complex, building } = await buildWorld()
    const { complexes, buildings, entrances, units } = as(company, 'director').property
    await complexes.create(complexFields)
    await expect(complexes.create({ ...complexFields, name: 'МОРСКА ГРАДИНА' })).rejects.toMatchObject(NOT_UNIQUE.name)
    const first = await buildings.create({ complexId: complex.id, name: 'X' })
    await expect(buildings.create({ complexId: complex.id, name: 'X' })).rejects.toMatchObject(NOT_UNIQUE.name)
    await buildings.remove({ id: first.id })
    await buildings.create({ complexId: complex.id, name: 'X' })
    await expect(buildings.restore({ id: first.id })).rejects.toMatchObject(NOT_UNIQUE.name)
    await entrances.create({ buildingId: building.id, number: 'X' })
    await expect(entrances.create({ buildingId: building.id, number: 'X' })).rejects.toMatchObject(NOT_UNIQUE.number)
    const unit = await units.create({ buildingId: building.id, number: 'X' })
    await expect(units.create({ buildingId: building.id, number: 'X' })).rejects.toMatchObject(NOT_UNIQUE.number)
    const other = await units.create({ buildingId: building.id, number: 'Y' })
    await expect(units.update({ id: other.id, version: 1, number: 'X' })).rejects.toMatchObject(NOT_UNIQUE.number)
    expect((await units.get({ id: unit.id })).version).toBe(1)
  })

  it('a change is made only to the version it was made for', async () => {
    const { company, complex, building, entrance, unit, residency } = await buildWorld()
    const { complexes, buildings, entrances, units, residencies } = as(company, 'director').property
    const conflict = refusal('CONFLICT', 'property.version_conflict')
    expect(await complexes.update({ id: complex.id, version: 1, city: 'Бургас' })).toMatchObject({
      version: 2,
      city: 'Бургас',
    })
    await expect(complexes.update({ id: complex.id, version: 1, city: 'X' })).rejects.toMatchObject(conflict)
    expect(await buildings.update({ id: building.id, version: 1, floors: 9 })).toMatchObject({ version: 2, floors: 9 })
    await expect(buildings.update({ id: building.id, version: 1, name: 'X' })).rejects.toMatchObject(conflict)
    expect(await entrances.update({ id: entrance.id, version: 1, number: '7' })).toMatchObject({
      version: 2,
      number: '7',
    })
    await expect(entrances.update({ id: entrance.id, version: 1, number: '8' })).rejects.toMatchObject(conflict)
    expect(await units.update({ id: unit.id, version: 1, floor: 3, entranceId: null })).toMatchObject({
      version: 2,
      floor: 3,
      entrance: null,
    })
    await expect(units.update({ id: unit.id, version: 1, floor: 4 })).rejects.toMatchObject(conflict)
    await expect(units.remove({ id: unit.id, version: 1 })).rejects.toMatchObject(conflict)
    expect(await residencies.update({ id: residency.id, version: 1, kind: 'family' })).toMatchObject({
      version: 2,
      kind: 'family',
    })
    await expect(residencies.update({ id: residency.id, version: 1, kind: 'tenant' })).rejects.toMatchObject(conflict)
  })

  it('of fifty changes to one version, one is made', async () => {
    const { company, unit } = await buildWorld()
    const { units } = as(company, 'director').property
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => units.update({ id: unit.id, version: 1, floor: index })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('every change leaves its old and new values and its author', async () => {
    const { company, unit } = await buildWorld()
    const director = await buildUser()
    await buildGrant(director, 'director', { companyId: company.id })
    await asUser(director).property.units.update({ id: unit.id, version: 1, floor: 7 })
    const [event] = await database.system({}, 'read', (db) =>
      db.select().from(auditLog).where(eq(auditLog.entityId, unit.id)).orderBy(auditLog.id).offset(1),
    )
    expect(event).toMatchObject({
      action: 'units.update',
      companyId: company.id,
      actorId: director.id,
      requestId: expect.stringContaining('test-'),
      before: { floor: null },
      after: { floor: 7 },
    })
  })
})

describe('input', () => {
  it('with a column nobody may set, or of the wrong kind, is refused and stores nothing', async () => {
    const { company, complex, building, unit } = await buildWorld()
    const { complexes, buildings, units, residencies } = as(company, 'director').property
    const INVALID = refusal('BAD_REQUEST', 'request.invalid')
    const forbidden = [
      { companyId: company.id },
      { complexId: complex.id },
      { deletedAt: null },
      { version: 9 },
      { numberSort: '1' },
      { createdAt: '2020-01-01' },
      { id: unit.id },
      { ['__proto__x']: 1 },
    ]
    for (const extra of forbidden)
      await expect(units.create({ buildingId: building.id, number: 'mass', ...extra })).rejects.toMatchObject(INVALID)
    const wrong: unknown[] = [
      { number: '' },
      { number: 'x'.repeat(21) },
      { number: 'a\0b' },
      { number: 'a\ud800' },
      { number: 7 },
      { number: '1', floor: 1.5 },
      { number: '1', floor: Number.NaN },
      { number: '1', floor: Number.POSITIVE_INFINITY },
      { number: '1', floor: 301 },
      { number: '1', areaM2: '0' },
      { number: '1', areaM2: '-1' },
      { number: '1', areaM2: '1e3' },
      { number: '1', areaM2: '1.234' },
      { number: '1', areaM2: 12 },
      { number: '1', type: 'castle' },
      { number: '1', share: { numerator: 3, denominator: 2 } },
      { number: '1', share: { numerator: 1, denominator: 0 } },
    ]
    // What no client of ours would send is not of the type either.
    for (const fields of wrong)
      await expect(units.create({ buildingId: building.id, ...(fields as { number: string }) })).rejects.toMatchObject(
        INVALID,
      )
    await expect(units.create({ buildingId: 'nobody', number: '1' })).rejects.toMatchObject(INVALID)
    await expect(complexes.create({ ...complexFields, timezone: 'Moon/Base' })).rejects.toMatchObject(INVALID)
    await expect(buildings.create({ complexId: complex.id, name: 'X', floors: 0 })).rejects.toMatchObject(INVALID)
    for (const startsOn of ['1899-12-31', '2200-01-01', '2026-02-30', 'NaN', '2026-1-1'])
      await expect(
        residencies.create({ unitId: unit.id, person: { firstName: 'A', lastName: 'B' }, kind: 'tenant', startsOn }),
      ).rejects.toMatchObject(INVALID)
    expect((await units.list({})).items.map(({ id }) => id)).toEqual([unit.id])
  })

  it('is stored exactly: markup, quotes and wildcards are text', async () => {
    const { company } = await buildWorld()
    const { complexes } = as(company, 'director').property
    const name = `O'Brien "<script>alert(1)</script>" ${'${7*7}'} \\ % _ ; drop table units --`
    const { id } = await complexes.create({ ...complexFields, name: `  ${name}  ` })
    expect((await complexes.get({ id })).name).toBe(name)
  })
})

describe('an entrance of another building', () => {
  it('takes no unit of this one', async () => {
    const { company, complex, building, unit } = await buildWorld()
    const other = await buildEntrance({ building: await buildBuilding({ complex }) })
    const { units } = as(company, 'director').property
    const wrong = refusal('BAD_REQUEST', 'property.entrance_of_other_building')
    await expect(units.create({ buildingId: building.id, number: 'E', entranceId: other.id })).rejects.toMatchObject(
      wrong,
    )
    await expect(units.update({ id: unit.id, version: 1, entranceId: other.id })).rejects.toMatchObject(wrong)
  })
})

describe('somebody with several roles', () => {
  it('sees the union, and may change only where a grant says so', async () => {
    const company = await buildCompany()
    const [managed, guarded, foreign] = await Promise.all([1, 2, 3].map(() => buildComplex({ company })))
    const user = await buildUser()
    await buildGrant(user, 'complex_manager', { companyId: company.id, complexId: managed!.id })
    await buildGrant(user, 'guard', { companyId: company.id, complexId: guarded!.id })
    const { complexes, buildings, units } = asUser(user).property
    const seen = Object.fromEntries((await complexes.list({})).items.map(({ id, allowed }) => [id, allowed]))
    expect(seen).toEqual({ [managed!.id]: ['update', 'import'], [guarded!.id]: [] })
    const inManaged = await buildUnit({ building: await buildBuilding({ complex: managed! }) })
    const inGuarded = await buildUnit({ building: await buildBuilding({ complex: guarded! }) })
    expect((await units.list({})).items.map(({ id }) => id)).toEqual([inManaged.id])
    await expect(units.get({ id: inGuarded.id })).rejects.toMatchObject(refusal('NOT_FOUND', 'property.unit_not_found'))
    const denied = refusal('FORBIDDEN', 'auth.forbidden')
    await expect(buildings.update({ id: inGuarded.buildingId, version: 1, name: 'X' })).rejects.toMatchObject(denied)
    await expect(buildings.create({ complexId: guarded!.id, name: 'X' })).rejects.toMatchObject(denied)
    await expect(buildings.create({ complexId: foreign!.id, name: 'X' })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.complex_not_found'),
    )
    await buildGrant(user, 'accountant', { companyId: company.id })
    expect((await units.list({})).items.map(({ id }) => id).toSorted()).toEqual([inManaged.id, inGuarded.id].toSorted())
    await expect(units.update({ id: inGuarded.id, version: 1, floor: 1 })).rejects.toMatchObject(denied)
    expect(await units.update({ id: inManaged.id, version: 1, floor: 1 })).toMatchObject({ floor: 1 })
  })

  it('sees removed rows only where they may be restored', async () => {
    const company = await buildCompany()
    const [mine, other] = await Promise.all([1, 2].map(() => buildComplex({ company })))
    const gone = await Promise.all([mine!, other!].map((complex) => buildBuilding({ complex, deletedAt: new Date() })))
    const user = await buildUser()
    await buildGrant(user, 'complex_manager', { companyId: company.id, complexId: mine!.id })
    await buildGrant(user, 'accountant', { companyId: company.id })
    const { buildings } = asUser(user).property
    expect((await buildings.list({})).items).toEqual([])
    expect((await buildings.list({ includeRemoved: true })).items.map(({ id }) => id)).toEqual([gone[0]!.id])
    await expect(buildings.get({ id: gone[1]!.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.building_not_found'),
    )
    await expect(buildings.restore({ id: gone[1]!.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.building_not_found'),
    )
  })

  it('loses a right on the next request', async () => {
    const { company, complex, unit } = await buildWorld()
    const manager = as(company, 'complex_manager', { complexes: [complex] }).property
    expect(await manager.units.get({ id: unit.id })).toMatchObject({ id: unit.id })
    await database.system({}, 'write', (db) => db.execute(`delete from role_grants where complex_id = '${complex.id}'`))
    await expect(manager.units.get({ id: unit.id })).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.context_denied'))
  })
})

describe('races', () => {
  it('a parent is never removed under a child that is just being made', async () => {
    for (let round = 0; round < 5; round++) {
      const company = await buildCompany()
      const building = await buildBuilding({ complex: await buildComplex({ company }) })
      const { buildings, units } = as(company, 'director').property
      await units.list({})
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 8 }, (_, index) => units.create({ buildingId: building.id, number: String(index) })),
        buildings.remove({ id: building.id }),
        ...Array.from({ length: 8 }, (_, index) => units.create({ buildingId: building.id, number: `b${index}` })),
      ])
      const made = outcomes.filter((outcome, index) => index !== 8 && outcome.status === 'fulfilled').length
      const isRemoved = outcomes[8]!.status === 'fulfilled'
      expect(isRemoved && made > 0).toBe(false)
      expect(isRemoved || made === 16).toBe(true)
    }
  })

  it('of fifty units with one number, one is made', async () => {
    const { company, building } = await buildWorld()
    const { units } = as(company, 'director').property
    const create = () => units.create({ buildingId: building.id, number: 'last' })
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, create))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(NOT_UNIQUE.number)
  })
})

describe('the overview', () => {
  it('counts what there is, within the rights of the caller', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex })
    const [lived, ended] = [await buildUnit({ building }), await buildUnit({ building })]
    const { personId } = await buildResidency({ unit: lived })
    await buildResidency({ unit: lived, person: { id: personId }, endsOn: '2020-06-01', startsOn: '2020-01-01' })
    await buildResidency({ unit: lived, kind: 'tenant' })
    await buildResidency({ unit: ended, endsOn: '2021-01-01' })
    await buildResidency({ unit: ended, startsOn: '2150-01-01' })
    await buildUnit({ building, deletedAt: new Date() })
    const other = await buildComplex({ company })
    await buildUnit({ building: await buildBuilding({ complex: other }) })
    expect(await as(company, 'director').property.overview.get()).toEqual({
      complexes: 2,
      buildings: 2,
      units: 3,
      residents: 2,
      occupiedUnits: 1,
    })
    const manager = as(company, 'complex_manager', { complexes: [other] })
    expect(await manager.property.overview.get()).toEqual({
      complexes: 1,
      buildings: 1,
      units: 1,
      residents: 0,
      occupiedUnits: 0,
    })
    for (const role of ['technician', 'guard', 'resident'] as const)
      await expect(as(company, role).property.overview.get()).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.forbidden'),
      )
  })
})
