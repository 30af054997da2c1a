import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildGrant,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
} from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, employ, refusal } from '../../../test/callers.ts'

const buildHome = async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const unit = await buildUnit({ building: await buildBuilding({ complex, name: 'A' }), number: '12' })
  return { company, complex, unit, director: as(company, 'director').staff }
}
const daysFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

describe('why somebody sees something', () => {
  it('follows from each grant that opens the door by itself, with since when and by whom', async () => {
    const { company, complex, unit, director } = await buildHome()
    const other = await buildComplex({ company })
    const { user } = await employ(company, 'complex_manager', { complexes: [complex] })
    await buildGrant(user, 'technician', { companyId: company.id, complexId: other.id })
    const [member] = (await director.members.list({ q: user.email })).items
    await director.grants.create({ memberId: member!.id, role: 'accountant' })
    const answer = await director.explain({ userId: user.id, kind: 'unit', id: unit.id })
    expect(answer).toMatchObject({
      who: { userId: user.id, personId: null, name: 'Ivan Petrov', account: 'active' },
      subject: { kind: 'unit', name: '12', building: 'A', complex: { id: complex.id } },
      hasAccess: true,
      because: [
        { kind: 'grant', role: 'complex_manager', complex: { id: complex.id }, by: null, expiresAt: null },
        { kind: 'grant', role: 'accountant', complex: null, by: { name: 'Ivan Petrov' } },
      ],
      notBecause: [],
    })
    expect(answer.rights).toHaveLength(1)
    expect(answer.rights[0]!.actions).toEqual(['see', 'see_people', 'update', 'remove', 'manage_people'])
  })

  it('is what the procedures say: each right is tried as that account', async () => {
    const { company, complex, unit, director } = await buildHome()
    for (const role of ['director', 'accountant', 'complex_manager', 'technician', 'guard'] as const) {
      const { user, contextKey } = await employ(company, role, { complexes: [complex] })
      const { property, staff } = asUser(user, contextKey)
      const right = async (kind: 'complex' | 'unit', id: string) =>
        (await director.explain({ userId: user.id, kind, id })).rights.flatMap(({ actions }) => actions)
      const isDone = (call: Promise<unknown>) =>
        call.then(
          () => true,
          ({ code }: { code: string }) => {
            expect(code).toMatch(/FORBIDDEN|NOT_FOUND/)
            return false
          },
        )
      const [onUnit, onComplex] = [await right('unit', unit.id), await right('complex', complex.id)]
      expect([role, onUnit.includes('see')]).toEqual([role, await isDone(property.units.get({ id: unit.id }))])
      expect([role, onComplex.includes('see')]).toEqual([
        role,
        await isDone(property.complexes.get({ id: complex.id })),
      ])
      const { version } = await as(company, 'director').property.units.get({ id: unit.id })
      expect([role, onUnit.includes('update')]).toEqual([
        role,
        await isDone(property.units.update({ id: unit.id, version, floor: 3 })),
      ])
      expect([role, onComplex.includes('manage_settings')]).toEqual([
        role,
        await isDone(property.settings.set({ key: 'claims.open', value: true, complexId: complex.id })),
      ])
      expect([role, onComplex.includes('grant_roles')]).toEqual([role, await isDone(staff.grants.offered())])
    }
  })

  it('follows for a resident from the residency, and says what they may do there', async () => {
    const { company, complex, unit, director } = await buildHome()
    const user = await buildUser()
    const person = await buildPerson({ company, userId: user.id })
    await buildResidency({ unit, person, endsOn: daysFromNow(30) })
    const answer = await director.explain({ personId: person.id, kind: 'unit', id: unit.id })
    expect(answer).toMatchObject({
      who: { userId: user.id, personId: person.id, account: 'active' },
      hasAccess: true,
      because: [
        {
          kind: 'residency',
          unit: { id: unit.id, number: '12', building: 'A' },
          residency: 'owner',
          since: '2020-01-01',
          until: daysFromNow(30),
        },
      ],
      rights: [{ roles: ['resident'], actions: ['see', 'see_people'] }],
    })
    expect(await director.explain({ personId: person.id, kind: 'complex', id: complex.id })).toMatchObject({
      hasAccess: true,
      rights: [{ roles: ['resident'], actions: ['see'] }],
    })
    expect(await director.explain({ personId: person.id, kind: 'company', id: company.id })).toMatchObject({
      hasAccess: false,
      because: [],
      rights: [],
    })
  })

  it('names the platform’s people as such', async () => {
    const { company, unit, director } = await buildHome()
    const { user } = await employ(company, 'technician')
    await buildGrant(user, 'platform_admin')
    expect(await director.explain({ userId: user.id, kind: 'unit', id: unit.id })).toMatchObject({
      hasAccess: true,
      because: [{ kind: 'platform', role: 'platform_admin' }],
    })
  })

  it('does not name the platform’s roles to managers', async () => {
    const { company, complex, unit } = await buildHome()
    const { user } = await employ(company, 'technician', { complexes: [complex] })
    await buildGrant(user, 'platform_admin')
    const manager = as(company, 'complex_manager', { complexes: [complex] }).staff
    const answer = await manager.explain({ userId: user.id, kind: 'unit', id: unit.id })
    expect(answer).toMatchObject({ hasAccess: true, because: [{ kind: 'platform', role: null }] })
    expect(answer.rights).toEqual([{ roles: [], actions: expect.arrayContaining(['see']) }])
    expect(JSON.stringify(answer)).not.toContain('platform_admin')
  })
})

