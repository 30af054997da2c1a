import { STAFF_ROLES, type StaffRole } from '@servai/contract/roles'
import { buildCompany, buildComplex, buildGrant, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, employ, refusal, type Caller } from '../../../test/callers.ts'
import { outcomesOf, tally } from '../../../test/identity.ts'

const FORBIDDEN = refusal('FORBIDDEN', 'auth.forbidden')
const ABOVE = refusal('FORBIDDEN', 'staff.above_own_rights')
const LAST = refusal('CONFLICT', 'staff.last_director')
const NO_MEMBER = refusal('NOT_FOUND', 'staff.member_not_found')

const memberIdOf = async (companyId: string, userId: string) => {
  const [row] = await database.lookup<{ id: string }>(
    'select id from staff_profiles where company_id = $1 and user_id = $2',
    [companyId, userId],
  )
  return row!.id
}

/** Somebody who works in the company already, as whom no test acts. */
const buildColleague = async (company: { id: string }, role: StaffRole = 'guard', complex?: { id: string }) => {
  const { user } = await employ(company, role, complex ? { complexes: [complex] } : {})
  return { user, id: await memberIdOf(company.id, user.id) }
}

const grantOf = async (caller: Caller, memberId: string, role: StaffRole) =>
  (await caller.staff.members.get({ id: memberId })).grants.find((grant) => grant.role === role)!

describe('the table of who grants what', () => {
  const table = {
    director: { company: STAFF_ROLES, foreign: STAFF_ROLES },
    platform_admin: { company: ['director', 'accountant'], foreign: ['director', 'accountant'] },
    complex_manager: { company: ['technician', 'guard'], foreign: [] },
  } as const

  it.each(Object.entries(table))('%s', async (holder, allowed) => {
    const company = await buildCompany()
    const [own, foreign] = await Promise.all([buildComplex({ company }), buildComplex({ company })])
    const caller = as(company, holder as keyof typeof table, { complexes: [own] })
    for (const role of STAFF_ROLES)
      for (const [where, complex] of [
        ['company', own],
        ['foreign', foreign],
      ] as const) {
        const { id } = await buildColleague(company, 'guard', own)
        const complexIds = role === 'director' || role === 'accountant' ? [] : [complex.id]
        const outcome = caller.staff.grants.create({ memberId: id, role, complexIds })
        if ((allowed[where] as readonly string[]).includes(role))
          expect((await outcome).grants.some((grant) => grant.role === role)).toBe(true)
        else await expect(outcome).rejects.toMatchObject(ABOVE)
      }
  })

  it('is what a form is offered', async () => {
    const company = await buildCompany()
    const own = await buildComplex({ company })
    const offered = (caller: Caller) => caller.staff.grants.offered()
    expect((await offered(as(company, 'director'))).items).toEqual(
      STAFF_ROLES.map((role) => ({ role, complexIds: null })),
    )
    expect((await offered(as(company, 'complex_manager', { complexes: [own] }))).items).toEqual([
      { role: 'technician', complexIds: [own.id] },
      { role: 'guard', complexIds: [own.id] },
    ])
    expect((await offered(as(company, 'platform_admin'))).items).toEqual([
      { role: 'director', complexIds: null },
      { role: 'accountant', complexIds: null },
    ])
  })

  it('has no line for accountants, technicians, guards, residents and the platform’s accountant', async () => {
    const company = await buildCompany()
    const { id } = await buildColleague(company)
    for (const role of ['accountant', 'technician', 'guard', 'resident', 'platform_accountant'] as const) {
      const { grants } = as(company, role).staff
      await expect(grants.create({ memberId: id, role: 'accountant' })).rejects.toMatchObject(FORBIDDEN)
      await expect(grants.revoke({ id })).rejects.toMatchObject(FORBIDDEN)
      await expect(grants.offered()).rejects.toMatchObject(FORBIDDEN)
    }
  })
})

