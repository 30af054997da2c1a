import { buildBuilding, buildCompany, buildComplex, buildUnit, type Building } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string }
let building: Building
let property: Caller['property']
beforeAll(async () => {
  company = await buildCompany()
  building = await buildBuilding({ complex: await buildComplex({ company }) })
  property = as(company, 'director').property
})

let serial = 0
const number = () => String(++serial)

describe('a unit type', () => {
  it('is named once, and gives its units their general type', async () => {
    const atelier = await property.unitTypes.create({ name: 'Ателие', type: 'commercial' })
    expect(atelier).toMatchObject({ name: 'Ателие', type: 'commercial', units: 0, allowed: ['update', 'remove'] })
    await expect(property.unitTypes.create({ name: 'АТЕЛИЕ', type: 'studio' })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.name_taken'),
    )
    const unit = await property.units.create({ buildingId: building.id, number: number(), unitTypeId: atelier.id })
    expect(unit).toMatchObject({ type: 'commercial', unitType: { id: atelier.id, name: 'Ателие' } })
    expect((await property.units.list({ unitTypeId: atelier.id })).items.map(({ id }) => id)).toEqual([unit.id])
    const changed = await property.unitTypes.update({ id: atelier.id, version: 1, type: 'studio' })
    expect(changed).toMatchObject({ type: 'studio', units: 1, version: 2 })
    expect(await property.units.get({ id: unit.id })).toMatchObject({ type: 'studio', unitType: { id: atelier.id } })
  })

  it('is let go of by a unit that becomes of another sort, and kept by one that stays', async () => {
    const loft = await property.unitTypes.create({ name: 'Loft', type: 'apartment' })
    const { id } = await buildUnit({ building, number: number() })
    expect(await property.units.update({ id, version: 1, unitTypeId: loft.id })).toMatchObject({
      unitType: { id: loft.id },
    })
    expect(await property.units.update({ id, version: 2, type: 'apartment', floor: 1 })).toMatchObject({
      unitType: { id: loft.id },
    })
    expect(await property.units.update({ id, version: 3, type: 'parking' })).toMatchObject({
      type: 'parking',
      unitType: null,
    })
    const back = await property.units.update({ id, version: 4, unitTypeId: loft.id })
    expect(back).toMatchObject({ type: 'apartment' })
    expect(await property.units.update({ id, version: 5, unitTypeId: null })).toMatchObject({
      type: 'apartment',
      unitType: null,
    })
  })

  it('stays while units have it, is restored once, and gives its name free', async () => {
    const type = await property.unitTypes.create({ name: 'Maisonette', type: 'apartment' })
    const unit = await property.units.create({ buildingId: building.id, number: number(), unitTypeId: type.id })
    await expect(property.unitTypes.remove({ id: type.id })).rejects.toMatchObject({
      code: 'CONFLICT',
      cause: { reason: 'property.unit_type_in_use', details: { counts: { units: 1 } } },
    })
    await property.units.remove({ id: unit.id })
    expect(await property.unitTypes.remove({ id: type.id })).toEqual({ ok: true })
    // Its name stays with what had it.
    expect(await property.units.restore({ id: unit.id })).toMatchObject({ unitType: { name: 'Maisonette' } })
    await expect(
      property.units.create({ buildingId: building.id, number: number(), unitTypeId: type.id }),
    ).rejects.toMatchObject(refusal('NOT_FOUND', 'property.unit_type_not_found'))
    const heir = await property.unitTypes.create({ name: 'Maisonette', type: 'studio' })
    await expect(property.unitTypes.restore({ id: type.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.name_taken'),
    )
    await property.unitTypes.remove({ id: heir.id })
    expect(await property.unitTypes.restore({ id: type.id })).toMatchObject({ units: 1, removedAt: null })
  })

  it('is decided by the director alone, and read by who looks after homes', async () => {
    const type = await property.unitTypes.create({ name: 'Office', type: 'commercial' })
    for (const role of ['accountant', 'complex_manager', 'platform_admin'] as const) {
      const { unitTypes } = as(company, role).property
      expect((await unitTypes.list({})).items).toContainEqual({ ...type, allowed: [] })
      await expect(unitTypes.update({ id: type.id, version: 1, name: 'X' })).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.forbidden'),
      )
    }
    for (const role of ['resident', 'technician', 'guard'] as const)
      await expect(as(company, role).property.unitTypes.list({})).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.forbidden'),
      )
  })

  it('of twenty units being given it while it is removed, none is left with a removed one', async () => {
    const type = await property.unitTypes.create({ name: 'Hangar', type: 'storage' })
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 10 }, () =>
        property.units.create({ buildingId: building.id, number: number(), unitTypeId: type.id }),
      ),
      property.unitTypes.remove({ id: type.id }),
      ...Array.from({ length: 10 }, () =>
        property.units.create({ buildingId: building.id, number: number(), unitTypeId: type.id }),
      ),
    ])
    const made = outcomes.filter(({ status }, index) => index !== 10 && status === 'fulfilled').length
    expect(outcomes[10]!.status === 'fulfilled' ? made : 0).toBe(0)
  })
})
