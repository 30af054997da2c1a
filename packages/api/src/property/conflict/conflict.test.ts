import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildGrant,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
} from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import type { DomainError } from '../../errors.ts'
import { as, asUser, type Caller } from '../../../test/callers.ts'

const conflictOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (thrown: { cause?: DomainError }) => thrown.cause,
  )
  expect(error).toMatchObject({ code: 'conflict', reason: 'property.version_conflict' })
  return error!.details.conflict!
}

describe('whoever changes what has changed in the meantime', () => {
  it('is told of every kind of row what is there now, by whom and since when', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex })
    const entrance = await buildEntrance({ building })
    const unit = await buildUnit({ building })
    const person = await buildPerson({ company })
    const residency = await buildResidency({ unit, person })
    const colleague = await buildUser({ firstName: 'Мария', lastName: 'Колева' })
    await buildGrant(colleague, 'director', { companyId: company.id })
    const theirs = asUser(colleague).property
    const mine = as(company, 'director').property
    const type = await mine.unitTypes.create({ name: 'Loft', type: 'apartment' })
    const rows: [string, (property: Caller['property']) => Promise<unknown>][] = [
      ['company', ({ companies }) => companies.update({ id: company.id, version: 1, address: 'X' })],
      ['complex', ({ complexes }) => complexes.update({ id: complex.id, version: 1, city: 'X' })],
      ['building', ({ buildings }) => buildings.update({ id: building.id, version: 1, address: 'X' })],
      ['entrance', ({ entrances }) => entrances.update({ id: entrance.id, version: 1, number: 'X' })],
      ['unit', ({ units }) => units.update({ id: unit.id, version: 1, floor: 2 })],
      ['units', ({ units }) => units.updateMany({ items: [{ id: unit.id, version: 1, floor: 2 }] })],
      ['person', ({ people }) => people.update({ id: person.id, version: 1, phone: 'X' })],
      ['residency', ({ residencies }) => residencies.update({ id: residency.id, version: 1, kind: 'family' })],
      ['unit type', ({ unitTypes }) => unitTypes.update({ id: type.id, version: 1, name: 'X' })],
    ]
    for (const [kind, change] of rows) {
      if (kind !== 'units') await change(theirs)
      const conflict = await conflictOf(change(mine))
      expect([kind, conflict]).toMatchObject([
        kind,
        { changedBy: { name: 'Мария Колева' }, current: { version: 2, updatedAt: conflict.changedAt } },
      ])
    }
    const removal = await conflictOf(mine.units.remove({ id: unit.id, version: 1 }))
    expect(removal.current).toEqual(await mine.units.get({ id: unit.id }))
  })

  it('is shown the row as on its own page, and nobody by name whom the company does not employ', async () => {
    const company = await buildCompany()
    const [here, there] = [await buildComplex({ company }), await buildComplex({ company })]
    const person = await buildPerson({ company })
    for (const complex of [here, there])
      await buildResidency({ unit: await buildUnit({ building: await buildBuilding({ complex }) }), person })
    const manager = as(company, 'complex_manager', { complexes: [here] }).property
    await as(company, 'director').property.people.update({ id: person.id, version: 1, note: 'X' })
    const conflict = await conflictOf(manager.people.update({ id: person.id, version: 1, note: 'Y' }))
    const shown = await manager.people.get({ id: person.id })
    expect(conflict.current).toEqual(shown)
    expect(shown.homes.map((home) => home.complex.id)).toEqual([here.id])
    const unit = await buildUnit({ building: await buildBuilding({ complex: here }) })
    const changed = await conflictOf(manager.units.update({ id: unit.id, version: 7, floor: 1 }))
    expect(changed).toMatchObject({ changedBy: null, current: { id: unit.id } })
  })
})
