import { createRandom, type Random } from '@servai/db/seed/random'
import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildGrant,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { settings } from '@servai/db/schema/settings'
import { describe, expect, it } from 'vitest'
import { as, asUser, refusal, type Caller } from '../../../test/callers.ts'

const TABLES = [
  'complexes',
  'buildings',
  'entrances',
  'units',
  'people',
  'residencies',
  'invites',
  'claims',
  'settings',
] as const

type Removed = { id: string; table: string; deleted: boolean; with: string | null }

/** What is there and what is not, and of the latter what it waits for. */
const stateOf = async (company: { id: string }) => {
  const rows = await database.lookup<Removed>(
    TABLES.map(
      (table) =>
        `select '${table}' as table, id, deleted_at is not null as deleted, deleted_with as with from ${table} where company_id = $1`,
    ).join(' union all ') + ' order by 1, 2',
    [company.id],
  )
  return rows.map(({ table, id, deleted, with: root }) => `${table} ${id} ${deleted ? `gone ${root ?? ''}` : 'there'}`)
}

/** Rows that are there although what they hang on is not. */
const orphansOf = (company: { id: string }) =>
  database.lookup(
    `select 'building' from buildings b join complexes c on c.id = b.complex_id
       where b.company_id = $1 and b.deleted_at is null and c.deleted_at is not null
     union all select 'entrance' from entrances e join buildings b on b.id = e.building_id
       where e.company_id = $1 and e.deleted_at is null and b.deleted_at is not null
     union all select 'unit' from units u join buildings b on b.id = u.building_id left join entrances e on e.id = u.entrance_id
       where u.company_id = $1 and u.deleted_at is null and (b.deleted_at is not null or e.deleted_at is not null)
     union all select 'residency' from residencies r join units u on u.id = r.unit_id join people p on p.id = r.person_id
       where r.company_id = $1 and r.deleted_at is null and (u.deleted_at is not null or p.deleted_at is not null)
     union all select 'invite' from invites i join units u on u.id = i.unit_id left join people p on p.id = i.person_id
       where i.company_id = $1 and i.deleted_at is null and (u.deleted_at is not null or p.deleted_at is not null)
     union all select 'claim' from claims l join complexes c on c.id = l.complex_id
       where l.company_id = $1 and l.deleted_at is null and c.deleted_at is not null
     union all select 'setting' from settings s join complexes c on c.id = s.complex_id
       where s.company_id = $1 and s.deleted_at is null and c.deleted_at is not null`,
    [company.id],
  )

const decide = (company: { id: string }, complexId: string) =>
  database.system({}, 'write', (db) =>
    db.insert(settings).values({ companyId: company.id, complexId, key: 'claims.open', value: false }),
  )

const plant = async (random: Random) => {
  const company = await buildCompany()
  const roots: [keyof Caller['property'], string][] = []
  const known = await Promise.all(Array.from({ length: 6 }, () => buildPerson({ company })))
  for (const { id } of known) roots.push(['people', id])
  for (let c = 0; c < 2; c++) {
    const complex = await buildComplex({ company })
    roots.push(['complexes', complex.id])
    await buildClaim({ complex })
    await decide(company, complex.id)
    for (let b = 0; b < random.int(1, 2); b++) {
      const building = await buildBuilding({ complex })
      roots.push(['buildings', building.id])
      const entrances = await Promise.all([1, 2].map(() => buildEntrance({ building })))
      for (const { id } of entrances) roots.push(['entrances', id])
      for (let u = 0; u < random.int(2, 4); u++) {
        const entranceId = random.chance(0.7) ? random.pick(entrances).id : null
        const unit = await buildUnit({ building, entranceId })
        roots.push(['units', unit.id])
        const housed = new Set(Array.from({ length: random.int(0, 3) }, () => random.pick(known)))
        for (const person of housed)
          await buildResidency({ unit, person, endsOn: random.chance(0.3) ? '2021-01-01' : null })
        if (random.chance(0.6))
          await buildInvite({ unit, ...(random.chance(0.5) && { personId: random.pick(known).id }) })
      }
    }
  }
  return { company, roots }
}

const shuffled = <T>(random: Random, items: readonly T[]) =>
  items
    .map((item) => [random.int(0, 1e9), item] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, item]) => item)