describe('why somebody sees nothing', () => {
  it('a grant was taken away, and by whom; given again, that is no reason any more', async () => {
    const { company, complex, unit, director } = await buildHome()
    const { user } = await employ(company, 'complex_manager', { complexes: [complex] })
    const [member] = (await director.members.list({ q: user.email })).items
    const ask = () => director.explain({ userId: user.id, kind: 'unit', id: unit.id })
    await director.grants.revoke({ id: member!.grants[0]!.id })
    expect(await ask()).toMatchObject({
      hasAccess: false,
      because: [],
      notBecause: [
        { kind: 'grant_revoked', role: 'complex_manager', complex: { id: complex.id }, by: { name: 'Ivan Petrov' } },
      ],
      rights: [],
    })
    await director.grants.create({ memberId: member!.id, role: 'complex_manager', complexIds: [complex.id] })
    expect(await ask()).toMatchObject({ hasAccess: true, notBecause: [] })
  })

  it('a grant is over, a residency has ended, has not begun or was removed', async () => {
    const { company, unit, director } = await buildHome()
    const user = await buildUser()
    const person = await buildPerson({ company, userId: user.id })
    const scope = { companyId: company.id, expiresAt: new Date(Date.now() - 1000) }
    await buildGrant(user, 'accountant', scope)
    await buildResidency({ unit, person, startsOn: '2010-01-01', endsOn: '2015-01-01' })
    await buildResidency({ unit, person, startsOn: daysFromNow(10) })
    await buildResidency({ unit, person, startsOn: '2016-01-01', deletedAt: new Date() })
    const answer = await director.explain({ userId: user.id, kind: 'unit', id: unit.id })
    expect(answer).toMatchObject({ hasAccess: false, because: [], rights: [] })
    expect(answer.notBecause.map((reason) => [reason.kind, 'on' in reason ? reason.on : null])).toEqual([
      ['grant_expired', null],
      ['residency_not_begun', daysFromNow(10)],
      ['residency_removed', daysFromNow(0)],
      ['residency_ended', '2015-01-01'],
    ])
  })

  it.each([
    ['none', null],
    ['unproven', { emailVerifiedAt: null }],
    ['disabled', { status: 'disabled' as const }],
  ])('an account is %s, whatever the residency says', async (account, overrides) => {
    const { company, unit, director } = await buildHome()
    const userId = overrides && (await buildUser(overrides)).id
    const person = await buildPerson({ company, userId })
    await buildResidency({ unit, person })
    expect(await director.explain({ personId: person.id, kind: 'unit', id: unit.id })).toMatchObject({
      who: { account },
      hasAccess: false,
      because: [],
      rights: [],
    })
  })
})

describe('who may ask', () => {
  it('a director about the company, a manager about the own complexes and who is known there, nobody else', async () => {
    const { company, complex, unit, director } = await buildHome()
    const elsewhere = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
    const { user } = await employ(company, 'guard', { complexes: [complex] })
    const manager = as(company, 'complex_manager', { complexes: [complex] }).staff
    expect(await manager.explain({ userId: user.id, kind: 'complex', id: complex.id })).toMatchObject({
      hasAccess: true,
    })
    const missing = (kind: 'unit' | 'complex' | 'company') => refusal('NOT_FOUND', `property.${kind}_not_found`)
    await expect(manager.explain({ userId: user.id, kind: 'unit', id: elsewhere.id })).rejects.toMatchObject(
      missing('unit'),
    )
    await expect(manager.explain({ userId: user.id, kind: 'company', id: company.id })).rejects.toMatchObject(
      missing('company'),
    )
    const stranger = await buildUser()
    await expect(director.explain({ userId: stranger.id, kind: 'unit', id: unit.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'staff.member_not_found'),
    )
    const theirs = as(await buildCompany(), 'director').staff
    await expect(theirs.explain({ userId: user.id, kind: 'unit', id: unit.id })).rejects.toMatchObject(missing('unit'))
    await expect(theirs.explain({ userId: user.id, kind: 'company', id: company.id })).rejects.toMatchObject(
      missing('company'),
    )
    for (const role of ['accountant', 'technician', 'guard', 'resident', 'platform_admin'] as const)
      await expect(
        as(company, role).staff.explain({ userId: user.id, kind: 'complex', id: complex.id }),
      ).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  })

  it('about one person at a time', async () => {
    const { unit, director } = await buildHome()
    for (const who of [{}, { userId: unit.id, personId: unit.id }])
      await expect(director.explain({ ...who, kind: 'unit', id: unit.id })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })
})
