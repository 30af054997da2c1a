import { buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, asUser, refusal, services, signIn } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  eventsOf,
  outcomesOf,
  OTHER_PASSWORD,
  PASSWORD,
  registerVerified,
  signedIn,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'

const revoked = refusal('UNAUTHORIZED', 'auth.session_revoked')
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

const idOf = async (caller: ReturnType<typeof anonymous>) => {
  const current = (await caller.auth.sessions()).items.find((session) => session.current)
  if (!current) throw new Error('no current session')
  return current.id
}

describe('auth.sessions', () => {
  it('lists the live sessions of the caller, this one first, then by newest use, without anything that could be used', async () => {
    const email = await registerVerified()
    const phone = await signInAs(email, { address: '203.0.113.77', userAgent: FIREFOX })
    const laptop = await signInAs(email, { address: '2001:db8:5:6::7', userAgent: 'curl/8.5' })
    const gone = await signInAs(email)
    await gone.as().auth.logout()
    const { items } = await phone.as().auth.sessions()
    expect(items).toEqual([
      {
        id: await idOf(phone.as()),
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        addressPrefix: '203.0.113.0/24',
        device: 'Firefox, Linux',
        delivery: 'body',
        secondFactor: false,
        current: true,
      },
      {
        id: await idOf(laptop.as()),
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        addressPrefix: '2001:db8:5::/48',
        device: 'curl',
        delivery: 'body',
        secondFactor: false,
        current: false,
      },
    ])
  })

  it('holds no more than 20: the one unused for longest goes, even when several sign in at once', async () => {
    const email = await registerVerified()
    const first = await signInAs(email)
    const second = await signInAs(email)
    await anonymous().auth.refresh({ refreshToken: first.refreshToken })
    for (let time = 0; time < 19; time += 1) await signInAs(email)
    await expect(second.as().auth.me()).rejects.toMatchObject(revoked)
    expect((await first.as().auth.sessions()).items).toHaveLength(20)
    expect(await auditOf(email)).toContainEqual(expect.objectContaining({ action: 'auth.session_evict' }))

    await Promise.all(Array.from({ length: 8 }, () => signInAs(email)))
    const last = await signInAs(email)
    expect((await last.as().auth.sessions()).items).toHaveLength(20)
  })
})

