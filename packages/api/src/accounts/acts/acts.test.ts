import { buildCompany, buildGrant, buildPerson, buildResidency, database } from '@servai/db/test/factories'
import { buildBuilding, buildComplex, buildUnit, buildUser, type User } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { accessOf, atWork, buildFactors, buildKey, buildStranger, topicsAbout } from '../../../test/accounts.ts'
import { anonymous, as, asUser, employ, refusal, signIn } from '../../../test/callers.ts'
import { outcomesOf, register, registerVerified, signInAs, tally, unlimited, userIdOf } from '../../../test/identity.ts'

const UNKNOWN = refusal('NOT_FOUND', 'accounts.not_found')
const BEYOND = refusal('FORBIDDEN', 'accounts.beyond_company')
const REVOKED = refusal('UNAUTHORIZED', 'auth.session_revoked')
const reason = 'Left the company in a hurry'

type Caller = ReturnType<typeof asUser>

const ACTS: Record<string, (caller: Caller, id: string) => Promise<unknown>> = {
  get: ({ accounts }, id) => accounts.get({ id }),
  disable: ({ accounts }, id) => accounts.disable({ id, reason }),
  enable: ({ accounts }, id) => accounts.enable({ id }),
  endSessions: ({ accounts }, id) => accounts.endSessions({ id }),
  sendReset: ({ accounts }, id) => accounts.sendReset({ id }),
  requestFactorReset: ({ accounts }, id) => accounts.factorResets.request({ id, reason }),
}

const houseIn = async (company: { id: string }, user: User) => {
  const unit = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
  await buildResidency({ unit, person: await buildPerson({ company, userId: user.id }) })
}

const auditOf = (id: string) =>
  database.lookup<{ action: string; actor: string; company: string | null }>(
    `select action, actor_id as actor, company_id as company from audit_log where entity_id = $1 and action like 'accounts.%' order by id`,
    [id],
  )

