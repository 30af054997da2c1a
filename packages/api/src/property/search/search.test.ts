import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildGrant,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  type Building,
  type Company,
  type Complex,
  type Unit,
} from '@servai/db/test/factories'
import type { SearchKind } from '@servai/contract/search'
import { beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../limits.ts'
import { as, asUser, employ, refusal, type Caller } from '../../../test/callers.ts'

let company: Company
let near: Complex
let far: Complex
let nearBlock: Building
let twelve: Unit

/** `12А, Block 2, Lozenets` in the near complex, its twin in the far one, and an owner in each. */
beforeAll(async () => {
  company = await buildCompany({ name: 'Search Works' })
  near = await buildComplex({ company, name: 'Lozenets Park', city: 'Sofia' })
  far = await buildComplex({ company, name: 'Mladost', city: 'Plovdiv' })
  nearBlock = await buildBuilding({ complex: near, name: 'А' })
  const farBlock = await buildBuilding({ complex: far, name: 'Б' })
  for (const number of ['12 А', '120', '7']) await buildUnit({ building: nearBlock, number })
  twelve = await buildUnit({ building: nearBlock, number: '12' })
  const farTwelve = await buildUnit({ building: farBlock, number: '12' })
  await buildUnit({ building: farBlock, number: '12', deletedAt: new Date() })
  const maria = await buildPerson({
    company,
    firstName: 'Мария',
    lastName: 'Иванова',
    email: 'maria@example.test',
    phone: '+359 88 123 4567',
  })
  const other = await buildPerson({
    company,
    firstName: 'Мария',
    lastName: 'Иванова',
    email: 'other@example.test',
    phone: null,
  })
  await buildResidency({ unit: twelve, person: maria })
  await buildResidency({ unit: farTwelve, person: other })
  await buildPerson({
    company,
    firstName: 'Мария',
    lastName: 'Иванова',
    email: 'removed@example.test',
    deletedAt: new Date(),
  })
  const director = await buildUser({ firstName: 'Ivan', lastName: 'Directorov' })
  await buildGrant(director, 'director', { companyId: company.id })
  await buildInvite({ unit: twelve })
  await buildInvite({ unit: farTwelve, revokedAt: new Date() })
})

const found = async (caller: Caller, q: string, kind: SearchKind) => {
  const { groups } = await caller.property.search({ q })
  return (
    groups
      .find((group) => group.kind === kind)
      ?.hits.map(({ label, place }) => (place ? `${label} | ${place}` : label)) ?? []
  )
}

describe('a director finds', () => {
  let director: Caller
  beforeAll(() => {
    director = as(company, 'director')
  })

  it.each([
    ['12', ['12 | А, Lozenets Park', '12 | Б, Mladost', '120 | А, Lozenets Park', '12 А | А, Lozenets Park']],
    ['12A', ['12 А | А, Lozenets Park']],
    ['12а', ['12 А | А, Lozenets Park']],
    ['12 a', ['12 А | А, Lozenets Park', '12 | А, Lozenets Park', '120 | А, Lozenets Park']],
    ['А 12', ['12 | А, Lozenets Park', '120 | А, Lozenets Park', '12 А | А, Lozenets Park']],
    ['a 120', ['120 | А, Lozenets Park']],
    ['lozenets 120', ['120 | А, Lozenets Park']],
    ['12 mladost', ['12 | Б, Mladost']],
    ['mlad Б 12', ['12 | Б, Mladost']],
    ['park 12 nowhere', []],
    ['%', []],
  ])('units by %s', async (q, units) => expect(await found(director, q, 'units')).toEqual(units))

  it.each([
    ['марея ивонова', 2],
    ['ИВАНОВА МАРИЯ', 2],
    ['maria@exa', 1],
    ['088 123 45', 1],
    ['removed@', 0],
  ])('people by %s', async (q, count) => {
    expect(await found(director, q, 'people')).toHaveLength(count)
  })

  it('where people live and how to reach them: by the number when a number was asked for', async () => {
    const { groups } = await director.property.search({ q: '0881234567', kinds: ['people'] })
    expect(groups).toEqual([
      {
        kind: 'people',
        hasMore: false,
        hits: [
          {
            id: expect.any(String),
            label: 'Мария Иванова',
            place: '12, А, Lozenets Park',
            contact: '+359 88 123 4567',
            target: { kind: 'person', id: groups[0]!.hits[0]!.id },
          },
        ],
      },
    ])
  })

  it('complexes, buildings, staff and the invites that can still be used', async () => {
    expect(await found(director, 'lozen', 'complexes')).toEqual(['Lozenets Park | Sofia, ' + near.address])
    expect(await found(director, 'Б', 'buildings')).toEqual(['Б | Mladost'])
    expect(await found(director, 'directorov', 'staff')).toEqual(['Ivan Directorov'])
    const { groups } = await director.property.search({ q: '12', kinds: ['invites'] })
    expect(groups).toMatchObject([{ hits: [{ label: '12', target: { kind: 'unit', id: twelve.id } }] }])
  })

  it('eight of a kind at most, and is told of the rest', async () => {
    const block = await buildBuilding({ complex: far, name: 'Tower' })
    for (let i = 0; i < 10; i++) await buildUnit({ building: block, number: `9${i}` })
    const { groups } = await director.property.search({ q: '9', kinds: ['units'] })
    expect(groups.map(({ hits, hasMore }) => [hits.length, hasMore])).toEqual([[8, true]])
  })

  it('only what was asked for, in words', async () => {
    const { groups } = await director.property.search({ q: '12', kinds: ['people', 'invites'] })
    expect(groups.map(({ kind }) => kind)).toEqual(['invites'])
    for (const q of ['', ' ', 'x'.repeat(101), 'a\0'])
      await expect(director.property.search({ q })).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })
})

describe('who may see less finds less', () => {
  const kindsOf = async (caller: Caller, q: string) =>
    (await caller.property.search({ q })).groups.map(({ kind }) => kind)

  it('a manager: the complexes in their care, however common the name', async () => {
    const manager = as(company, 'complex_manager', { complexes: [near] })
    expect(await found(manager, '12', 'units')).toEqual([
      '12 | А, Lozenets Park',
      '120 | А, Lozenets Park',
      '12 А | А, Lozenets Park',
    ])
    expect(await found(manager, 'иванова', 'people')).toEqual(['Мария Иванова | 12, А, Lozenets Park'])
    expect(await found(manager, 'other@example', 'people')).toEqual([])
    expect(await found(manager, 'mladost', 'complexes')).toEqual([])
    expect(await found(manager, 'directorov', 'staff')).toEqual([])
    expect(await found(manager, '12 mladost', 'units')).toEqual([])
  })

  it('a technician and a guard: houses, nobody in them', async () => {
    for (const role of ['technician', 'guard'] as const) {
      const caller = as(company, role, { complexes: [near] })
      expect(await kindsOf(caller, 'lozenets')).toEqual(['complexes'])
      expect(await kindsOf(caller, 'А')).toContain('buildings')
      for (const q of ['12', 'иванова', '0881234567', 'directorov']) expect(await kindsOf(caller, q)).toEqual([])
    }
  })

  it('an accountant: everything but the staff', async () => {
    const accountant = as(company, 'accountant')
    expect(await kindsOf(accountant, '12')).toEqual(['units', 'invites'])
    expect(await kindsOf(accountant, 'иванова')).toEqual(['people'])
    expect(await kindsOf(accountant, 'directorov')).toEqual([])
  })

  it('a resident: the own homes', async () => {
    const resident = as(company, 'resident', { unit: twelve })
    expect(await found(resident, '12', 'units')).toEqual(['12 | А, Lozenets Park'])
    expect(await kindsOf(resident, '120')).toEqual([])
    for (const q of ['иванова', 'lozenets', 'А']) expect(await kindsOf(resident, q)).toEqual([])
  })

  it('a stranger company: nothing', async () => {
    const stranger = as(await buildCompany(), 'director')
    for (const q of ['12', 'иванова', 'lozenets', 'А', 'directorov', '0881234567', '12 mladost', 'search works'])
      expect(await kindsOf(stranger, q)).toEqual([])
  })

  it('the platform: companies from above, and what is inside the one it looks into', async () => {
    const platform = as(null, 'platform_admin')
    expect(await found(platform, 'search works', 'companies')).toHaveLength(1)
    expect(await kindsOf(platform, 'иванова')).toEqual([])
    const inside = as(company, 'platform_admin')
    expect(await found(inside, 'иванова', 'people')).toHaveLength(2)
    expect(await kindsOf(inside, 'directorov')).toEqual(['staff'])
    await expect(as(null, 'platform_accountant').property.search({ q: '12' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
  })
})

it('nobody searches without end', async () => {
  const { user, contextKey } = await employ(await buildCompany(), 'director')
  const caller = asUser(user, contextKey)
  for (let i = 0; i < LIMITS.search.limit; i++) await caller.property.search({ q: 'x', kinds: ['companies'] })
  await expect(caller.property.search({ q: 'x' })).rejects.toMatchObject(
    refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
  )
})