describe('auth.revokeSession', () => {
  it('ends another device at once, for its access and its refresh token', async () => {
    const email = await registerVerified()
    const [here, there] = [await signInAs(email), await signInAs(email)]
    expect(await here.as().auth.revokeSession({ id: await idOf(there.as()) })).toEqual({ ok: true })
    await expect(there.as().auth.me()).rejects.toMatchObject(revoked)
    await expect(anonymous().auth.refresh({ refreshToken: there.refreshToken })).rejects.toMatchObject(revoked)
    await here.as().auth.me()
    expect(await auditOf(email)).toContainEqual(
      expect.objectContaining({ action: 'auth.session_revoke', result: 'ok' }),
    )
  })

  it('knows no difference between a stranger’s session and none', async () => {
    const stranger = await buildUser()
    const { sessionId } = await signIn(stranger)
    const caller = asUser(await buildUser())
    for (const id of [sessionId, '0199a5a0-0000-7000-8000-000000000001'])
      await expect(caller.auth.revokeSession({ id })).rejects.toMatchObject(
        refusal('NOT_FOUND', 'auth.session_not_found'),
      )
    const [row] = await database.lookup<{ revoked: boolean }>(
      'select revoked_at is not null as revoked from sessions where id = $1',
      [sessionId],
    )
    expect(row).toEqual({ revoked: false })
  })

  it('refuses the current session however its id is written, one that has ended, and what is no id', async () => {
    const email = await registerVerified()
    const [here, there] = [await signInAs(email), await signInAs(email)]
    const current = await idOf(here.as())
    for (const id of [current, current.toUpperCase()])
      await expect(here.as().auth.revokeSession({ id })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        cause: { details: { issues: [{ path: ['id'], code: 'current_session' }] } },
      })
    const id = await idOf(there.as())
    await here.as().auth.revokeSession({ id })
    await expect(here.as().auth.revokeSession({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(here.as().auth.revokeSession({ id: '*' })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'request.invalid'),
    )
  })
})

describe('auth.logout', () => {
  it('ends the session of the cookie, also when the access token has expired', async () => {
    const email = await registerVerified()
    const { kept, refreshCookie } = createBrowser()
    const { accessToken } = signedIn(await anonymous({ refreshCookie }).auth.login({ email, password: PASSWORD }))
    expect(await anonymous({ refreshCookie }).auth.logout()).toEqual({ ok: true })
    expect(kept.token).toBeNull()
    await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(revoked)
  })

  it('ends the session of the access token, or of the refresh token in the body, and no other', async () => {
    const email = await registerVerified()
    const [one, two, three] = [await signInAs(email), await signInAs(email), await signInAs(email)]
    await one.as().auth.logout()
    await anonymous().auth.logout({ refreshToken: two.refreshToken })
    await expect(one.as().auth.me()).rejects.toMatchObject(revoked)
    await expect(two.as().auth.me()).rejects.toMatchObject(revoked)
    await three.as().auth.me()
  })

  it('answers the same to nobody, to garbage and to somebody already gone', async () => {
    const { as } = await signInAs(await registerVerified())
    for (const caller of [anonymous(), as(), as(), anonymous({ accessToken: 'x.y.z' })])
      expect(await caller.auth.logout()).toEqual({ ok: true })
    expect(await anonymous().auth.logout({ refreshToken: 'garbage' })).toEqual({ ok: true })
  })

  it('from everywhere ends every session and every access token', async () => {
    const email = await registerVerified()
    const [one, two] = [await signInAs(email), await signInAs(email)]
    expect(await one.as().auth.logoutAll()).toEqual({ ok: true })
    for (const { as, refreshToken } of [one, two]) {
      await expect(as().auth.me()).rejects.toMatchObject(revoked)
      await expect(anonymous().auth.refresh({ refreshToken })).rejects.toMatchObject(revoked)
    }
    await (await signInAs(email)).as().auth.me()
  })
})

describe('auth.changePassword', () => {
  const change = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }

  it('keeps this device under a new access token, ends all others, and tells the owner', async () => {
    const email = await registerVerified()
    const [here, there] = [await signInAs(email), await signInAs(email)]
    await anonymous().reset.request({ email })
    const { accessToken, expiresIn } = await here.as().auth.changePassword(change)
    expect(expiresIn).toBe(900)
    await expect(here.as().auth.me()).rejects.toMatchObject(revoked)
    await anonymous({ accessToken }).auth.me()
    await anonymous().auth.refresh({ refreshToken: here.refreshToken })
    await expect(anonymous().auth.refresh({ refreshToken: there.refreshToken })).rejects.toMatchObject(revoked)
    await expect(signInAs(email)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.invalid_credentials'))
    await signInAs(email, {}, OTHER_PASSWORD)
    expect(await eventsOf(email)).toContain('auth.password_changed')
    expect(await anonymous().reset.validate({ token: await tokenOf(email, 'reset_password') })).toEqual({
      valid: false,
    })
  })

  it('needs the current password, and counts wrong ones as sign-in does', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    const wrong = { currentPassword: OTHER_PASSWORD, newPassword: 'nine blue kites in the wind' }
    for (let guess = 0; guess < 10; guess += 1)
      await expect(as({ services: unlimited() }).auth.changePassword(wrong)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        cause: {
          reason: 'auth.invalid_credentials',
          details: { issues: [{ path: ['currentPassword'], code: 'wrong' }] },
        },
      })
    await expect(as({ services: unlimited() }).auth.changePassword(change)).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'auth.invalid_credentials'),
    )
    await expect(signInAs(email)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.invalid_credentials'))
  })

  it('writes down a wrong current password, for whoever looks into an account that was taken over', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    const wrong = { currentPassword: OTHER_PASSWORD, newPassword: 'nine blue kites in the wind' }
    await expect(as().auth.changePassword(wrong)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    const userId = await userIdOf(email)
    const [row] = await database.lookup(
      `select actor_id, session_id is not null as "inSession", entity, entity_id, result, after from audit_log
       where actor_id = $1 and action = 'auth.password_change'`,
      [userId],
    )
    expect(row).toEqual({
      actor_id: userId,
      inSession: true,
      entity: 'users',
      entity_id: userId,
      result: 'failed',
      after: { why: 'wrong_password' },
    })
  })

  it('refuses a weak password and the old one', async () => {
    const { as } = await signInAs(await registerVerified())
    const attempt = (newPassword: string) => as().auth.changePassword({ ...change, newPassword })
    await expect(attempt('password1234')).rejects.toMatchObject(refusal('BAD_REQUEST', 'password.common'))
    await expect(attempt(PASSWORD)).rejects.toMatchObject(refusal('BAD_REQUEST', 'password.unchanged'))
    await as().auth.me()
  })

  it('succeeds once when two devices change it at the same time', async () => {
    const email = await registerVerified()
    const devices = await Promise.all(Array.from({ length: 4 }, () => signInAs(email)))
    const calls = devices.map(({ as }, index) =>
      as({ services: unlimited() }).auth.changePassword({ ...change, newPassword: `${OTHER_PASSWORD} ${index}` }),
    )
    expect(tally(await outcomesOf(calls)).ok).toBe(1)
  })
})

describe('auth.updateProfile', () => {
  it('changes only what is named, at once', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    expect(await as().auth.updateProfile({ locale: 'bg', lastName: 'O’Brien-Колева' })).toMatchObject({
      firstName: 'Ana',
      lastName: 'O’Brien-Колева',
      locale: 'bg',
    })
    expect(await as().auth.me()).toMatchObject({ lastName: 'O’Brien-Колева', locale: 'bg', email })
    expect(await auditOf(email)).toContainEqual(
      expect.objectContaining({ action: 'auth.profile_update', after: { fields: ['lastName', 'locale'] } }),
    )
  })

  it.each([{}, { email: 'x@example.test' }, { emailVerified: true }, { firstName: '' }, { locale: 'de' }])(
    'refuses %o',
    async (change) => {
      const caller = asUser(await buildUser())
      await expect(caller.auth.updateProfile(change as { firstName: string })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
    },
  )
})

describe('an access token', () => {
  it('is worth nothing without its session, with another person’s, or under another version', async () => {
    const user = await buildUser()
    const { sessionId } = await signIn(await buildUser())
    const forged = await services.accessTokens.sign({ userId: user.id, sessionId, tokenVersion: 1 })
    const lonely = await services.accessTokens.sign({
      userId: user.id,
      sessionId: '0199a5a0-0000-7000-8000-000000000001',
      tokenVersion: 1,
    })
    for (const accessToken of [forged, lonely, 'garbage', null])
      await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(
        refusal('UNAUTHORIZED', 'auth.unauthenticated'),
      )
    const own = await signIn(user)
    const old = await services.accessTokens.sign({ userId: user.id, sessionId: own.sessionId, tokenVersion: 0 })
    await expect(anonymous({ accessToken: old }).auth.me()).rejects.toMatchObject(revoked)
  })
})