describe('escalation', () => {
  it('by granting to oneself is refused, whatever the role', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    for (const role of ['director', 'complex_manager', 'platform_admin'] as const) {
      const { user, contextKey } = await employ(company, role, { complexes: [complex] })
      if (role === 'platform_admin')
        await buildGrant(user, 'technician', { companyId: company.id, complexId: complex.id })
      const memberId = await memberIdOf(company.id, user.id)
      const given: { role: StaffRole; complexIds: string[] } =
        role === 'complex_manager'
          ? { role: 'guard', complexIds: [complex.id] }
          : { role: 'accountant', complexIds: [] }
      await expect(asUser(user, contextKey).staff.grants.create({ memberId, ...given })).rejects.toMatchObject(
        refusal('FORBIDDEN', 'staff.own_grant'),
      )
    }
  })

  it('to a role of the platform, to a second field or to a wrong scope is no valid request', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { grants } = as(company, 'director').staff
    const { id: memberId } = await buildColleague(company)
    const invalid = refusal('BAD_REQUEST', 'request.invalid')
    for (const given of [
      { role: 'platform_admin' },
      { role: 'platform_accountant' },
      { role: 'resident' },
      { role: 'director', complexIds: [complex.id] },
      { role: 'guard' },
      { role: 'guard', complexIds: [complex.id, complex.id] },
      { role: 'accountant', companyId: complex.companyId },
      { role: 'accountant', userId: memberId },
      { role: 'accountant', expiresAt: '2020-01-01T00:00:00Z' },
    ])
      await expect(grants.create({ memberId, ...given } as never)).rejects.toMatchObject(invalid)
  })

  it('into another company’s complex, or for another company’s staff, finds nothing', async () => {
    const [company, other] = await Promise.all([buildCompany(), buildCompany()])
    const foreign = await buildComplex({ company: other })
    const director = as(company, 'director').staff
    const { id: memberId } = await buildColleague(company)
    const colleague = await buildColleague(other)
    await expect(director.grants.create({ memberId, role: 'guard', complexIds: [foreign.id] })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.complex_not_found'),
    )
    await expect(director.grants.create({ memberId: colleague.id, role: 'accountant' })).rejects.toMatchObject(
      NO_MEMBER,
    )
    const theirs = await grantOf(as(other, 'director'), colleague.id, 'guard')
    await expect(director.grants.revoke({ id: theirs.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'staff.grant_not_found'),
    )
  })

  it('of a manager over a director or another manager is refused', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const manager = as(company, 'complex_manager', { complexes: [complex] })
    const [boss, peer] = [
      await buildColleague(company, 'director'),
      await buildColleague(company, 'complex_manager', complex),
    ]
    await expect(manager.staff.members.get({ id: boss.id })).rejects.toMatchObject(NO_MEMBER)
    const grant = await grantOf(manager, peer.id, 'complex_manager')
    expect(grant.allowed).toEqual([])
    await expect(manager.staff.grants.revoke({ id: grant.id })).rejects.toMatchObject(ABOVE)
  })
})

