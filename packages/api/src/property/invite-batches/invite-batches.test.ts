import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string; name: string }
let invites: Caller['property']['invites']
beforeAll(async () => {
  company = await buildCompany()
  invites = as(company, 'director').property.invites
})

/** Six units: free, free on another staircase, invited, connected, known by address, and a parking place. */
const buildStreet = async () => {
  const complex = await buildComplex({ company })
  const building = await buildBuilding({ complex })
  const entrance = await buildEntrance({ building, number: '1' })
  const other = await buildEntrance({ building, number: '2' })
  const make = (number: string, more: object = {}) => buildUnit({ building, number, entranceId: entrance.id, ...more })
  const units = {
    free: await make('10'),
    elsewhere: await make('1', { entranceId: other.id }),
    invited: await make('2'),
    connected: await make('9'),
    known: await make('11'),
    parking: await make('P1', { type: 'parking' }),
  }
  await invites.create({ unitId: units.invited.id, kind: 'tenant' })
  const user = await buildUser()
  await buildResidency({ unit: units.connected, person: await buildPerson({ company, userId: user.id }) })
  const known = [await buildPerson({ company }), await buildPerson({ company })]
  for (const person of [...known, await buildPerson({ company, email: null })])
    await buildResidency({ unit: units.known, person })
  await buildResidency({ unit: units.known, person: await buildPerson({ company }), endsOn: '2024-01-01' })
  return { complex, building, entrance, units, known, resident: user }
}

const mailedTo = async (inviteId: string) => {
  const rows = await database.lookup<{ id: string }>(
    `select payload ->> 'personId' as id from outbox where topic = 'invites.mail_requested' and payload ->> 'inviteId' = $1`,
    [inviteId],
  )
  return rows.map(({ id }) => id).toSorted()
}

describe('invites for a whole place', () => {
  it('are counted first, then made: one where there is none and nobody has an account', async () => {
    const { complex, building, entrance, units, known } = await buildStreet()
    expect(await invites.plan({ buildingId: building.id })).toEqual({
      units: 5,
      withInvite: 1,
      connected: 1,
      toCreate: 3,
      toMail: 2,
    })
    expect(await invites.plan({ entranceId: entrance.id })).toMatchObject({ units: 4, toCreate: 2 })
    expect(await invites.plan({ complexId: complex.id, types: ['parking'] })).toMatchObject({ units: 1, toCreate: 1 })
    expect(await invites.bulkCreate({ buildingId: building.id, kind: 'owner', mail: true })).toEqual({
      created: 3,
      mailed: 2,
    })
    const [ofKnown] = (await invites.list({ unitId: units.known.id })).items
    expect(ofKnown).toMatchObject({ maxUses: 2, kind: 'owner', person: null, mailedAt: expect.any(String) })
    expect(await mailedTo(ofKnown!.id)).toEqual(known.map(({ id }) => id).toSorted())
    expect((await invites.list({ unitId: units.free.id })).items).toMatchObject([{ maxUses: 1, mailedAt: null }])
    expect(await invites.bulkCreate({ buildingId: building.id, kind: 'owner' })).toEqual({ created: 0, mailed: 0 })
  })

  it('made twice at once are made once', async () => {
    const { building } = await buildStreet()
    const made = await Promise.all([1, 2, 3].map(() => invites.bulkCreate({ buildingId: building.id, kind: 'owner' })))
    expect(made.map(({ created }) => created).toSorted()).toEqual([0, 0, 3])
  })

  it('are for one complex, building or entrance', async () => {
    const { complex, building } = await buildStreet()
    for (const place of [{}, { complexId: complex.id, buildingId: building.id }])
      await expect(invites.plan(place)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('stop at 2,000', async () => {
    const building = await buildBuilding({ complex: await buildComplex({ company }) })
    await database.lookup(
      `insert into units (company_id, id, complex_id, building_id, number, number_sort)
       select $1, gen_random_uuid(), $2, $3, 'B' || n, 'B' || n from generate_series(1, 2001) n`,
      [company.id, building.complexId, building.id],
    )
    await expect(invites.bulkCreate({ buildingId: building.id, kind: 'owner' })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'invites.too_many_units'),
    )
    await database.lookup(`update units set deleted_at = now() where building_id = $1 and number = 'B1'`, [building.id])
    expect(await invites.bulkCreate({ buildingId: building.id, kind: 'owner' })).toEqual({ created: 2000, mailed: 0 })
  })
})

describe('a sheet', () => {
  it('has a slip for each unit with an invite for anybody, in the order of the doors', async () => {
    const { building, entrance, units } = await buildStreet()
    await invites.bulkCreate({ buildingId: building.id, kind: 'owner', maxUses: 3 })
    const person = await buildPerson({ company })
    await invites.create({ unitId: units.connected.id, kind: 'owner', personId: person.id })
    const sheet = await invites.sheet({ buildingId: building.id })
    expect(sheet).toMatchObject({ company: company.name, address: 'Varna, Morska 1', building: building.name })
    expect(sheet.slips.map(({ entrance: door, unit }) => [door, unit])).toEqual([
      ['1', '2'],
      ['1', '10'],
      ['1', '11'],
      ['2', '1'],
    ])
    expect(sheet.without).toEqual([])
    const [slip] = sheet.slips
    expect(await anonymous().property.invites.preview({ token: slip!.path.slice('/invite#'.length) })).toMatchObject({
      unit: '2',
      kind: 'tenant',
    })
    const one = await invites.sheet({ buildingId: building.id, entranceId: entrance.id })
    expect(one.slips.map(({ unit }) => unit)).toEqual(['2', '10', '11'])
  })

  it('tells which units have none, and prints nothing of what residents made', async () => {
    const { building, units, resident } = await buildStreet()
    await asUser(resident).property.invites.create({ unitId: units.connected.id, kind: 'family' })
    const sheet = await invites.sheet({ buildingId: building.id })
    expect(sheet.slips.map(({ unit }) => unit)).toEqual(['2'])
    expect(sheet.without).toEqual(['10', '11', '1'])
  })

  it('of an entrance of another building does not exist', async () => {
    const [one, other] = [await buildStreet(), await buildStreet()]
    await expect(invites.sheet({ buildingId: one.building.id, entranceId: other.entrance.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.entrance_not_found'),
    )
  })
})
