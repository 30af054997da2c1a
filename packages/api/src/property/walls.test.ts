import { wallFaults } from '@servai/db/self-check'
import { database } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, type Caller } from '../../test/callers.ts'
import { buildWorld, type World } from '../../test/world.ts'

let home: World
let elsewhere: World
beforeAll(async () => {
  ;[home, elsewhere] = await Promise.all([buildWorld(), buildWorld()])
})

type Entities = Caller['property']
type Call = (property: Entities, world: World) => Promise<unknown>

const company = {
  name: 'Morska Gradina',
  legalName: 'Morska Gradina OOD',
  registrationNumber: 'walls-1',
  country: 'BG',
  currency: 'EUR',
  locale: 'bg' as const,
  timezone: 'Europe/Sofia',
}
const complex = { name: 'Walls', city: 'Varna', address: 'Morska 1', timezone: 'Europe/Sofia' }

/** Every call with the id of a row, its own or its parent's. */
const calls: Record<string, [found: string, call: Call]> = {
  'companies.get': ['company', ({ companies }, { company: { id } }) => companies.get({ id })],
  'companies.update': [
    'company',
    ({ companies }, { company: { id } }) => companies.update({ id, version: 1, name: 'X' }),
  ],
  'complexes.get': ['complex', ({ complexes }, { complex: { id } }) => complexes.get({ id })],
  'complexes.update': [
    'complex',
    ({ complexes }, { complex: { id } }) => complexes.update({ id, version: 1, name: 'X' }),
  ],
  'complexes.remove': ['complex', ({ complexes }, { complex: { id } }) => complexes.remove({ id })],
  'complexes.restore': ['complex', ({ complexes }, { complex: { id } }) => complexes.restore({ id })],
  'buildings.get': ['building', ({ buildings }, { building: { id } }) => buildings.get({ id })],
  'buildings.create': [
    'complex',
    ({ buildings }, world) => buildings.create({ complexId: world.complex.id, name: 'X' }),
  ],
  'buildings.update': [
    'building',
    ({ buildings }, { building: { id } }) => buildings.update({ id, version: 1, name: 'X' }),
  ],
  'buildings.remove': ['building', ({ buildings }, { building: { id } }) => buildings.remove({ id })],
  'buildings.restore': ['building', ({ buildings }, { building: { id } }) => buildings.restore({ id })],
  'entrances.get': ['entrance', ({ entrances }, { entrance: { id } }) => entrances.get({ id })],
  'entrances.create': [
    'building',
    ({ entrances }, world) => entrances.create({ buildingId: world.building.id, number: 'X' }),
  ],
  'entrances.update': [
    'entrance',
    ({ entrances }, { entrance: { id } }) => entrances.update({ id, version: 1, number: 'X' }),
  ],
  'entrances.remove': ['entrance', ({ entrances }, { entrance: { id } }) => entrances.remove({ id })],
  'entrances.restore': ['entrance', ({ entrances }, { entrance: { id } }) => entrances.restore({ id })],
  'units.get': ['unit', ({ units }, { unit: { id } }) => units.get({ id })],
  'units.create': ['building', ({ units }, world) => units.create({ buildingId: world.building.id, number: 'X' })],
  'units.update': ['unit', ({ units }, { unit: { id } }) => units.update({ id, version: 1, number: 'X' })],
  'units.remove': ['unit', ({ units }, { unit: { id } }) => units.remove({ id })],
  'units.restore': ['unit', ({ units }, { unit: { id } }) => units.restore({ id })],
  'units.updateMany': [
    'unit',
    ({ units }, { unit: { id } }) => units.updateMany({ items: [{ id, version: 1, floor: 1 }] }),
  ],
  'units.removeMany': ['unit', ({ units }, { unit: { id } }) => units.removeMany({ items: [{ id }], cascade: true })],
  'units.restoreMany': ['unit', ({ units }, { unit: { id } }) => units.restoreMany({ items: [{ id }] })],
  'units.grid': ['complex', ({ units }, { complex: { id } }) => units.grid({ complexId: id })],
  'units.card': ['unit', ({ units }, { unit: { id } }) => units.card({ id })],
  'unitTypes.update': ['unit_type', ({ unitTypes }, { unitType: { id } }) => unitTypes.update({ id, version: 1 })],
  'unitTypes.remove': ['unit_type', ({ unitTypes }, { unitType: { id } }) => unitTypes.remove({ id })],
  'unitTypes.restore': ['unit_type', ({ unitTypes }, { unitType: { id } }) => unitTypes.restore({ id })],
  'people.get': ['person', ({ people }, { person: { id } }) => people.get({ id })],
  'people.update': ['person', ({ people }, { person: { id } }) => people.update({ id, version: 1, note: 'X' })],
  'people.merge': [
    'person',
    ({ people }, { person: { id }, unit }) =>
      people.merge({ id, version: 1, source: { id: unit.id.replace(/.$/, 'f'), version: 1 } }),
  ],
  'people.remove': ['person', ({ people }, { person: { id } }) => people.remove({ id, cascade: true })],
  'people.removeMany': ['person', ({ people }, { person: { id } }) => people.removeMany({ items: [{ id }] })],
  'people.restore': ['person', ({ people }, { person: { id } }) => people.restore({ id })],
  'people.restoreMany': ['person', ({ people }, { person: { id } }) => people.restoreMany({ items: [{ id }] })],
  'timeline.list': ['unit', ({ timeline }, { unit: { id } }) => timeline.list({ entity: 'unit', id })],
  'residencies.get': ['residency', ({ residencies }, { residency: { id } }) => residencies.get({ id })],
  'residencies.create': [
    'unit',
    ({ residencies }, world) =>
      residencies.create({
        unitId: world.unit.id,
        person: { id: world.person.id },
        kind: 'owner',
        startsOn: '2026-01-01',
      }),
  ],
  'residencies.update': [
    'residency',
    ({ residencies }, { residency: { id } }) => residencies.update({ id, version: 1, kind: 'family' }),
  ],
  'residencies.remove': ['residency', ({ residencies }, { residency: { id } }) => residencies.remove({ id })],
  'residencies.restore': ['residency', ({ residencies }, { residency: { id } }) => residencies.restore({ id })],
  'invites.get': ['invite', ({ invites }, { invite: { id } }) => invites.get({ id })],
  'invites.create': ['unit', ({ invites }, { unit: { id } }) => invites.create({ unitId: id, kind: 'tenant' })],
  'invites.revoke': ['invite', ({ invites }, { invite: { id } }) => invites.revoke({ id })],
  'invites.mail': ['invite', ({ invites }, { invite: { id } }) => invites.mail({ id })],
  'invites.adopt': ['invite', ({ invites }, { invite: { id } }) => invites.adopt({ items: [{ id }] })],
  'invites.plan': ['complex', ({ invites }, { complex: { id } }) => invites.plan({ complexId: id })],
  'invites.bulkCreate': [
    'complex',
    ({ invites }, { complex: { id } }) => invites.bulkCreate({ complexId: id, kind: 'tenant' }),
  ],
  'invites.sheet': ['building', ({ invites }, { building: { id } }) => invites.sheet({ buildingId: id })],
  'claims.approve': [
    'claim',
    ({ claims }, { claim: { id }, unit }) => claims.approve({ id, unitId: unit.id, kind: 'owner' }),
  ],
  'claims.decline': ['claim', ({ claims }, { claim: { id } }) => claims.decline({ id })],
}

