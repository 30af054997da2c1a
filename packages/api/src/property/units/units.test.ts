import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildUnit,
  buildResidency,
  buildPerson,
  type Building,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string }
let building: Building
let units: Caller['property']['units']
beforeAll(async () => {
  company = await buildCompany()
  building = await buildBuilding({ complex: await buildComplex({ company }) })
  units = as(company, 'director').property.units
})

type Filter = Parameters<typeof units.list>[0]

const walk = async (filter: Filter) => {
  const items: Awaited<ReturnType<typeof units.list>>['items'] = []
  let cursor: string | undefined
  do {
    const page = await units.list({ ...filter, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return items
}

describe('pages', () => {
  const numbers = ['1', '2', '10', '10А', '11', 'Г1', 'Г2', '101', '007', '12б']
  beforeAll(async () => {
    for (const [index, number] of numbers.entries())
      await buildUnit({
        building,
        number,
        floor: index % 3 === 0 ? null : index % 2,
        areaM2: index % 4 === 0 ? null : '50.00',
      })
  })

  it.each(
    (['number', 'floor', 'areaM2', 'createdAt'] as const).flatMap((sort) =>
      (['asc', 'desc'] as const).flatMap((order) => [1, 3, 10, 100].map((limit) => [sort, order, limit] as const)),
    ),
  )('by %s %s, %i at a time, show every unit once and in order', async (sort, order, limit) => {
    const walked = await walk({ buildingId: building.id, sort, order, limit })
    const whole = await units.list({ buildingId: building.id, sort, order, limit: 100 })
    expect(walked.map(({ id }) => id)).toEqual(whole.items.map(({ id }) => id))
    expect(new Set(walked.map(({ id }) => id)).size).toBe(numbers.length)
    if (sort === 'floor' || sort === 'areaM2') {
      const values = whole.items.map((unit) => (unit[sort] === null ? Number.POSITIVE_INFINITY : Number(unit[sort])))
      const sorted = values.toSorted((a, b) => (a === b ? 0 : a - b))
      expect(values).toEqual(order === 'asc' ? sorted : sorted.toReversed())
    }
  })

  it('sort numbers as people count', async () => {
    const listed = await walk({ buildingId: building.id, limit: 4 })
    expect(listed.map(({ number }) => number)).toEqual(['1', '2', '007', '10', '10А', '11', '12б', '101', 'Г1', 'Г2'])
  })

  it('take a cursor only of the same sort, and none that was made up', async () => {
    const { nextCursor } = await units.list({ buildingId: building.id, limit: 1, sort: 'number' })
    const foreign = refusal('BAD_REQUEST', 'request.invalid')
    for (const [sort, cursor] of [
      ['floor', nextCursor!],
      ['createdAt', nextCursor!],
      ['number', 'nonsense'],
      ['number', Buffer.from('[1]').toString('base64url')],
      ['number', Buffer.from(`["a","${'x'.repeat(36)}"]`).toString('base64url')],
      ['areaM2', Buffer.from(`["1;drop","${building.id}"]`).toString('base64url')],
      ['number', Buffer.from(`["a\\u0000","${building.id}"]`).toString('base64url')],
    ] as const)
      await expect(units.list({ sort, cursor })).rejects.toMatchObject(foreign)
  })

  it('hold at most a hundred, sorted by what is offered', async () => {
    const invalid = refusal('BAD_REQUEST', 'request.invalid')
    for (const filter of [
      { limit: 101 },
      { limit: 0 },
      { sort: 'companyId' },
      { order: 'asc; drop table units' },
      { q: 'x'.repeat(101) },
    ])
      await expect(units.list(filter as Filter)).rejects.toMatchObject(invalid)
  })
})

describe('the search', () => {
  it('finds by the start of the number, whatever the case, and takes wildcards for text', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    for (const number of ['12А', '12б', '112', '5%', '5_1', '551', 'a\\b']) await buildUnit({ building: house, number })
    const found = async (q: string) => (await walk({ buildingId: house.id, q })).map(({ number }) => number)
    expect(await found('12')).toEqual(['12А', '12б'])
    expect(await found('12Б')).toEqual(['12б'])
    expect(await found('12а')).toEqual(['12А'])
    expect(await found('%')).toEqual([])
    expect(await found('_')).toEqual([])
    expect(await found('5%')).toEqual(['5%'])
    expect(await found('5_')).toEqual(['5_1'])
    expect(await found('A\\')).toEqual(['a\\b'])
    expect(await found('')).toHaveLength(7)
    await expect(units.list({ q: 'a\0' })).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })

  it('joins with every filter', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    const entrance = await buildEntrance({ building: house })
    const garage = await buildUnit({ building: house, type: 'parking', number: 'Г1', entranceId: entrance.id })
    await buildUnit({ building: house, number: '1', entranceId: entrance.id })
    await buildUnit({ building: house, type: 'parking', number: 'Г2' })
    const filter = {
      complexId: house.complexId,
      buildingId: house.id,
      entranceId: entrance.id,
      type: 'parking' as const,
      q: 'г',
    }
    expect((await units.list(filter)).items.map(({ id }) => id)).toEqual([garage.id])
  })
})

describe('a change', () => {
  it('answers the unit exactly as a read does afterwards, whatever was changed', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    const entrance = await buildEntrance({ building: house })
    const unit = await buildUnit({ building: house, entranceId: entrance.id })
    await buildResidency({ unit })
    let version = 1
    for (const change of [
      { floor: 7, areaM2: '61.5' },
      { number: '12б', share: { numerator: 1, denominator: 3 } },
      { entranceId: null, floor: null, type: 'studio' as const, share: null },
      { entranceId: entrance.id, floor: -1 },
      {},
    ]) {
      const changed = await units.update({ id: unit.id, version, ...change })
      expect(changed).toEqual(await units.get({ id: unit.id }))
      expect(changed).toMatchObject({ residents: 1, version: Object.keys(change).length > 0 ? version + 1 : version })
      version = changed.version
    }
  })

  it('is refused with its reason and leaves nothing behind', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    const unit = await units.create({ buildingId: house.id, number: '1', floor: 1 })
    await units.create({ buildingId: house.id, number: '2' })
    const taken = units.update({ id: unit.id, version: 1, number: '2', floor: 2 })
    await expect(taken).rejects.toMatchObject(refusal('CONFLICT', 'property.number_taken'))
    const late = units.update({ id: unit.id, version: 7, floor: 2 })
    await expect(late).rejects.toMatchObject(refusal('CONFLICT', 'property.version_conflict'))
    expect(await units.get({ id: unit.id })).toEqual(unit)
  })
})