describe('the last director', () => {
  it('cannot be removed, remove himself, nor be left with an end date', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'director')
    const director = asUser(user, contextKey)
    const id = await memberIdOf(company.id, user.id)
    const grant = await grantOf(director, id, 'director')
    expect(grant.allowed).toEqual([])
    await expect(director.staff.grants.revoke({ id: grant.id })).rejects.toMatchObject(LAST)
    const platform = as(company, 'platform_admin').staff.grants
    await expect(platform.revoke({ id: grant.id })).rejects.toMatchObject(LAST)
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    await expect(platform.create({ memberId: id, role: 'director', expiresAt })).rejects.toMatchObject(LAST)

    const temporary = await buildColleague(company)
    await director.staff.grants.create({ memberId: temporary.id, role: 'director', expiresAt })
    await expect(director.staff.grants.revoke({ id: grant.id })).rejects.toMatchObject(LAST)
    await director.staff.grants.create({ memberId: temporary.id, role: 'director' })
    expect(await director.staff.grants.revoke({ id: grant.id })).toEqual({ ok: true, orphanedInvites: 0 })
  })

  it('is not somebody whose account is disabled', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'director')
    await employ(company, 'director', { user: await buildUser({ status: 'disabled' }) })
    const director = asUser(user, contextKey)
    const grant = await grantOf(director, await memberIdOf(company.id, user.id), 'director')
    await expect(director.staff.grants.revoke({ id: grant.id })).rejects.toMatchObject(LAST)
  })

  it('remains when two revoke each other at once, and of three one pair cannot fell both', async () => {
    for (const extra of [0, 1]) {
      const company = await buildCompany()
      for (let index = 0; index < extra; index += 1) await buildColleague(company, 'director')
      const pair = [await employ(company, 'director'), await employ(company, 'director')]
      const callers = pair.map(({ user, contextKey }) => asUser(user, contextKey))
      const ids = await Promise.all(pair.map(({ user }) => memberIdOf(company.id, user.id)))
      const theirs = await Promise.all(ids.map((id, index) => grantOf(callers[index]!, id, 'director')))
      const outcomes = await outcomesOf(
        callers.map((caller, index) => caller.staff.grants.revoke({ id: theirs[1 - index]!.id })),
      )
      expect(tally(outcomes)).toEqual({ ok: 1, 'auth.forbidden': 1 })
      const [{ left }] = (await database.lookup(
        `select count(*)::int as left from role_grants where company_id = $1 and role = 'director'`,
        [company.id],
      )) as [{ left: number }]
      expect(left).toBe(1 + extra)
    }
  })
})

describe('a grant', () => {
  it('is held once however often it is given at once, and keeps its day', async () => {
    const company = await buildCompany()
    const director = as(company, 'director')
    const { id: memberId } = await buildColleague(company)
    await Promise.all(Array.from({ length: 6 }, () => director.staff.grants.create({ memberId, role: 'accountant' })))
    const first = await grantOf(director, memberId, 'accountant')
    const again = await director.staff.grants.create({ memberId, role: 'accountant' })
    expect(again.grants.filter(({ role }) => role === 'accountant')).toEqual([first])
    expect(first).toMatchObject({ by: { name: 'Ivan Petrov' }, expiresAt: null, isExpired: false, allowed: ['revoke'] })
  })

  it('may have an end, which can be moved and taken away', async () => {
    const company = await buildCompany()
    const director = as(company, 'director')
    const { id: memberId } = await buildColleague(company)
    const soon = new Date(Date.now() + 86_400_000).toISOString()
    for (const expiresAt of [soon, null]) {
      await director.staff.grants.create({ memberId, role: 'accountant', expiresAt })
      expect(await grantOf(director, memberId, 'accountant')).toMatchObject({ expiresAt })
    }
  })

  it('that is over gives nothing and can be given again', async () => {
    const company = await buildCompany()
    const user = await buildUser()
    await buildGrant(user, 'accountant', { companyId: company.id, expiresAt: new Date(Date.now() - 1000) })
    const key = `staff:${company.id}`
    await expect(asUser(user, key).property.companies.list({})).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.context_denied'),
    )
    const director = as(company, 'director')
    const memberId = await memberIdOf(company.id, user.id)
    expect(await grantOf(director, memberId, 'accountant')).toMatchObject({ isExpired: true })
    await director.staff.grants.create({ memberId, role: 'accountant' })
    expect((await asUser(user, key).property.companies.list({})).items).toHaveLength(1)
  })

  it('is refused in a blocked company', async () => {
    const company = await buildCompany({ status: 'blocked' })
    const { id: memberId } = await buildColleague(company)
    await expect(as(company, 'director').staff.grants.create({ memberId, role: 'accountant' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.company_blocked'),
    )
  })
})