describe('a stranger company', () => {
  it.each(Object.entries(calls))('%s finds nothing, like an id that never was', async (_name, [found, call]) => {
    const director = as(elsewhere.company, 'director').property
    const notFound = { code: 'NOT_FOUND', cause: { reason: `property.${found}_not_found` } }
    await expect(call(director, home)).rejects.toMatchObject(notFound)
    const nowhere = '019a0000-0000-7000-8000-000000000000'
    const never = Object.fromEntries(Object.keys(home).map((key) => [key, { id: nowhere }])) as unknown as World
    await expect(call(director, never)).rejects.toMatchObject(notFound)
  })

  it('cannot be joined to: parents of two companies do not mix', async () => {
    const director = as(home.company, 'director').property
    const create = { buildingId: home.building.id, number: 'mix', entranceId: elsewhere.entrance.id }
    await expect(director.units.create(create)).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.entrance_not_found'),
    )
    await expect(
      director.residencies.create({
        unitId: home.unit.id,
        person: { id: elsewhere.person.id },
        kind: 'tenant',
        startsOn: '2026-01-01',
      }),
    ).rejects.toMatchObject(refusal('NOT_FOUND', 'property.person_not_found'))
  })

  it('lists and counts nothing of the other, also when it filters by its ids', async () => {
    const { property } = as(elsewhere.company, 'director')
    const foreign = [
      property.buildings.list({ complexId: home.complex.id }),
      property.entrances.list({ buildingId: home.building.id }),
      property.units.list({ complexId: home.complex.id }),
      property.units.list({ buildingId: home.building.id }),
      property.units.list({ entranceId: home.entrance.id }),
      property.people.list({ complexId: home.complex.id }),
      property.people.list({ buildingId: home.building.id }),
      property.residencies.list({ unitId: home.unit.id }),
      property.residencies.list({ personId: home.person.id }),
      property.residencies.list({ complexId: home.complex.id }),
      property.invites.list({ complexId: home.complex.id }),
      property.invites.list({ unitId: home.unit.id }),
      property.claims.list({ complexId: home.complex.id }),
    ]
    for (const page of await Promise.all(foreign)) expect(page).toEqual({ items: [], nextCursor: null })
    expect((await property.companies.list({})).items.map(({ id }) => id)).toEqual([elsewhere.company.id])
    expect(await property.overview.get()).toEqual({
      complexes: 1,
      buildings: 1,
      units: 1,
      residents: 1,
      occupiedUnits: 1,
    })
  })
})

