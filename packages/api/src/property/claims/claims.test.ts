import type { OwnClaim } from '@servai/contract/claims'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string; name: string }
let director: Caller['property']
beforeAll(async () => {
  company = await buildCompany()
  director = as(company, 'director').property
})

let serial = 0
const word = () => `Чайка${Date.now()}${++serial}`

const buildPlace = async () => {
  const complex = await buildComplex({ company, name: word() })
  const building = await buildBuilding({ complex })
  return { complex, building, unit: await buildUnit({ building, number: '12' }) }
}

const decide = (of: string, complexId: string | null, isOpen: boolean) =>
  database.lookup(
    `insert into settings (company_id, id, complex_id, key, value) values ($1, gen_random_uuid(), $2, 'claims.open', $3::text::jsonb)`,
    [of, complexId, String(isOpen)],
  )

const claimant = async (overrides: Parameters<typeof buildUser>[0] = {}) => {
  const user = await buildUser({ firstName: 'Ana', lastName: 'Koleva', ...overrides })
  return { user, claims: asUser(user).property.claims }
}

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    ({ cause }: { cause: { reason: string } }) => cause.reason,
  )

describe('the directory', () => {
  it('finds complexes of all companies by words of name and address, and tells no more than a sign at the gate', async () => {
    const name = word()
    const complex = await buildComplex({ company, name, city: 'Бургас', address: 'Морска 100%' })
    const { claims } = await claimant()
    const found = { id: complex.id, name, city: 'Бургас', address: 'Морска 100%', company: company.name }
    for (const q of [name, `бургас ${name.toLowerCase()}`, `${name} 100%`])
      expect(await claims.complexes({ q })).toEqual({ items: [found] })
    expect(await claims.complexes({ q: `${name} 1%0` })).toEqual({ items: [] })
    await expect(claims.complexes({ q: 'ab' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('answers ten at most, and nobody without a proven address', async () => {
    const name = word()
    for (let n = 0; n < 11; n++) await buildComplex({ company, name: `${name} ${n}` })
    const { claims } = await claimant()
    expect((await claims.complexes({ q: name })).items).toHaveLength(10)
    await expect(anonymous().property.claims.complexes({ q: name })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const unproven = await claimant({ emailVerifiedAt: null })
    await expect(unproven.claims.complexes({ q: name })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.email_not_verified'),
    )
  })

  it('leaves out what takes no claims, is removed or blocked; asking for it finds nothing either', async () => {
    const name = word()
    const open = await buildComplex({ company, name: `${name} 1` })
    const closed = await buildComplex({ company, name: `${name} 2` })
    await decide(company.id, closed.id, false)
    const removed = await buildComplex({ company, name: `${name} 3`, deletedAt: new Date() })
    const blocked = await buildComplex({ company: await buildCompany({ status: 'blocked' }), name: `${name} 4` })
    const reserved = await buildCompany()
    await decide(reserved.id, null, false)
    const inherits = await buildComplex({ company: reserved, name: `${name} 5` })
    const opens = await buildComplex({ company: reserved, name: `${name} 6` })
    await decide(reserved.id, opens.id, true)
    const { claims } = await claimant()
    expect((await claims.complexes({ q: name })).items.map(({ id }) => id)).toEqual([open.id, opens.id])
    for (const { id } of [closed, removed, blocked, inherits])
      expect(await outcome((await claimant()).claims.create({ complexId: id, unit: '1', kind: 'owner' }))).toBe(
        'property.complex_not_found',
      )
  })

  it('is not for copying: thirty questions a minute', async () => {
    const { claims } = await claimant()
    for (let n = 0; n < 30; n++) await claims.complexes({ q: 'nothing like that' })
    expect(await outcome(claims.complexes({ q: 'nothing like that' }))).toBe('request.rate_limited')
  })
})

describe('a claim', () => {
  it('gets the same answer whether there is such a unit or not, and gives nothing', async () => {
    const { complex, unit } = await buildPlace()
    await buildResidency({ unit, person: await buildPerson({ company, lastName: 'Secretova' }) })
    const answers = []
    for (const stated of ['12', '99']) {
      const { claims, user } = await claimant()
      const created = await claims.create({ complexId: complex.id, building: 'A', unit: stated, kind: 'owner' })
      answers.push({ ...created, id: '', createdAt: '', unit: '' })
      expect(Object.keys(created).toSorted()).toEqual([
        'building',
        'company',
        'complex',
        'createdAt',
        'decidedAt',
        'id',
        'kind',
        'message',
        'note',
        'status',
        'unit',
        'version',
      ])
      await expect(asUser(user, `resident:${company.id}`).property.units.list({})).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.context_denied'),
      )
    }
    expect(answers[0]).toEqual(answers[1])
  })

  it('waits alone in its complex, is seen by its maker only, and can be taken back', async () => {
    const { complex } = await buildPlace()
    const { claims } = await claimant()
    const ask = () => claims.create({ complexId: complex.id, unit: '12', kind: 'owner', message: 'Здравейте' })
    const created = await ask()
    expect(created).toMatchObject({ status: 'pending', company: company.name, complex: { name: complex.name } })
    expect(await outcome(ask())).toBe('claims.already_pending')
    expect((await claims.mine({})).items).toEqual([created])
    const other = await claimant()
    expect((await other.claims.mine({})).items).toEqual([])
    expect(await outcome(other.claims.withdraw({ id: created.id }))).toBe('property.claim_not_found')
    const withdrawn = await claims.withdraw({ id: created.id })
    expect(withdrawn).toMatchObject({ id: created.id, status: 'withdrawn' })
    expect(await claims.withdraw({ id: created.id })).toEqual(withdrawn)
    expect(await ask()).toMatchObject({ status: 'pending' })
    const first = await claims.mine({ limit: 1 })
    expect(first.items).toMatchObject([{ status: 'pending' }])
    expect((await claims.mine({ limit: 1, cursor: first.nextCursor! })).items).toEqual([withdrawn])
  })

  it('is made five times a day at most, and takes no word about its outcome', async () => {
    const { claims } = await claimant()
    for (let n = 0; n < 5; n++)
      await claims.create({ complexId: (await buildPlace()).complex.id, unit: '1', kind: 'owner' })
    const { complex } = await buildPlace()
    expect(await outcome(claims.create({ complexId: complex.id, unit: '1', kind: 'owner' }))).toBe(
      'request.rate_limited',
    )
    const other = await claimant()
    for (const more of [
      { status: 'approved' },
      { userId: company.id },
      { email: 'x@example.test' },
      { unitId: company.id },
    ])
      await expect(
        other.claims.create({ complexId: complex.id, unit: '1', kind: 'owner', ...more }),
      ).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

describe('a manager', () => {
  it('sees who asks in the own complexes, what waits first, and how many wait', async () => {
    const [here, there] = [await buildPlace(), await buildPlace()]
    const made: OwnClaim[] = []
    for (const place of [here, here, here, there])
      made.push(await (await claimant()).claims.create({ complexId: place.complex.id, unit: '12', kind: 'tenant' }))
    const [first, second, third, elsewhere] = made as [OwnClaim, OwnClaim, OwnClaim, OwnClaim]
    const manager = as(company, 'complex_manager', { complexes: [here.complex] }).property.claims
    await manager.decline({ id: third.id })
    await manager.decline({ id: first.id, note: 'Нет договора' })
    expect(await manager.pending()).toEqual({ pending: 1 })
    expect((await manager.list({})).items.map(({ id }) => id)).toEqual([second.id, first.id, third.id])
    const page = await manager.list({ limit: 2 })
    expect((await manager.list({ limit: 2, cursor: page.nextCursor! })).items.map(({ id }) => id)).toEqual([third.id])
    expect((await manager.list({ status: 'pending' })).items).toMatchObject([
      { claimant: { firstName: 'Ana', lastName: 'Koleva' }, building: '', unit: '12', allowed: ['approve', 'decline'] },
    ])
    expect(await outcome(manager.decline({ id: elsewhere.id }))).toBe('property.claim_not_found')
    expect(await outcome(manager.approve({ id: elsewhere.id, unitId: there.unit.id, kind: 'tenant' }))).toBe(
      'property.claim_not_found',
    )
    for (const role of ['accountant', 'technician', 'guard', 'resident', 'platform_admin'] as const)
      await expect(as(company, role).property.claims.list({})).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('lets the claimant in, with the next request, and tells so', async () => {
    const { complex, unit } = await buildPlace()
    const { claims, user } = await claimant()
    const { id } = await claims.create({ complexId: complex.id, unit: '12', kind: 'tenant', phone: '+359 88 1' })
    const share = { numerator: 1, denominator: 2 }
    const approved = await director.claims.approve({ id, unitId: unit.id, kind: 'owner', share, note: 'Добре дошли' })
    expect(approved).toMatchObject({
      status: 'approved',
      home: { unitId: unit.id, unit: '12' },
      decidedBy: 'Ivan Petrov',
      allowed: [],
    })
    expect((await asUser(user).property.units.list({})).items.map((row) => row.id)).toEqual([unit.id])
    expect((await director.residencies.list({ unitId: unit.id })).items).toMatchObject([
      {
        kind: 'owner',
        share,
        verifiedLevel: 'verified',
        person: { firstName: 'Ana', email: user.email, phone: '+359 88 1' },
      },
    ])
    expect((await claims.mine({})).items).toMatchObject([{ status: 'approved', note: 'Добре дошли' }])
    expect(await outcome(director.claims.approve({ id, unitId: unit.id, kind: 'owner' }))).toBe(
      'claims.already_decided',
    )
    expect(await outcome(director.claims.decline({ id }))).toBe('claims.already_decided')
    expect(await outcome(claims.withdraw({ id }))).toBe('claims.already_decided')
  })

  it('lets nobody into another complex, nor beyond the whole of a home', async () => {
    const [here, there] = [await buildPlace(), await buildPlace()]
    const { claims } = await claimant()
    const { id } = await claims.create({ complexId: here.complex.id, unit: '12', kind: 'owner' })
    expect(await outcome(director.claims.approve({ id, unitId: there.unit.id, kind: 'owner' }))).toBe(
      'property.unit_not_found',
    )
    await buildResidency({ unit: here.unit, shareNumerator: 2, shareDenominator: 3 })
    const share = { numerator: 1, denominator: 2 }
    expect(await outcome(director.claims.approve({ id, unitId: here.unit.id, kind: 'owner', share }))).toBe(
      'property.shares_exceed_whole',
    )
    expect((await claims.mine({})).items).toMatchObject([{ status: 'pending' }])
  })

  it('joins the claimant with the person of that address, never with one of another account', async () => {
    const { complex, unit } = await buildPlace()
    const { claims, user } = await claimant()
    const other = await buildUser()
    await buildResidency({ unit, person: await buildPerson({ company, email: user.email, userId: other.id }) })
    const known = await buildResidency({ unit, person: await buildPerson({ company, email: user.email }) })
    const { id } = await claims.create({ complexId: complex.id, unit: '12', kind: 'owner' })
    await director.claims.approve({ id, unitId: unit.id, kind: 'owner' })
    const rows = (await director.residencies.list({ unitId: unit.id })).items
    expect(rows).toHaveLength(2)
    expect(rows.find((row) => row.id === known.id)).toMatchObject({
      person: { hasAccount: true },
      verifiedLevel: 'verified',
    })
    const [{ accounts }] = (await database.lookup(
      `select count(distinct user_id)::int as accounts from people where company_id = $1 and email_key = $2`,
      [company.id, user.email],
    )) as [{ accounts: number }]
    expect(accounts).toBe(2)
  })

  it('and the claimant at once: approved or withdrawn, never both', async () => {
    for (let round = 0; round < 10; round++) {
      const { complex, unit } = await buildPlace()
      const { claims } = await claimant()
      const { id } = await claims.create({ complexId: complex.id, unit: '12', kind: 'owner' })
      const outcomes = await Promise.all([
        outcome(director.claims.approve({ id, unitId: unit.id, kind: 'owner' })),
        outcome(director.claims.approve({ id, unitId: unit.id, kind: 'owner' })),
        outcome(claims.withdraw({ id })),
      ])
      expect(outcomes.filter((each) => each === 'ok')).toHaveLength(1)
      const residents = (await director.residencies.list({ unitId: unit.id })).items
      const [mine] = (await claims.mine({})).items
      expect([mine!.status, residents.length]).toEqual(outcomes[2] === 'ok' ? ['withdrawn', 0] : ['approved', 1])
    }
  })
})