describe('whose account a director may act on', () => {
  it.each(Object.entries(ACTS))('%s: that of a colleague and of a resident of the company', async (_name, act) => {
    const company = await buildCompany()
    const director = as(company, 'director')
    const { user: colleague } = await employ(company, 'guard')
    const { user: resident } = await employ(company, 'resident')
    await Promise.all([colleague, resident].map(buildFactors))
    await act(director, colleague.id)
    await act(director, resident.id)
  })

  it.each(Object.entries(ACTS))(
    '%s: of nobody in another company, of no stranger and of nobody who left',
    async (_name, act) => {
      const [company, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
      const director = as(company, 'director')
      const { user: foreigner } = await employ(elsewhere, 'guard')
      const { user: former } = await employ(elsewhere, 'guard')
      await buildGrant(former, 'accountant', { companyId: company.id, expiresAt: new Date(Date.now() - 1000) })
      for (const { id } of [foreigner, former, await buildStranger()])
        await expect(act(director, id)).rejects.toMatchObject(UNKNOWN)
    },
  )

  it.each(Object.entries(ACTS).slice(1))(
    '%s: of nobody who works elsewhere too, or for the platform',
    async (_name, act) => {
      const [company, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
      const director = as(company, 'director')
      const { user: shared } = await employ(company, 'accountant')
      await employ(elsewhere, 'accountant', { user: shared })
      const { user: platform } = await employ(company, 'guard')
      await employ(null, 'platform_accountant', { user: platform })
      for (const { id } of [shared, platform]) await expect(act(director, id)).rejects.toMatchObject(BEYOND)
    },
  )

  it('is closed to them only by the platform where they live elsewhere too', async () => {
    const [company, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
    const { user } = await employ(company, 'guard')
    await houseIn(elsewhere, user)
    const director = as(company, 'director')
    expect((await director.accounts.get({ id: user.id })).allowed).toEqual(['end_sessions', 'send_reset'])
    await expect(director.accounts.disable({ id: user.id, reason })).rejects.toMatchObject(BEYOND)
    await director.accounts.endSessions({ id: user.id })
    await as(null, 'platform_admin').accounts.disable({ id: user.id, reason })
    expect((await director.accounts.get({ id: user.id })).status).toBe('disabled')
  })

  it('is never their own', async () => {
    const company = await buildCompany()
    for (const role of ['director', 'platform_admin'] as const) {
      const { user, caller } = await atWork(company, role)
      for (const [name, act] of Object.entries(ACTS).slice(1))
        await expect([name, await act(caller, user.id).catch((error: { cause: object }) => error.cause)]).toMatchObject(
          [name, { reason: 'accounts.own' }],
        )
      expect(await caller.accounts.get({ id: user.id })).toMatchObject({ isYou: true, allowed: [] })
    }
  })
})

describe('nobody but directors and platform admins', () => {
  it.each(['accountant', 'complex_manager', 'technician', 'guard', 'resident', 'platform_accountant'] as const)(
    '%s acts on no account',
    async (role) => {
      const company = await buildCompany()
      const { user } = await employ(company, 'guard')
      const caller = as(company, role)
      for (const act of Object.values(ACTS))
        await expect(act(caller, user.id)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
      await expect(caller.accounts.list({})).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    },
  )

  it('and these only with a proof of the last quarter of an hour', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'guard')
    const { user: boss, contextKey } = await employ(company, 'director')
    const { accessToken } = await signIn(boss, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    const stale = anonymous({ accessToken, contextKey })
    await stale.accounts.get({ id: user.id })
    for (const [, act] of Object.entries(ACTS).slice(1))
      await expect(act(stale, user.id)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
  })
})

describe('disabling an account', () => {
  it('ends its sessions, links, keys, trusted browsers and half-finished sign-ins, and tells its owner', async () => {
    const company = await buildCompany()
    const director = await atWork(company, 'director')
    const { user, contextKey } = await employ(company, 'director')
    await buildFactors(user)
    await buildKey(user, company.id)
    const theirs = asUser(user, contextKey)
    await theirs.auth.me()
    await director.caller.accounts.sendReset({ id: user.id })
    expect(await accessOf(user)).toMatchObject({ sessions: 1, links: 1, apiKeys: 1, challenges: 1, trustedDevices: 1 })

    const shown = await director.caller.accounts.disable({ id: user.id, reason })
    expect(shown).toMatchObject({ status: 'disabled', sessions: { count: 0 }, apiKeys: 0, allowed: ['enable'] })
    expect(await accessOf(user)).toMatchObject({ sessions: 0, links: 0, apiKeys: 0, challenges: 0, trustedDevices: 0 })
    await expect(theirs.auth.me()).rejects.toMatchObject(REVOKED)
    expect(await topicsAbout(user.id)).toEqual(['auth.reset_requested', 'accounts.disabled'])
    expect(await auditOf(user.id)).toEqual([
      { action: 'accounts.send_reset', actor: director.user.id, company: company.id },
      { action: 'accounts.disable', actor: director.user.id, company: company.id },
    ])
  })

  it('lets nobody sign in, and lets them again when it is enabled; nothing that was ended comes back', async () => {
    const email = await registerVerified()
    const id = await userIdOf(email)
    const admin = as(null, 'platform_admin')
    const before = await signInAs(email)
    await admin.accounts.disable({ id, reason })
    await expect(signInAs(email)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.invalid_credentials'))
    const refresh = () => anonymous({ services: unlimited() }).auth.refresh({ refreshToken: before.refreshToken })
    await expect(refresh()).rejects.toMatchObject(REVOKED)
    expect(await admin.accounts.enable({ id })).toMatchObject({ status: 'active', sessions: { count: 0 } })
    await expect(refresh()).rejects.toMatchObject(REVOKED)
    await expect(before.as().auth.me()).rejects.toMatchObject(REVOKED)
    await (await signInAs(email)).as().auth.me()
    expect(await topicsAbout(id)).toContain('accounts.enabled')
  })

  it('ends for good the key that was being made meanwhile', async () => {
    const company = await buildCompany()
    const director = as(company, 'director')
    const { user } = await employ(company, 'director')
    await director.accounts.disable({ id: user.id, reason })
    // Its maker was let in before, and the company's transaction committed after.
    await buildKey(user, company.id)
    expect(await director.accounts.enable({ id: user.id })).toMatchObject({ status: 'active', apiKeys: 0 })
  })

  it('by the platform is undone by the platform alone, by a director of the company by each of them', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'guard')
    const [director, colleague, admin] = [as(company, 'director'), as(company, 'director'), as(null, 'platform_admin')]
    const enable = ({ accounts }: Caller) => accounts.enable({ id: user.id })

    await director.accounts.disable({ id: user.id, reason })
    await enable(colleague)
    expect(await admin.accounts.disable({ id: user.id, reason })).toMatchObject({ allowed: ['enable'] })
    expect(await director.accounts.get({ id: user.id })).toMatchObject({ status: 'disabled', allowed: [] })
    await expect(enable(director)).rejects.toMatchObject(refusal('FORBIDDEN', 'accounts.disabled_by_platform'))
    await enable(admin)
    await director.accounts.disable({ id: user.id, reason })
    expect(await enable(director)).toMatchObject({ status: 'active' })
  })

  it('by the platform holds also where a director was there before', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'guard')
    const [director, admin] = [as(company, 'director'), as(null, 'platform_admin')]
    await director.accounts.disable({ id: user.id, reason })
    expect(await director.accounts.get({ id: user.id })).toMatchObject({ allowed: ['enable'] })
    expect(await admin.accounts.get({ id: user.id })).toMatchObject({ allowed: ['disable', 'enable'] })
    await admin.accounts.disable({ id: user.id, reason })
    await admin.accounts.disable({ id: user.id, reason })

    expect(await director.accounts.get({ id: user.id })).toMatchObject({ allowed: [] })
    await expect(director.accounts.enable({ id: user.id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'accounts.disabled_by_platform'),
    )
    // Nor does a director take it over by closing it once more.
    await director.accounts.disable({ id: user.id, reason })
    await expect(director.accounts.enable({ id: user.id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'accounts.disabled_by_platform'),
    )
    expect((await auditOf(user.id)).filter(({ action }) => action === 'accounts.disable')).toHaveLength(2)
    expect((await topicsAbout(user.id)).filter((topic) => topic === 'accounts.disabled')).toHaveLength(1)
    expect(await admin.accounts.enable({ id: user.id })).toMatchObject({ status: 'active' })
  })

  it('done twice at once is done once', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'guard')
    const directors = Array.from({ length: 5 }, () => as(company, 'director'))
    const outcomes = await outcomesOf(directors.map(({ accounts }) => accounts.disable({ id: user.id, reason })))
    expect(tally(outcomes)).toEqual({ ok: 5 })
    expect((await auditOf(user.id)).map(({ action }) => action)).toEqual(['accounts.disable'])
    expect((await topicsAbout(user.id)).filter((topic) => topic === 'accounts.disabled')).toHaveLength(1)
  })

  it('leaves a director where all directors disable one another at once', async () => {
    const company = await buildCompany()
    const directors = await Promise.all(Array.from({ length: 4 }, () => atWork(company, 'director')))
    const calls = directors.map(({ caller }, index) =>
      caller.accounts.disable({ id: directors[(index + 1) % directors.length]!.user.id, reason }),
    )
    const outcomes = await outcomesOf(calls)
    const [left] = await database.lookup<{ count: number }>(
      `select count(*)::int from users where status = 'active' and id = any (string_to_array($1, ',')::uuid[])`,
      [directors.map(({ user }) => user.id).join(',')],
    )
    expect(left!.count).toBeGreaterThan(0)
    expect(tally(outcomes)['ok']).toBe(directors.length - left!.count)
  })

  it('is refused to a director for a while where that would leave the company without a lasting one', async () => {
    const company = await buildCompany()
    const { user: last } = await employ(company, 'director')
    const user = await buildUser()
    await buildGrant(user, 'director', { companyId: company.id, expiresAt: new Date(Date.now() + 86_400_000) })
    await expect(asUser(user, `staff:${company.id}`).accounts.disable({ id: last.id, reason })).rejects.toMatchObject(
      refusal('CONFLICT', 'staff.last_director'),
    )
    await as(null, 'platform_admin').accounts.disable({ id: last.id, reason })
  })

  it('of platform staff is the platform admins’ alone', async () => {
    const company = await buildCompany()
    const { user } = await employ(null, 'platform_accountant')
    await expect(as(company, 'director').accounts.disable({ id: user.id, reason })).rejects.toMatchObject(UNKNOWN)
    const shown = await as(null, 'platform_admin').accounts.disable({ id: user.id, reason })
    expect(shown).toMatchObject({ status: 'disabled', isPlatform: true })
  })
})

describe('signing somebody out everywhere', () => {
  it('ends every session, and trusts no browser any more', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'guard')
    await buildFactors(user)
    const [phone, desk] = [asUser(user, contextKey), asUser(user, contextKey)]
    await Promise.all([phone.auth.me(), desk.auth.me()])
    await as(company, 'director').accounts.endSessions({ id: user.id })
    for (const device of [phone, desk]) await expect(device.auth.me()).rejects.toMatchObject(REVOKED)
    expect(await accessOf(user)).toMatchObject({ sessions: 0, trustedDevices: 0, challenges: 0, totp: 1, passkeys: 1 })
    expect(await topicsAbout(user.id)).toEqual(['accounts.sessions_ended'])
  })
})

describe('sending a link to choose a password', () => {
  it('replaces the link before, sets nothing, and stops after five an hour', async () => {
    const email = await register()
    const id = await userIdOf(email)
    const { contextKey, user } = await employ(null, 'platform_admin')
    const { accessToken } = await signIn(user)
    const admin = anonymous({ accessToken, contextKey, services: unlimited() })
    const passwordOf = () => database.lookup('select password_hash from credentials where user_id = $1', [id])
    const before = await passwordOf()
    for (let sent = 0; sent < 5; sent++) await admin.accounts.sendReset({ id })
    await expect(admin.accounts.sendReset({ id })).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
    expect(await accessOf({ id })).toMatchObject({ links: 2 })
    expect(await passwordOf()).toEqual(before)
  })

  it('is refused for a disabled account', async () => {
    const { user } = await employ(await buildCompany(), 'guard')
    const admin = as(null, 'platform_admin')
    await admin.accounts.disable({ id: user.id, reason })
    await expect(admin.accounts.sendReset({ id: user.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'accounts.disabled'),
    )
  })
})