describe('another complex of the same company', () => {
  it.each(Object.entries(calls).filter(([name]) => !/^companies|^complexes.re|^unitTypes/.test(name)))(
    '%s finds nothing for its manager',
    async (_name, [found, call]) => {
      const manager = as(home.company, 'complex_manager').property
      await expect(call(manager, home)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        cause: { reason: `property.${found}_not_found` },
      })
    },
  )
})

const FORBIDDEN = refusal('FORBIDDEN', 'auth.forbidden')
const isRead = (name: string) => /\.(get|grid|card)$/.test(name)

describe('roles that may not', () => {
  const inHome = () => ({ complexes: [home.complex] })
  const denied = (names: (name: string) => boolean) => Object.entries(calls).filter(([name]) => names(name))

  it.each(denied((name) => !isRead(name)))('an accountant reads only: %s', async (_name, [, call]) => {
    await expect(call(as(home.company, 'accountant').property, home)).rejects.toMatchObject(FORBIDDEN)
  })
  it.each(denied((name) => !isRead(name) || /^units|^residencies|^invites/.test(name)))(
    'technicians and guards see where homes are, nothing inside: %s',
    async (_name, [, call]) => {
      for (const role of ['technician', 'guard'] as const)
        await expect(call(as(home.company, role, inHome()).property, home)).rejects.toMatchObject(FORBIDDEN)
    },
  )
  // Of the invites of others a resident finds nothing.
  it.each(denied((name) => (!isRead(name) && name !== 'invites.revoke') || name === 'companies.get'))(
    'a resident changes nothing: %s',
    async (_name, [, call]) => {
      const resident = as(home.company, 'resident', { unit: home.unit }).property
      await expect(call(resident, home)).rejects.toMatchObject(FORBIDDEN)
    },
  )
  it.each(denied((name) => !isRead(name)))(
    'the platform looks into a company and leaves it as it is: %s',
    async (_name, [, call]) => {
      await expect(call(as(home.company, 'platform_admin').property, home)).rejects.toMatchObject(FORBIDDEN)
    },
  )
  it.each(denied((name) => name !== 'companies.get'))(
    'a platform accountant sees companies only: %s',
    async (_name, [, call]) => {
      await expect(call(as(home.company, 'platform_accountant').property, home)).rejects.toMatchObject(FORBIDDEN)
    },
  )
  it('only the platform, from above, founds, removes and restores companies', async () => {
    const { id } = home.company
    const callers = [
      as(home.company, 'director'),
      as(home.company, 'accountant'),
      as(home.company, 'complex_manager', inHome()),
      as(home.company, 'platform_admin'),
      as(null, 'platform_accountant'),
    ]
    for (const { property } of callers) {
      await expect(property.companies.create(company)).rejects.toMatchObject(FORBIDDEN)
      await expect(property.companies.remove({ id })).rejects.toMatchObject(FORBIDDEN)
      await expect(property.companies.restore({ id })).rejects.toMatchObject(FORBIDDEN)
    }
  })
  it('only a director adds and removes complexes', async () => {
    for (const role of [
      'complex_manager',
      'accountant',
      'technician',
      'guard',
      'resident',
      'platform_admin',
    ] as const) {
      const { complexes } = as(home.company, role, { ...inHome(), unit: home.unit }).property
      await expect(complexes.create(complex)).rejects.toMatchObject(FORBIDDEN)
      await expect(complexes.remove({ id: home.complex.id })).rejects.toMatchObject(FORBIDDEN)
    }
  })
  it('removed rows are listed for nobody who may not restore them', async () => {
    const { property } = as(home.company, 'accountant')
    const all = { includeRemoved: true }
    const lists = [
      () => property.companies.list(all),
      () => property.complexes.list(all),
      () => property.buildings.list(all),
      () => property.entrances.list(all),
      () => property.units.list(all),
      () => property.people.list(all),
      () => property.unitTypes.list(all),
      () => property.residencies.list(all),
    ]
    for (const list of lists) await expect(list()).rejects.toMatchObject(FORBIDDEN)
  })
})

describe('roles that may', () => {
  it('everybody reads what is theirs to read', async () => {
    const reads = ['companies', 'complexes', 'buildings', 'entrances', 'units', 'residencies'].map(
      (name) => `${name}.get`,
    )
    const readers = {
      director: reads,
      accountant: reads,
      complex_manager: reads,
      platform_admin: reads,
      technician: reads.slice(0, 4),
      guard: reads.slice(0, 4),
      resident: reads.slice(1),
    } as const
    for (const [role, names] of Object.entries(readers)) {
      const { property } = as(home.company, role as keyof typeof readers, {
        complexes: [home.complex],
        unit: home.unit,
      })
      for (const [, call] of names.map((name) => calls[name]!))
        expect(await call(property, home)).toBeInstanceOf(Object)
    }
  })
})

it('no public table stands without a wall', async () => {
  expect(await wallFaults(database)).toEqual([])
})
