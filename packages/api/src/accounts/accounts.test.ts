import { buildCompany, buildPerson, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { atWork, buildFactors, buildKey, buildStranger } from '../../test/accounts.ts'
import { as, asUser, employ, refusal } from '../../test/callers.ts'
import { refusedLogin, registerVerified, signInAs, userIdOf } from '../../test/identity.ts'

const UNKNOWN = refusal('NOT_FOUND', 'accounts.not_found')

describe('what is told of an account', () => {
  it('are kinds and counts, and no secret', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'director', {
      user: await buildUser({ firstName: 'Ana', lastName: 'Koleva' }),
    })
    await buildFactors(user)
    await buildKey(user, company.id)
    await asUser(user).auth.me()
    const shown = await as(company, 'director').accounts.get({ id: user.id })
    expect(shown).toEqual({
      id: user.id,
      firstName: 'Ana',
      lastName: 'Koleva',
      email: user.email,
      status: 'active',
      emailVerified: true,
      hasSecondFactor: true,
      isYou: false,
      isPlatform: false,
      createdAt: expect.any(String),
      factors: { totp: true, passkeys: 1, recoveryCodesLeft: 3, trustedDevices: 1 },
      sessions: { count: 1, lastSeenAt: expect.any(String) },
      apiKeys: 1,
      passwordChangedAt: null,
      lockedUntil: null,
      emailChange: null,
      factorReset: null,
      events: [],
      allowed: ['disable', 'end_sessions', 'send_reset', 'reset_factors'],
    })
  })

  it('are its last events: who signed in, failed to, and who interfered', async () => {
    const company = await buildCompany()
    const email = await registerVerified()
    const id = await userIdOf(email)
    await employ(company, 'guard', { user: { ...(await buildUser()), id } })
    await refusedLogin(email, 'not the password of it')
    await signInAs(email)
    const director = await atWork(company, 'director')
    await director.caller.accounts.endSessions({ id })
    const admin = as(null, 'platform_admin')
    await admin.accounts.sendReset({ id })
    const { firstName, lastName } = director.user
    const events = [
      { action: 'accounts.send_reset', result: 'ok', by: 'somebody', name: null },
      { action: 'accounts.end_sessions', result: 'ok', by: 'somebody', name: `${firstName} ${lastName}` },
      { action: 'auth.login', result: 'ok', by: 'owner', name: null },
      { action: 'auth.login', result: 'failed', by: null, name: null },
    ]
    const seen = async (caller: typeof admin) =>
      (await caller.accounts.get({ id })).events.map(({ at: _at, ...event }) => event)
    expect(await seen(director.caller)).toEqual(events)
    const [latest, ...others] = await seen(admin)
    expect(latest).toMatchObject({ action: 'accounts.send_reset', name: expect.any(String) })
    expect(others).toEqual(events.slice(1))
  })

  it('are no deeds of it to others, and for a director nothing that happened in another company', async () => {
    const [company, elsewhere] = [await buildCompany(), await buildCompany()]
    const { user, contextKey } = await employ(elsewhere, 'director')
    await as(elsewhere, 'director').accounts.sendReset({ id: user.id })
    const { user: guard } = await employ(elsewhere, 'guard')
    await asUser(user, contextKey).accounts.endSessions({ id: guard.id })
    await employ(company, 'accountant', { user })
    const admin = as(null, 'platform_admin')
    const actionsSeenBy = async ({ accounts }: typeof admin) =>
      (await accounts.get({ id: user.id })).events.map(({ action }) => action)
    expect(await actionsSeenBy(admin)).toEqual(['accounts.send_reset'])
    expect(await actionsSeenBy(as(company, 'director'))).toEqual([])
  })

  it('is that wrong passwords have locked it', async () => {
    const email = await registerVerified()
    const admin = as(null, 'platform_admin')
    const id = await userIdOf(email)
    expect((await admin.accounts.get({ id })).lockedUntil).toBeNull()
    for (let guess = 0; guess < 10; guess++) await refusedLogin(email, `guess number ${guess}`)
    const { lockedUntil } = await admin.accounts.get({ id })
    expect(new Date(lockedUntil!).getTime()).toBeGreaterThan(Date.now())
  })

  it('is found by the person of the company, and by no person of another one', async () => {
    const [company, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
    const { user } = await employ(company, 'resident')
    const [person] = await database.lookup<{ id: string }>('select id from people where user_id = $1', [user.id])
    const without = await buildPerson({ company })
    expect((await as(company, 'director').accounts.ofPerson({ id: person!.id })).id).toBe(user.id)
    expect((await as(null, 'platform_admin').accounts.ofPerson({ id: person!.id })).id).toBe(user.id)
    await expect(as(company, 'director').accounts.ofPerson({ id: without.id })).rejects.toMatchObject(UNKNOWN)
    await expect(as(elsewhere, 'director').accounts.ofPerson({ id: person!.id })).rejects.toMatchObject(UNKNOWN)
  })
})

describe('the list of all accounts', () => {
  it('is searched by address and name, page by page, by the platform', async () => {
    const users = [await buildStranger(), await buildStranger(), await buildStranger()]
    const admin = as(null, 'platform_admin')
    for (const { id, email, firstName } of users)
      for (const q of [email.toUpperCase(), firstName])
        expect((await admin.accounts.list({ q })).items).toMatchObject([
          { id, email, status: 'active', emailVerified: true, hasSecondFactor: false, isPlatform: false },
        ])
    await buildFactors(users[0]!)
    expect((await admin.accounts.list({ q: users[0]!.email })).items[0]!.hasSecondFactor).toBe(true)
    const { user: colleague } = await employ(null, 'platform_accountant')
    expect((await admin.accounts.list({ q: colleague.email })).items[0]!.isPlatform).toBe(true)

    const first = await admin.accounts.list({ q: 'Stranger-', limit: 2 })
    const second = await admin.accounts.list({ q: 'Stranger-', limit: 2, cursor: first.nextCursor! })
    expect(first.items).toHaveLength(2)
    expect(second.items.map(({ id }) => id)).not.toContain(first.items[1]!.id)
    expect((await admin.accounts.list({ q: '%' })).items).toEqual([])
  })

  it('tells the disabled from the others', async () => {
    const user = await buildStranger()
    const admin = as(null, 'platform_admin')
    await admin.accounts.disable({ id: user.id, reason: 'Asked for by the police' })
    expect((await admin.accounts.list({ q: user.email, status: 'active' })).items).toEqual([])
    expect((await admin.accounts.list({ q: user.email, status: 'disabled' })).items).toMatchObject([{ id: user.id }])
  })
})