type Removable = Caller['property']['units']

describe.each([1, 2, 3, 4, 5, 6])('a random company (%i)', (seed) => {
  it('loses what hangs on what is removed, orphans nothing, and has everything back in the end, in any order', async () => {
    const random = createRandom(seed)
    const { company, roots } = await plant(random)
    const { property } = as(company, 'director')
    // All kinds that can be removed take the same input.
    const of = (kind: keyof Caller['property']) => property[kind] as unknown as Removable
    const before = await stateOf(company)
    const taken: typeof roots = []
    for (const [kind, id] of shuffled(random, roots).slice(0, 10)) {
      const isGone = (await stateOf(company)).some((row) => row.startsWith(`${kind} ${id} gone`))
      if (isGone) continue
      await of(kind).remove({ id, cascade: true })
      taken.push([kind, id])
      expect(await orphansOf(company)).toEqual([])
    }
    expect(await stateOf(company)).not.toEqual(before)
    let left = shuffled(random, taken)
    while (left.length > 0) {
      const waiting: typeof taken = []
      for (const [kind, id] of left) {
        const reason = await of(kind)
          .restore({ id })
          .then(
            () => null,
            (error: { cause?: { reason?: string } }) => error.cause?.reason,
          )
        if (reason !== null) {
          expect(reason).toBe('property.parent_removed')
          waiting.push([kind, id])
        }
        expect(await orphansOf(company)).toEqual([])
      }
      expect(waiting.length).toBeLessThan(left.length)
      left = waiting
    }
    expect(await stateOf(company)).toEqual(before)
  })

  it('is back exactly where it was after each step, undone backwards', async () => {
    const random = createRandom(seed + 100)
    const { company, roots } = await plant(random)
    const { property } = as(company, 'director')
    const of = (kind: keyof Caller['property']) => property[kind] as unknown as Removable
    const undo: [() => Promise<unknown>, string[]][] = []
    for (const [kind, id] of shuffled(random, roots).slice(0, 8)) {
      const state = await stateOf(company)
      if (state.some((row) => row.startsWith(`${kind} ${id} gone`))) continue
      undo.push([() => of(kind).restore({ id }), state])
      await of(kind).remove({ id, cascade: true })
    }
    for (const [restore, state] of undo.toReversed()) {
      await restore()
      expect(await stateOf(company)).toEqual(state)
    }
  })
})

const buildHouse = async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const building = await buildBuilding({ complex })
  const entrance = await buildEntrance({ building })
  const unit = await buildUnit({ building, entranceId: entrance.id })
  return { company, complex, building, entrance, unit }
}

describe('without `cascade`', () => {
  it('a removal is refused with the count of everything that still matters', async () => {
    const { company, complex, building, entrance, unit } = await buildHouse()
    const person = await buildPerson({ company })
    await buildResidency({ unit, person })
    await buildResidency({ unit, endsOn: '2021-01-01' })
    await buildInvite({ unit, personId: person.id })
    await buildInvite({ unit, revokedAt: new Date() })
    await buildInvite({ unit, expiresAt: new Date(Date.now() - 1000) })
    await buildClaim({ complex })
    const { property } = as(company, 'director')
    const home = { residencies: 1, invites: 1 }
    const refused = (counts: object) => ({
      code: 'CONFLICT',
      cause: { reason: 'property.has_children', details: { counts } },
    })
    for (const [call, counts] of [
      [
        () => property.complexes.remove({ id: complex.id }),
        { buildings: 1, entrances: 1, units: 1, claims: 1, ...home },
      ],
      [() => property.buildings.remove({ id: building.id }), { entrances: 1, units: 1, ...home }],
      [() => property.entrances.remove({ id: entrance.id }), { units: 1, ...home }],
      [() => property.units.remove({ id: unit.id }), home],
      [() => property.people.remove({ id: person.id }), home],
    ] as const)
      await expect(call()).rejects.toMatchObject(refused(counts))
  })

  it('what is over goes along unasked, and comes back', async () => {
    const { company, unit } = await buildHouse()
    await buildResidency({ unit, endsOn: '2021-01-01' })
    await buildInvite({ unit, revokedAt: new Date() })
    const before = await stateOf(company)
    const { units } = as(company, 'director').property
    await units.remove({ id: unit.id })
    expect(await orphansOf(company)).toEqual([])
    await units.restore({ id: unit.id })
    expect(await stateOf(company)).toEqual(before)
  })
})

