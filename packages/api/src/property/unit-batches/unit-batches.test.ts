import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildResidency,
  buildUnit,
  type Building,
} from '@servai/db/test/factories'
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

const read = (ids: string[]) => Promise.all(ids.map((id) => property.units.get({ id })))

describe('several units at once', () => {
  it('are changed together, and back by the same call', async () => {
    const entrance = await buildEntrance({ building })
    const loft = await property.unitTypes.create({ name: 'Loft', type: 'studio' })
    const rows = await Promise.all([1, 2, 3].map((floor) => buildUnit({ building, floor })))
    const ids = rows.map(({ id }) => id)
    const changed = await property.units.updateMany({
      items: ids.map((id) => ({ id, version: 1, floor: null, entranceId: entrance.id, unitTypeId: loft.id })),
    })
    expect(changed.items.map(({ version }) => version)).toEqual([2, 2, 2])
    for (const unit of await read(ids))
      expect(unit).toMatchObject({
        floor: null,
        entrance: { id: entrance.id },
        type: 'studio',
        unitType: { id: loft.id },
      })
    await property.units.updateMany({
      items: rows.map(({ id, floor }) => ({
        id,
        version: 2,
        floor,
        entranceId: null,
        type: 'apartment' as const,
        unitTypeId: null,
      })),
    })
    for (const [index, unit] of (await read(ids)).entries())
      expect(unit).toMatchObject({ floor: index + 1, entrance: null, type: 'apartment', unitType: null, version: 3 })
  })

  it('are changed all or none', async () => {
    const [one, two] = [await buildUnit({ building }), await buildUnit({ building })]
    const foreign = await buildEntrance({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
    const items = [one, two].map(({ id }) => ({ id, version: 1, floor: 9 }))
    const attempts = [
      [[items[0]!, { ...items[1]!, version: 2 }], 'CONFLICT', 'property.version_conflict'],
      [[items[0]!, { ...items[1]!, id: building.id }], 'NOT_FOUND', 'property.unit_not_found'],
      [[items[0]!, { ...items[1]!, entranceId: foreign.id }], 'BAD_REQUEST', 'property.entrance_of_other_building'],
      [[items[0]!, { ...items[1]!, unitTypeId: building.id }], 'NOT_FOUND', 'property.unit_type_not_found'],
      [[items[0]!, items[0]!], 'BAD_REQUEST', 'request.invalid'],
      [[], 'BAD_REQUEST', 'request.invalid'],
    ] as const
    for (const [wrong, code, reason] of attempts)
      await expect(property.units.updateMany({ items: [...wrong] })).rejects.toMatchObject(refusal(code, reason))
    for (const unit of await read([one.id, two.id])) expect(unit).toMatchObject({ version: 1, floor: null })
    const manager = as(company, 'complex_manager').property
    await expect(manager.units.updateMany({ items })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.unit_not_found'),
    )
  })

  it('are removed and restored together', async () => {
    const [one, two] = [await buildUnit({ building }), await buildUnit({ building })]
    const residency = await buildResidency({ unit: two })
    const items = [one, two].map(({ id }) => ({ id }))
    await expect(property.units.removeMany({ items })).rejects.toMatchObject({
      cause: { reason: 'property.has_children', details: { counts: { residencies: 1 } } },
    })
    await property.units.removeMany({ items, cascade: true })
    for (const unit of await read([one.id, two.id])) expect(unit.allowed).toEqual(['restore'])
    await property.units.restoreMany({ items })
    for (const unit of await read([one.id, two.id])) expect(unit.removedAt).toBeNull()
    expect((await property.residencies.get({ id: residency.id })).removedAt).toBeNull()
  })
})
