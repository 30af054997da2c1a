import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  type Complex,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, asUser, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string }
let here: Complex
let there: Complex
let director: Caller['property']
beforeAll(async () => {
  company = await buildCompany()
  ;[here, there] = [await buildComplex({ company }), await buildComplex({ company })]
  director = as(company, 'director').property
})

const buildHome = async (complex: Complex) => buildUnit({ building: await buildBuilding({ complex }) })
const resident = async (complex: Complex, overrides: Parameters<typeof buildPerson>[0] = {}) => {
  const person = await buildPerson({ company, ...overrides })
  const unit = await buildHome(complex)
  return { person, unit, residency: await buildResidency({ unit, person }) }
}
const manager = () => as(company, 'complex_manager', { complexes: [here] }).property
const NOT_FOUND = refusal('NOT_FOUND', 'property.person_not_found')
const FORBIDDEN = refusal('FORBIDDEN', 'auth.forbidden')

type Filter = Parameters<Caller['property']['people']['list']>[0]
const walk = async (people: Caller['property']['people'], filter: Filter) => {
  const items: Awaited<ReturnType<typeof people.list>>['items'] = []
  let cursor: string | undefined
  do {
    const page = await people.list({ ...filter, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return items
}

describe('the list', () => {
  let house: Complex
  beforeAll(async () => {
    house = await buildComplex({ company })
    for (const [firstName, lastName] of [
      ['Ана', 'Ангелова'],
      ['Борис', 'Ангелова'],
      ['Ана', 'Борисова'],
      ['Zoe', 'Adams'],
      ['Ана', 'Ангелова'],
    ])
      await resident(house, { firstName: firstName!, lastName: lastName! })
  })

  it.each([1, 2, 100])('by name, %i at a time, shows everybody once, by family name first', async (limit) => {
    for (const order of ['asc', 'desc'] as const) {
      const names = (await walk(director.people, { complexId: house.id, limit, order })).map(
        ({ firstName, lastName }) => `${lastName} ${firstName}`,
      )
      const expected = ['Adams Zoe', 'Ангелова Ана', 'Ангелова Ана', 'Ангелова Борис', 'Борисова Ана']
      expect(names).toEqual(order === 'asc' ? expected : expected.toReversed())
    }
  })

  it('takes a cursor only of the same sort, and none that was made up', async () => {
    const { nextCursor } = await director.people.list({ limit: 1 })
    for (const [sort, cursor] of [
      ['createdAt', nextCursor!],
      ['name', 'nonsense'],
      ['name', Buffer.from(`["a",${JSON.stringify(house.id)}]`).toString('base64url')],
      ['name', Buffer.from(`["a\\nb\\nc",${JSON.stringify(house.id)}]`).toString('base64url')],
    ] as const)
      await expect(director.people.list({ sort, cursor })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })

  it('is filtered by home, kind, account, and the lack of a home', async () => {
    const complex = await buildComplex({ company })
    const owner = await resident(complex)
    const user = await buildUser()
    const tenant = await buildPerson({ company, userId: user.id })
    await buildResidency({ unit: owner.unit, person: tenant, kind: 'tenant' })
    const gone = await buildPerson({ company })
    await buildResidency({ unit: owner.unit, person: gone, endsOn: '2021-01-01' })
    const ids = async (filter: Filter) => (await walk(director.people, filter)).map(({ id }) => id).toSorted()
    const complexId = complex.id
    expect(await ids({ complexId })).toEqual([owner.person.id, tenant.id].toSorted())
    expect(await ids({ buildingId: owner.unit.buildingId, kind: 'tenant' })).toEqual([tenant.id])
    expect(await ids({ complexId, hasAccount: true })).toEqual([tenant.id])
    expect(await ids({ complexId, hasAccount: false })).toEqual([owner.person.id])
    const homeless = await ids({ withoutHome: true })
    expect(homeless).toContain(gone.id)
    expect(homeless).not.toContain(tenant.id)
    expect(await ids({ complexId, withoutHome: true })).toEqual([])
  })

  it('tells a manager by no filter of homes in complexes of others', async () => {
    const { person } = await resident(here)
    const past = await buildPerson({ company })
    const unit = await buildHome(here)
    await buildResidency({ unit, person: past, endsOn: '2021-01-01' })
    const elsewhere = await buildHome(there)
    for (const one of [person, past]) await buildResidency({ unit: elsewhere, person: one, kind: 'tenant' })
    const ids = async (filter: Filter) => (await walk(manager().people, filter)).map(({ id }) => id)
    expect(await ids({ complexId: there.id })).toEqual([])
    expect(await ids({ buildingId: elsewhere.buildingId })).toEqual([])
    const tenants = await ids({ kind: 'tenant' })
    expect([tenants.includes(person.id), tenants.includes(past.id)]).toEqual([false, false])
    const homeless = await ids({ withoutHome: true })
    expect([homeless.includes(person.id), homeless.includes(past.id)]).toEqual([false, true])
  })

  it('finds by name, address and number, in any spelling', async () => {
    const { id } = await director.people.create({
      firstName: 'Теодора',
      lastName: 'Златанова',
      email: 'Teodora.Z@example.test',
      phone: '+359 87 765 4321',
    })
    for (const q of ['злат', 'ТЕОДОРА', 'теодора златанова', 'teodora.z@', '087 765 4321', '+359877654321'])
      expect([q, (await director.people.list({ q })).items.map((person) => person.id)]).toEqual([q, [id]])
    expect((await director.people.list({ q: '%%' })).items).toEqual([])
  })
})

describe('a person', () => {
  it('is kept with contact data and a note, changed by version, removed and restored', async () => {
    const created = await director.people.create({ firstName: ' Ана ', lastName: 'Колева', note: 'Звънец: 2\nКуче' })
    expect(created).toMatchObject({
      firstName: 'Ана',
      email: null,
      note: 'Звънец: 2\nКуче',
      hasAccount: false,
      homes: [],
      allowed: ['update', 'remove', 'erase'],
    })
    const changed = await director.people.update({ id: created.id, version: 1, email: 'a@example.test', note: '' })
    expect(changed).toMatchObject({ version: 2, email: 'a@example.test', note: '' })
    expect(await director.people.remove({ id: created.id })).toEqual({ ok: true })
    expect(await director.people.get({ id: created.id })).toMatchObject({ allowed: ['restore', 'erase'] })
    expect(await director.people.restore({ id: created.id })).toMatchObject({
      removedAt: null,
      allowed: ['update', 'remove', 'erase'],
    })
    for (const wrong of [{ email: 'no' }, { note: 'a\0' }, { firstName: 'a\nb' }])
      await expect(director.people.create({ firstName: 'A', lastName: 'B', ...wrong })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })

  it('lives in several homes, present ones first, and in several companies with one account', async () => {
    const { person, unit } = await resident(here)
    const [past, future] = [await buildHome(here), await buildHome(there)]
    await buildResidency({ unit: past, person, endsOn: '2021-01-01' })
    await buildResidency({ unit: future, person, startsOn: '2199-01-01' })
    const { homes } = await director.people.get({ id: person.id })
    expect(homes.map((home) => [home.unit.id, home.state])).toEqual([
      [unit.id, 'now'],
      [future.id, 'future'],
      [past.id, 'past'],
    ])
    const user = await buildUser()
    const other = await buildCompany()
    for (const at of [company, other]) {
      const complex = await buildComplex({ company: at })
      const somebody = await buildPerson({ company: at, userId: user.id })
      await buildResidency({ unit: await buildHome(complex), person: somebody })
    }
    const me = await asUser(user).auth.me()
    expect(me.contexts.map(({ key }) => key).toSorted()).toEqual(
      [`resident:${company.id}`, `resident:${other.id}`].toSorted(),
    )
  })

  it('is known to a manager through the own complexes only, and with the homes there', async () => {
    const mine = await resident(here)
    await buildResidency({ unit: await buildHome(there), person: mine.person })
    const foreign = await resident(there)
    const { people } = manager()
    expect((await people.get({ id: mine.person.id })).homes.map(({ unit }) => unit.id)).toEqual([mine.unit.id])
    await expect(people.get({ id: foreign.person.id })).rejects.toMatchObject(NOT_FOUND)
    await expect(people.update({ id: foreign.person.id, version: 1, note: 'X' })).rejects.toMatchObject(NOT_FOUND)
    const listed = await walk(people, { limit: 100 })
    expect(listed.every(({ homes }) => homes.every((home) => home.complex.id === here.id))).toBe(true)
    expect(listed.map(({ id }) => id)).not.toContain(foreign.person.id)
    await expect(people.create({ firstName: 'A', lastName: 'B' })).rejects.toMatchObject(FORBIDDEN)
  })

  it('is removed by a manager only with nothing elsewhere', async () => {
    const { people } = manager()
    const mine = await resident(here)
    expect(await people.get({ id: mine.person.id })).toMatchObject({ allowed: ['update', 'remove'] })
    await people.remove({ id: mine.person.id, cascade: true })
    expect(await people.get({ id: mine.person.id })).toMatchObject({ allowed: ['restore'] })
    expect(await people.restore({ id: mine.person.id })).toMatchObject({ homes: [{ unit: { id: mine.unit.id } }] })
    await buildResidency({ unit: await buildHome(there), person: mine.person })
    expect(await people.get({ id: mine.person.id })).toMatchObject({ allowed: ['update'] })
    await expect(people.remove({ id: mine.person.id, cascade: true })).rejects.toMatchObject(FORBIDDEN)
  })

  it('is nothing to residents, technicians and guards, and read by accountants', async () => {
    const { person } = await resident(here)
    for (const role of ['resident', 'technician', 'guard'] as const) {
      const { people } = as(company, role, { complexes: [here] }).property
      await expect(people.list({})).rejects.toMatchObject(FORBIDDEN)
      await expect(people.get({ id: person.id })).rejects.toMatchObject(FORBIDDEN)
    }
    const { people } = as(company, 'accountant').property
    expect(await people.get({ id: person.id })).toMatchObject({ email: person.email, allowed: [] })
    await expect(people.update({ id: person.id, version: 1 })).rejects.toMatchObject(FORBIDDEN)
    await expect(people.list({ includeRemoved: true })).rejects.toMatchObject(FORBIDDEN)
  })

  it('goes and comes back with others, all or none', async () => {
    const [one, two] = [await buildPerson({ company }), await resident(here)]
    const items = [{ id: one.id }, { id: two.person.id }]
    await expect(director.people.removeMany({ items })).rejects.toMatchObject({
      cause: { reason: 'property.has_children', details: { counts: { residencies: 1 } } },
    })
    expect((await director.people.get({ id: one.id })).removedAt).toBeNull()
    await director.people.removeMany({ items, cascade: true })
    expect((await director.people.get({ id: one.id })).removedAt).not.toBeNull()
    await director.people.restoreMany({ items })
    expect((await director.people.get({ id: two.person.id })).homes).toHaveLength(1)
    await expect(director.people.removeMany({ items: [items[0]!, items[0]!] })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'request.invalid'),
    )
  })
})

describe('merging two records of one person', () => {
  const merge = (id: string, sourceId: string, more: object = {}) =>
    director.people.merge({ id, version: 1, source: { id: sourceId, version: 1 }, ...more })

  it('gathers homes, invites and the account, and takes the fields that were chosen', async () => {
    const user = await buildUser()
    const [kept, given] = [await resident(here), await resident(there, { userId: user.id })]
    const invite = await buildInvite({ unit: await buildHome(here), personId: given.person.id })
    const merged = await merge(kept.person.id, given.person.id, { phone: given.person.phone, note: 'Two flats' })
    expect(merged).toMatchObject({ id: kept.person.id, hasAccount: true, note: 'Two flats', email: kept.person.email })
    expect(merged.homes.map(({ unit }) => unit.id).toSorted()).toEqual([kept.unit.id, given.unit.id].toSorted())
    expect(await director.people.get({ id: given.person.id })).toMatchObject({
      homes: [],
      hasAccount: false,
      allowed: ['restore', 'erase'],
    })
    expect(await asUser(user).property.units.list({})).toMatchObject({ items: [{}, {}] })
    expect(await director.invites.get({ id: invite.id })).toMatchObject({ person: { id: kept.person.id } })
  })

  it('is refused of two accounts, of one record, of an outdated one, and where both live at a time', async () => {
    const users = [await buildUser(), await buildUser()]
    const [a, b] = [
      await buildPerson({ company, userId: users[0]!.id }),
      await buildPerson({ company, userId: users[1]!.id }),
    ]
    await expect(merge(a.id, b.id)).rejects.toMatchObject(refusal('CONFLICT', 'property.two_accounts'))
    await expect(merge(a.id, a.id)).rejects.toMatchObject(refusal('BAD_REQUEST', 'property.same_person'))
    const c = await buildPerson({ company })
    await expect(
      director.people.merge({ id: a.id, version: 1, source: { id: c.id, version: 9 } }),
    ).rejects.toMatchObject({
      cause: { reason: 'property.version_conflict', details: { conflict: { current: { id: c.id } } } },
    })
    const { person, unit } = await resident(here)
    await buildResidency({ unit, person: c })
    await expect(merge(person.id, c.id)).rejects.toMatchObject(refusal('CONFLICT', 'property.residency_overlaps'))
    expect((await director.people.get({ id: c.id })).homes).toHaveLength(1)
  })

  it('is a manager’s only where all homes of both records are in the own complexes', async () => {
    const [kept, given] = [await resident(here), await resident(here)]
    const { people } = manager()
    const input = { id: kept.person.id, version: 1, source: { id: given.person.id, version: 1 } }
    expect(await people.merge(input)).toMatchObject({ id: kept.person.id })
    const foreign = await resident(there)
    await expect(people.merge({ ...input, source: { id: foreign.person.id, version: 1 } })).rejects.toMatchObject(
      NOT_FOUND,
    )
  })
})