describe('rights', () => {
  it('of residents and staff end with the complex and begin again with it', async () => {
    const { company, complex, unit } = await buildHouse()
    const [manager, resident] = [await buildUser(), await buildUser()]
    await buildGrant(manager, 'complex_manager', { companyId: company.id, complexId: complex.id })
    await buildResidency({ unit, person: await buildPerson({ company, userId: resident.id }) })
    const { complexes } = as(company, 'director').property
    const callers = [asUser(manager), asUser(resident)]
    const look = (caller: Caller) => caller.property.units.get({ id: unit.id })
    for (const caller of callers) expect(await look(caller)).toMatchObject({ id: unit.id })
    await complexes.remove({ id: complex.id, cascade: true })
    for (const caller of callers)
      await expect(look(caller)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    await complexes.restore({ id: complex.id })
    for (const caller of callers) expect(await look(caller)).toMatchObject({ id: unit.id })
  })

  it('of a removed person end at once', async () => {
    const { company, unit } = await buildHouse()
    const resident = await buildUser()
    const person = await buildPerson({ company, userId: resident.id })
    await buildResidency({ unit, person })
    const home = asUser(resident)
    expect(await home.property.units.get({ id: unit.id })).toMatchObject({ id: unit.id })
    await as(company, 'director').property.people.remove({ id: person.id, cascade: true })
    await expect(home.property.units.get({ id: unit.id })).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  })
})

describe('races', () => {
  it('nothing is left hanging on a building that is removed while it is being filled', async () => {
    for (let round = 0; round < 4; round++) {
      const { company, building, unit } = await buildHouse()
      const { property } = as(company, 'director')
      await property.units.list({})
      await Promise.allSettled([
        ...Array.from({ length: 6 }, (_, index) =>
          property.units.create({ buildingId: building.id, number: `a${index}` }),
        ),
        ...Array.from({ length: 4 }, (_, index) =>
          property.residencies.create({
            unitId: unit.id,
            person: { firstName: 'A', lastName: String(index) },
            kind: 'tenant',
            startsOn: '2024-01-01',
          }),
        ),
        property.buildings.remove({ id: building.id, cascade: true }),
        ...Array.from({ length: 6 }, (_, index) =>
          property.units.create({ buildingId: building.id, number: `b${index}` }),
        ),
      ])
      expect(await orphansOf(company)).toEqual([])
      await property.buildings.restore({ id: building.id })
      expect(await orphansOf(company)).toEqual([])
    }
  })
})

describe('a person who comes back', () => {
  it('finds the own share only where nobody has taken it, also behind a removed unit', async () => {
    const { company, unit } = await buildHouse()
    const { property } = as(company, 'director')
    const move = (lastName: string) =>
      property.residencies.create({
        unitId: unit.id,
        person: { firstName: 'Owner', lastName },
        kind: 'owner',
        share: { numerator: 1, denominator: 1 },
        startsOn: '2024-01-01',
      })
    const first = await move('One')
    await property.people.remove({ id: first.person.id, cascade: true })
    const second = await move('Two')
    const exceeded = refusal('CONFLICT', 'property.shares_exceed_whole')
    await expect(property.people.restore({ id: first.person.id })).rejects.toMatchObject(exceeded)
    await property.units.remove({ id: unit.id, cascade: true })
    await expect(property.people.restore({ id: first.person.id })).rejects.toMatchObject(exceeded)
    await property.units.restore({ id: unit.id })
    await property.residencies.remove({ id: second.id })
    expect(await property.people.restore({ id: first.person.id })).toMatchObject({ homes: [{ unit: { id: unit.id } }] })
  })

  it('cannot be met by a residency alone', async () => {
    const { company, unit } = await buildHouse()
    const residency = await buildResidency({ unit })
    const { property } = as(company, 'director')
    await property.people.remove({ id: residency.personId, cascade: true })
    await expect(property.residencies.restore({ id: residency.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.parent_removed'),
    )
  })
})
