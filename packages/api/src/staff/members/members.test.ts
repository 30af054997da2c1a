import type { StaffRole } from '@servai/contract/roles'
import { buildCompany, buildComplex, buildGrant, buildUser } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, employ, refusal, type Caller } from '../../../test/callers.ts'

type Company = { id: string }
const NO_MEMBER = refusal('NOT_FOUND', 'staff.member_not_found')

const namesOf = async (list: ReturnType<Caller['staff']['members']['list']>) =>
  (await list).items.map(({ firstName }) => firstName)

const hire = async (company: Company, firstName: string, role: StaffRole, complexes: { id: string }[] = []) => {
  const user = await buildUser({ firstName, lastName: 'Staff' })
  await employ(company, role, { user, complexes })
  return user
}

const buildStaff = async () => {
  const company = await buildCompany()
  const [north, south] = await Promise.all([buildComplex({ company }), buildComplex({ company })])
  const [boss, manager, fitter, guard] = [
    await hire(company, 'Boss', 'director'),
    await hire(company, 'Manager', 'complex_manager', [north!]),
    await hire(company, 'Fitter', 'technician', [north!, south!]),
    await hire(company, 'Guard', 'guard', [south!]),
  ]
  const key = `staff:${company.id}`
  return {
    company,
    north: north!,
    south: south!,
    users: { boss, manager, fitter, guard },
    director: asUser(boss, key).staff.members,
    manager: asUser(manager, key).staff.members,
  }
}

describe('the members of staff', () => {
  it('are found by name, address, role, complex and specialisation', async () => {
    const { director, users, north, south } = await buildStaff()
    expect(await namesOf(director.list({}))).toEqual(['Boss', 'Fitter', 'Guard', 'Manager'])
    expect(await namesOf(director.list({ order: 'desc', limit: 2 }))).toEqual(['Manager', 'Guard'])
    expect(await namesOf(director.list({ q: 'staff fit' }))).toEqual(['Fitter'])
    expect(await namesOf(director.list({ q: users.guard.email.slice(0, 12).toUpperCase() + '%' }))).toEqual([])
    expect(await namesOf(director.list({ q: users.guard.email.toUpperCase() }))).toEqual(['Guard'])
    expect(await namesOf(director.list({ role: 'technician' }))).toEqual(['Fitter'])
    expect(await namesOf(director.list({ complexId: south.id }))).toEqual(['Boss', 'Fitter', 'Guard'])
    const [fitter] = (await director.list({ q: 'fitter' })).items
    await director.update({ id: fitter!.id, version: fitter!.version, specialisations: ['lifts', 'plumber'] })
    expect(await namesOf(director.list({ specialisation: 'plumber', complexId: north.id }))).toEqual(['Fitter'])
    expect(await namesOf(director.list({ specialisation: 'locksmith' }))).toEqual([])
  })

  it.each(['name', 'since'] as const)('are walked page by page without a gap, by %s', async (sort) => {
    const { director } = await buildStaff()
    for (const order of ['asc', 'desc'] as const) {
      const seen = []
      let cursor: string | undefined
      do {
        const page = await director.list({ limit: 1, cursor, sort, order })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(seen).toEqual((await director.list({ sort, order })).items.map(({ id }) => id))
      expect(new Set(seen).size).toBe(4)
    }
    await expect(director.list({ cursor: 'xx' })).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })

  it('are, to a manager, those of the own complexes with the grants there, and oneself', async () => {
    const { manager, director, north, users } = await buildStaff()
    const { items } = await manager.list({})
    expect(
      items.map(({ firstName, isYou, grants }) => [firstName, isYou, grants.map((grant) => grant.complex?.id)]),
    ).toEqual([
      ['Fitter', false, [north.id]],
      ['Manager', true, [north.id]],
    ])
    expect(items.map(({ allowed }) => allowed)).toEqual([['update', 'grant', 'explain'], ['explain']])
    const [guard] = (await director.list({ q: users.guard.email })).items
    await expect(manager.get({ id: guard!.id })).rejects.toMatchObject(NO_MEMBER)
    await expect(manager.update({ id: guard!.id, version: 1, title: 'X' })).rejects.toMatchObject(NO_MEMBER)
    const [self] = (await manager.list({ q: users.manager.email })).items
    await expect(manager.update({ id: self!.id, version: self!.version, title: 'Chief' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
  })

  it('that work no more are listed apart, with expired grants and those of removed complexes', async () => {
    const company = await buildCompany()
    const [gone, standing] = await Promise.all([
      buildComplex({ company, deletedAt: new Date() }),
      buildComplex({ company }),
    ])
    await hire(company, 'Removed', 'guard', [gone!])
    const late = await buildUser({ firstName: 'Late', lastName: 'Staff' })
    const scope = { companyId: company.id, complexId: standing!.id, expiresAt: new Date(Date.now() - 1000) }
    await buildGrant(late, 'guard', scope)
    const { members } = as(company, 'director').staff
    expect(await namesOf(members.list({ state: 'former' }))).toEqual(['Late', 'Removed'])
    expect(await namesOf(members.list({}))).toEqual(['Ivan'])
    expect(await namesOf(members.list({ role: 'guard' }))).toEqual([])
  })

  it('of another company are nobody', async () => {
    const { company, users } = await buildStaff()
    const { members } = as(await buildCompany(), 'director').staff
    const [boss] = (await as(company, 'director').staff.members.list({ q: users.boss.email })).items
    await expect(members.get({ id: boss!.id })).rejects.toMatchObject(NO_MEMBER)
    expect((await members.list({ q: users.boss.email })).items).toEqual([])
  })
})

describe('a profile', () => {
  it('is changed with what was sent, by whoever saw it as it is', async () => {
    const { director, users } = await buildStaff()
    const [fitter] = (await director.list({ q: users.fitter.email })).items
    const { id, version } = fitter!
    const changed = await director.update({ id, version, title: 'Fitter', phone: '+359 88 1' })
    expect(changed).toMatchObject({ title: 'Fitter', phone: '+359 88 1', specialisations: [] })
    await expect(director.update({ id, version, title: 'Late' })).rejects.toMatchObject({
      cause: { reason: 'property.version_conflict', details: { conflict: { current: { title: 'Fitter' } } } },
    })
    for (const extra of [{ email: 'x@y.test' }, { firstName: 'X' }, { userId: users.boss.id }, { grants: [] }])
      await expect(director.update({ id, version: changed.version, ...extra } as never)).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })

  it('is not the platform’s to change', async () => {
    const { company, director, users } = await buildStaff()
    const [fitter] = (await director.list({ q: users.fitter.email })).items
    const platform = as(company, 'platform_admin').staff.members
    expect((await platform.get({ id: fitter!.id })).allowed).toEqual(['grant'])
    await expect(platform.update({ id: fitter!.id, version: fitter!.version, title: 'X' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
  })
})
