import { sql } from 'drizzle-orm'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, refusal } from '../../../test/callers.ts'

const NOT_FOUND = refusal('NOT_FOUND', 'property.complex_not_found')

describe('the floor grid', () => {
  it('puts units by building, entrance and floor from the top, as people count', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const [ten, two] = [await buildBuilding({ complex, name: '10' }), await buildBuilding({ complex, name: '2' })]
    const entrance = await buildEntrance({ building: ten, number: '1' })
    for (const [number, floor] of [
      ['2', 1],
      ['10', 1],
      ['20', 5],
      ['К1', -1],
      ['A', null],
    ] as const)
      await buildUnit({ building: ten, entranceId: entrance.id, number, floor })
    await buildUnit({ building: ten, number: '1', floor: 2 })
    await buildUnit({ building: ten, number: 'gone', deletedAt: new Date() })
    const { units } = as(company, 'director').property
    const { buildings } = await units.grid({ complexId: complex.id })
    const told = buildings.map((building) => [
      building.name,
      building.entrances.map((each) => [
        each.number,
        each.floors.map(({ floor, units: row }) => [floor, row.map(({ number }) => number)]),
      ]),
    ])
    expect(told).toEqual([
      ['2', []],
      [
        '10',
        [
          [
            '1',
            [
              [5, ['20']],
              [1, ['2', '10']],
              [-1, ['К1']],
              [null, ['A']],
            ],
          ],
          [null, [[2, ['1']]]],
        ],
      ],
    ])
    expect(buildings[0]!.id).toBe(two.id)
    expect(await units.grid({ complexId: (await buildComplex({ company })).id })).toEqual({ buildings: [] })
  })

  it('colours a unit by who lives there today and who is asked in', async () => {
    const company = await buildCompany()
    const building = await buildBuilding({ complex: await buildComplex({ company }) })
    const account = (await buildUser()).id
    const states: Record<string, string> = {}
    const cell = async (
      number: string,
      state: string,
      build: (unit: Awaited<ReturnType<typeof buildUnit>>) => Promise<unknown>,
    ) => {
      states[number] = state
      await build(await buildUnit({ building, number }))
    }
    await cell('1', 'empty', async () => undefined)
    await cell('2', 'occupied', (unit) => buildResidency({ unit }))
    await cell('3', 'connected', async (unit) => {
      await buildResidency({ unit })
      await buildResidency({ unit, person: await buildPerson({ company, userId: account }) })
      await buildInvite({ unit })
    })
    await cell('4', 'invited', (unit) => buildInvite({ unit }))
    await cell('5', 'invited', async (unit) => {
      await buildResidency({ unit })
      await buildInvite({ unit })
    })
    await cell('6', 'empty', async (unit) => {
      await buildResidency({ unit, endsOn: '2021-01-01' })
      await buildResidency({ unit, startsOn: '2199-01-01' })
      await buildResidency({ unit, deletedAt: new Date() })
      await buildInvite({ unit, revokedAt: new Date() })
      await buildInvite({ unit, expiresAt: new Date(Date.now() - 1000) })
      await buildInvite({ unit, maxUses: 1, usedCount: 1 })
    })
    const { buildings } = await as(company, 'director').property.units.grid({ complexId: building.complexId })
    const cells = buildings.flatMap(({ entrances }) =>
      entrances.flatMap(({ floors }) => floors.flatMap((floor) => floor.units)),
    )
    expect(Object.fromEntries(cells.map(({ number, state }) => [number, state]))).toEqual(states)
  })

  it('holds two thousand units in one answer', async () => {
    const company = await buildCompany()
    const building = await buildBuilding({ complex: await buildComplex({ company }) })
    await database.system({}, 'write', (db) =>
      db.execute(sql`
        insert into units (company_id, id, complex_id, building_id, number, number_sort, floor)
        select ${company.id}, gen_random_uuid(), ${building.complexId}, ${building.id}, n::text, n::text, n / 20
        from generate_series(1, 2000) n`),
    )
    const { buildings } = await as(company, 'director').property.units.grid({ complexId: building.complexId })
    const floors = buildings[0]!.entrances[0]!.floors
    expect(floors).toHaveLength(101)
    expect(floors.reduce((sum, floor) => sum + floor.units.length, 0)).toBe(2000)
    expect(JSON.stringify(buildings).length).toBeLessThan(300_000)
  })

  it('is for who looks after the homes, in their own complexes', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const complexId = complex.id
    for (const role of ['director', 'accountant', 'complex_manager', 'platform_admin'] as const)
      expect(await as(company, role, { complexes: [complex] }).property.units.grid({ complexId })).toEqual({
        buildings: [],
      })
    for (const role of ['technician', 'guard', 'resident'] as const)
      await expect(
        as(company, role, { complexes: [complex] }).property.units.grid({ complexId }),
      ).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    for (const stranger of [as(company, 'complex_manager'), as(await buildCompany(), 'director')])
      await expect(stranger.property.units.grid({ complexId })).rejects.toMatchObject(NOT_FOUND)
  })
})

describe('the card of a unit', () => {
  it('counts people now, to come and past, and invites', async () => {
    const company = await buildCompany()
    const unit = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
    const user = await buildUser()
    await buildResidency({ unit, person: await buildPerson({ company, userId: user.id }), verifiedLevel: 'verified' })
    await buildResidency({ unit })
    await buildResidency({ unit, endsOn: '2021-01-01' })
    await buildResidency({ unit, startsOn: '2199-01-01' })
    await buildResidency({ unit, deletedAt: new Date() })
    await buildInvite({ unit })
    await buildInvite({ unit, revokedAt: new Date() })
    const card = { people: { now: 2, future: 1, past: 1, connected: 1, unverified: 1 }, invites: { active: 1, all: 2 } }
    expect(await as(company, 'director').property.units.card({ id: unit.id })).toEqual(card)
    for (const stranger of [as(company, 'complex_manager'), as(await buildCompany(), 'director')])
      await expect(stranger.property.units.card({ id: unit.id })).rejects.toMatchObject(
        refusal('NOT_FOUND', 'property.unit_not_found'),
      )
  })
})
