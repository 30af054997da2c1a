import { buildCompany, buildComplex, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, as, asUser, employ, refusal, signIn } from '../../../test/callers.ts'
import { newEmail, outcomesOf, tally, unlimited } from '../../../test/identity.ts'
import { inviteTokenOf as tokenOf } from '../../../test/staff.ts'

const INVALID = refusal('NOT_FOUND', 'staff.invite_invalid')
const ABOVE = refusal('FORBIDDEN', 'staff.above_own_rights')
const NO_INVITE = refusal('NOT_FOUND', 'staff.invite_not_found')

const alter = (sql: string) => database.system({}, 'write', (db) => db.execute(sql))
const accept = async (user: Parameters<typeof asUser>[0], token: string) => asUser(user).staff.invites.accept({ token })
const preview = (token: string) => anonymous({ services: unlimited() }).staff.invites.preview({ token })

const invite = { role: 'accountant', locale: 'bg' } as const

describe('an invite', () => {
  it('is sent, shown, accepted by the account of its address and makes it a colleague at once', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const director = as(company, 'director').staff
    const user = await buildUser()
    const sent = await director.invites.create({
      email: user.email.toUpperCase(),
      role: 'technician',
      complexIds: [complex.id],
      title: 'Senior electrician',
      specialisations: ['electrician', 'lifts'],
      locale: 'bg',
    })
    expect(sent).toMatchObject({
      role: 'technician',
      complexes: [{ id: complex.id, name: complex.name }],
      by: { name: 'Ivan Petrov' },
      isExpired: false,
      allowed: ['resend', 'revoke'],
    })
    expect((await director.invites.list({})).items).toEqual([sent])
    const token = await tokenOf(sent.id)
    expect(await preview(token)).toEqual({
      company: { name: company.name },
      role: 'technician',
      complexes: [{ name: complex.name, city: complex.city }],
      title: 'Senior electrician',
      email: user.email.toUpperCase(),
      expiresAt: sent.expiresAt,
    })
    const contextKey = `staff:${company.id}`
    expect(await accept(user, token)).toEqual({ status: 'accepted', contextKey })
    expect((await asUser(user, contextKey).property.complexes.list({})).items).toMatchObject([{ id: complex.id }])
    const { items } = await director.members.list({ q: user.email })
    expect(items).toMatchObject([
      {
        title: 'Senior electrician',
        specialisations: ['electrician', 'lifts'],
        grants: [{ role: 'technician', complex: { id: complex.id }, by: { name: 'Ivan Petrov' } }],
      },
    ])
    expect((await director.invites.list({})).items).toEqual([])
  })

  it('accepted again changes nothing, also 20 times at once', async () => {
    const company = await buildCompany()
    const user = await buildUser()
    const { id } = await as(company, 'director').staff.invites.create({ ...invite, email: user.email })
    const token = await tokenOf(id)
    const outcomes = await outcomesOf(
      Array.from({ length: 20 }, async () => {
        const caller = asUser(user)
        return (await caller.staff.invites.accept({ token })).status
      }),
    )
    expect(tally(outcomes)).toEqual({ accepted: 1, already_accepted: 19 })
    const grants = await database.lookup('select role from role_grants where user_id = $1', [user.id])
    expect(grants).toEqual([{ role: 'accountant' }])
    await expect(preview(token)).rejects.toMatchObject(INVALID)
  })

  it('is for its address only, and only once that is proven', async () => {
    const company = await buildCompany()
    const director = as(company, 'director').staff
    const unproven = await buildUser({ emailVerifiedAt: null })
    const { id } = await director.invites.create({ ...invite, email: unproven.email })
    const token = await tokenOf(id)
    await expect(accept(unproven, token)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.email_not_verified'))
    await expect(accept(await buildUser(), token)).rejects.toMatchObject(
      refusal('FORBIDDEN', 'staff.invite_other_address'),
    )
    await expect(anonymous().staff.invites.accept({ token })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(await database.lookup('select 1 from role_grants where user_id = $1', [unproven.id])).toEqual([])
  })

  it('that is used, withdrawn, replaced, expired, of a gone company or complex, or unknown answers one thing', async () => {
    const user = await buildUser()
    const prepare = async (
      spoil: (given: { id: string; companyId: string; complexId: string }) => Promise<unknown>,
    ) => {
      const company = await buildCompany()
      const complex = await buildComplex({ company })
      const { id } = await as(company, 'director').staff.invites.create({
        email: user.email,
        role: 'guard',
        complexIds: [complex.id],
        locale: 'en',
      })
      const token = await tokenOf(id)
      await spoil({ id, companyId: company.id, complexId: complex.id })
      return token
    }
    const director = (companyId: string) => as({ id: companyId }, 'director').staff.invites
    const dead = [
      await prepare(({ id, companyId }) => director(companyId).revoke({ id })),
      await prepare(({ id, companyId }) => director(companyId).resend({ id })),
      await prepare(({ id }) =>
        alter(`update staff_invites set expires_at = now() - interval '1 s' where id = '${id}'`),
      ),
      await prepare(({ complexId }) => alter(`update complexes set deleted_at = now() where id = '${complexId}'`)),
      await prepare(({ companyId }) => alter(`update companies set deleted_at = now() where id = '${companyId}'`)),
      'x',
      'A'.repeat(43),
    ]
    for (const token of dead) {
      await expect(preview(token)).rejects.toMatchObject(INVALID)
      await expect(accept(user, token)).rejects.toMatchObject(INVALID)
    }
    expect(await database.lookup('select 1 from role_grants where user_id = $1', [user.id])).toEqual([])
  })

  it('withdrawn between the view and the click is refused, and of both at once one wins', async () => {
    const company = await buildCompany()
    const director = as(company, 'director').staff
    for (let round = 0; round < 5; round += 1) {
      const user = await buildUser()
      const { id } = await director.invites.create({ ...invite, email: user.email })
      const token = await tokenOf(id)
      const [accepted, revoked] = await outcomesOf<{ status?: string; ok?: boolean }>([
        accept(user, token),
        director.invites.revoke({ id }),
      ])
      const grants = await database.lookup('select 1 from role_grants where user_id = $1', [user.id])
      if (grants.length === 1)
        expect([accepted, revoked]).toMatchObject([{ status: 'accepted' }, 'staff.invite_not_found'])
      else expect([accepted, revoked]).toEqual(['staff.invite_invalid', { ok: true }])
    }
  })

  it('is worth what its sender may grant when it is accepted; sent again by another it is worth that', async () => {
    const company = await buildCompany()
    const sender = await employ(company, 'director')
    const director = as(company, 'director').staff
    const user = await buildUser()
    const { id } = await asUser(sender.user, sender.contextKey).staff.invites.create({
      email: user.email,
      role: 'director',
      locale: 'en',
    })
    const [{ items }] = [await director.members.list({ q: sender.user.email })]
    await director.grants.revoke({ id: items[0]!.grants[0]!.id })
    await expect(accept(user, await tokenOf(id))).rejects.toMatchObject(INVALID)
    await director.invites.resend({ id })
    expect(await accept(user, await tokenOf(id))).toMatchObject({ status: 'accepted' })
  })

  it('of a blocked company neither opens nor is accepted', async () => {
    const company = await buildCompany()
    const user = await buildUser()
    const { id } = await as(company, 'director').staff.invites.create({ ...invite, email: user.email })
    const token = await tokenOf(id)
    await alter(`update companies set status = 'blocked' where id = '${company.id}'`)
    await expect(preview(token)).rejects.toMatchObject(INVALID)
    await expect(accept(user, token)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.company_blocked'))
  })

  it('is open once per address and role; one that has expired gives way', async () => {
    const director = as(await buildCompany(), 'director').staff.invites
    const email = newEmail()
    const first = await director.create({ ...invite, email })
    await expect(director.create({ ...invite, email: email.toUpperCase() })).rejects.toMatchObject(
      refusal('CONFLICT', 'staff.invite_open'),
    )
    await alter(`update staff_invites set expires_at = now() - interval '1 s' where id = '${first.id}'`)
    expect((await director.list({})).items).toMatchObject([{ id: first.id, isExpired: true }])
    const second = await director.create({ ...invite, email })
    expect((await director.list({})).items).toMatchObject([{ id: second.id, isExpired: false }])
  })

  it('asks the worker for a message each time it is sent, with ids only', async () => {
    const director = as(await buildCompany(), 'director').staff.invites
    const { id } = await director.create({ ...invite, email: newEmail() })
    await director.resend({ id })
    const rows = await database.lookup(`select topic, payload from outbox where payload ->> 'inviteId' = $1`, [id])
    expect(rows).toEqual(Array.from({ length: 2 }, () => ({ topic: 'staff.invited', payload: { inviteId: id } })))
  })
})

describe('who invites whom', () => {
  it('follows the table of who grants what', async () => {
    const company = await buildCompany()
    const [own, foreign] = await Promise.all([buildComplex({ company }), buildComplex({ company })])
    const manager = as(company, 'complex_manager', { complexes: [own] }).staff.invites
    const to = (role: 'technician' | 'complex_manager', complexIds: string[]) => ({
      email: newEmail(),
      role,
      complexIds,
      locale: 'en' as const,
    })
    const sent = await manager.create(to('technician', [own.id]))
    await expect(manager.create(to('technician', [own.id, foreign.id]))).rejects.toMatchObject(ABOVE)
    await expect(manager.create(to('complex_manager', [own.id]))).rejects.toMatchObject(ABOVE)
    await expect(manager.create({ ...invite, email: newEmail() })).rejects.toMatchObject(ABOVE)
    const platform = as(company, 'platform_admin').staff.invites
    await platform.create({ ...invite, email: newEmail(), role: 'director' })
    await expect(platform.create(to('technician', [own.id]))).rejects.toMatchObject(ABOVE)
    expect((await manager.list({})).items).toMatchObject([{ id: sent.id }])
    expect((await as(company, 'director').staff.invites.list({})).items).toHaveLength(2)
  })

  it('ends at the company and at the complex', async () => {
    const [company, other] = await Promise.all([buildCompany(), buildCompany()])
    const [own, foreign] = await Promise.all([buildComplex({ company }), buildComplex({ company: other })])
    const director = as(company, 'director').staff.invites
    await expect(
      director.create({ email: newEmail(), role: 'guard', complexIds: [foreign.id], locale: 'en' }),
    ).rejects.toMatchObject(refusal('NOT_FOUND', 'property.complex_not_found'))
    const theirs = await as(other, 'director').staff.invites.create({ ...invite, email: newEmail() })
    await expect(director.resend({ id: theirs.id })).rejects.toMatchObject(NO_INVITE)
    await expect(director.revoke({ id: theirs.id })).rejects.toMatchObject(NO_INVITE)
    expect((await director.list({})).items).toEqual([])
    const accountants = await director.create({ ...invite, email: newEmail() })
    const manager = as(company, 'complex_manager', { complexes: [own] }).staff.invites
    await expect(manager.revoke({ id: accountants.id })).rejects.toMatchObject(NO_INVITE)
  })

  it('takes no roles of the platform and no fields of its own', async () => {
    const director = as(await buildCompany(), 'director').staff.invites
    for (const extra of [
      { role: 'platform_admin' },
      { companyId: crypto.randomUUID() },
      { acceptedBy: crypto.randomUUID() },
      { expiresAt: '2100-01-01T00:00:00Z' },
      { complexIds: [crypto.randomUUID()] },
      { specialisations: ['lifts', 'lifts'] },
      { email: 'nobody' },
    ])
      await expect(director.create({ ...invite, email: newEmail(), ...extra } as never)).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })

  it('is limited to 5 messages an hour for one invite', async () => {
    const company = await buildCompany()
    const limited = unlimited()
    const { user, contextKey } = await employ(company, 'director')
    const { id } = await asUser(user, contextKey).staff.invites.create({ ...invite, email: newEmail() })
    const { accessToken } = await signIn(user)
    const caller = anonymous({ services: limited, accessToken, contextKey })
    const resent = await outcomesOf(Array.from({ length: 7 }, () => caller.staff.invites.resend({ id })))
    expect(tally(resent)).toEqual({ ok: 5, 'request.rate_limited': 2 })
  })
})