describe('removed units', () => {
  it('are listed on request, restored once, and give their number free', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    const unit = await units.create({ buildingId: house.id, number: '1', share: { numerator: 1, denominator: 3 } })
    await units.remove({ id: unit.id })
    expect(await walk({ buildingId: house.id })).toEqual([])
    const [removed] = await walk({ buildingId: house.id, includeRemoved: true })
    expect(removed).toMatchObject({
      id: unit.id,
      allowed: ['restore'],
      removedAt: expect.any(String),
      share: unit.share,
    })
    await expect(units.update({ id: unit.id, version: 2, floor: 1 })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.unit_not_found'),
    )
    const successor = await units.create({ buildingId: house.id, number: '1' })
    await expect(units.restore({ id: unit.id })).rejects.toMatchObject(refusal('CONFLICT', 'property.number_taken'))
    await units.remove({ id: successor.id })
    expect(await units.restore({ id: unit.id })).toMatchObject({ removedAt: null })
    expect(await units.restore({ id: unit.id })).toMatchObject({ removedAt: null, version: 3 })
  })

  it('have nobody living in them', async () => {
    const house = await buildBuilding({ complex: await buildComplex({ company }) })
    const unit = await buildUnit({ building: house })
    const past = await buildResidency({ unit, endsOn: '2021-01-01' })
    const now = await buildResidency({ unit, person: await buildPerson({ company }) })
    expect((await units.get({ id: unit.id })).residents).toBe(1)
    await expect(units.remove({ id: unit.id })).rejects.toMatchObject({
      cause: { reason: 'property.has_children', details: { counts: { residencies: 1 } } },
    })
    const { residencies } = as(company, 'director').property
    await residencies.remove({ id: now.id })
    expect(await units.remove({ id: unit.id })).toEqual({ ok: true })
    await expect(residencies.restore({ id: now.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.parent_removed'),
    )
    expect(await residencies.get({ id: past.id })).toMatchObject({ endsOn: '2021-01-01' })
  })
})

describe('a resident', () => {
  it('sees the own home with its building, complex and entrance, and no other', async () => {
    const complex = await buildComplex({ company })
    const house = await buildBuilding({ complex })
    const entrance = await buildEntrance({ building: house })
    const unit = await buildUnit({ building: house, entranceId: entrance.id })
    const neighbour = await buildUnit({ building: house, entranceId: entrance.id })
    await buildEntrance({ building: house })
    await buildBuilding({ complex })
    const { property } = as(company, 'resident', { unit })
    const ids = async (list: Promise<{ items: { id: string; allowed: string[] }[] }>) =>
      (await list).items.map(({ id, allowed }) => [id, allowed])
    expect(await ids(property.units.list({}))).toEqual([[unit.id, []]])
    expect(await ids(property.complexes.list({}))).toEqual([[complex.id, []]])
    expect(await ids(property.buildings.list({}))).toEqual([[house.id, []]])
    expect(await ids(property.entrances.list({}))).toEqual([[entrance.id, []]])
    await expect(property.units.get({ id: neighbour.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.unit_not_found'),
    )
  })
})
