import { newDeviceId } from '@servai/auth/device-token'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { buildGrant, buildSession, buildUser, database } from '@servai/db/test/factories'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { anonymous, asUser, buildRequest, refusal, services } from '../../../test/callers.ts'
import {
  createBrowser,
  eventsOf,
  outcomesOf,
  PASSWORD,
  register,
  registerVerified,
  signInAs,
  tally,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { transaction } from '../../visit.ts'
import { deviceHashOf } from '../devices/service.ts'
import { lockUser, openSession } from './service.ts'

const revoked = refusal('UNAUTHORIZED', 'auth.session_revoked')

const tellsOf = async (email: string) => (await eventsOf(email)).filter((topic) => topic === 'auth.new_device').length

const enter = (browser: ReturnType<typeof createBrowser>, email: string) =>
  anonymous({ services: unlimited(), ...browser }).auth.login({ email, password: PASSWORD })

describe('the owner is told of a sign-in', () => {
  it('with a browser the account has not signed in with, once for each, and not of the very first', async () => {
    const email = await registerVerified()
    const [first, second] = [createBrowser(), createBrowser()]
    await enter(first, email)
    await enter(first, email)
    expect(await tellsOf(email)).toBe(0)
    await enter(second, email)
    expect(await tellsOf(email)).toBe(1)
    await enter(second, email)
    await enter(first, email)
    expect(await tellsOf(email)).toBe(1)
  })

  it('not of the very first one before the address is proven, but of the next', async () => {
    const email = await register()
    await enter(createBrowser(), email)
    expect(await tellsOf(email)).toBe(0)
    await enter(createBrowser(), email)
    expect(await tellsOf(email)).toBe(1)
  })

  it('with a program from another network, or under another name', async () => {
    const email = await registerVerified()
    await signInAs(email, { address: '203.0.113.5', userAgent: 'meter-bot/1' })
    await signInAs(email, { address: '203.0.113.99', userAgent: 'meter-bot/1' })
    expect(await tellsOf(email)).toBe(0)
    await signInAs(email, { address: '198.51.100.5', userAgent: 'meter-bot/1' })
    await signInAs(email, { address: '203.0.113.5', userAgent: 'other-bot/1' })
    expect(await tellsOf(email)).toBe(2)
  })

  it('with another account’s browser, whose cookie says nothing of this one', async () => {
    const [one, other] = [await registerVerified(), await registerVerified()]
    await enter(createBrowser(), one)
    const browser = createBrowser()
    await enter(browser, other)
    await enter(browser, one)
    expect([await tellsOf(one), await tellsOf(other)]).toEqual([1, 0])
  })

  it('after so long away that no session is kept any more', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    await database.system({}, 'write', (db) =>
      db
        .update(users)
        .set({ emailVerifiedAt: sql`now() - interval '31 days'` })
        .where(eq(users.id, userId)),
    )
    await enter(createBrowser(), email)
    expect(await tellsOf(email)).toBe(1)
  })

  it('however it was made, because every session is opened in one place', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    await enter(createBrowser(), email)
    const deviceHash = deviceHashOf(newDeviceId())
    const session = await transaction(buildRequest(), { userId }, async (ctx) => {
      await lockUser(ctx, userId)
      return openSession(ctx, { userId, delivery: 'cookie', deviceHash, secondFactor: 'now' })
    })
    expect(session.deviceHash).toBe(deviceHash)
    expect(await tellsOf(email)).toBe(1)
  })
})

describe('auth.revokeOtherSessions', () => {
  it('ends all others at once and keeps this one, under its token', async () => {
    const email = await registerVerified()
    const [here, there, elsewhere] = [await signInAs(email), await signInAs(email), await signInAs(email)]
    const stranger = await signInAs(await registerVerified())
    expect(await here.as().auth.revokeOtherSessions()).toEqual({ ended: 2 })
    for (const { as, refreshToken } of [there, elsewhere]) {
      await expect(as().auth.me()).rejects.toMatchObject(revoked)
      await expect(anonymous().auth.refresh({ refreshToken })).rejects.toMatchObject(revoked)
    }
    await here.as().auth.me()
    await stranger.as().auth.me()
    expect(await here.as().auth.revokeOtherSessions()).toEqual({ ended: 0 })
  })

  it('asks for a recent proof, as signing a single device out does', async () => {
    const user = await buildUser()
    const session = await buildSession(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    const accessToken = await services.accessTokens.sign({ userId: user.id, sessionId: session.id, tokenVersion: 1 })
    const { auth } = anonymous({ accessToken })
    const stepUp = refusal('FORBIDDEN', 'auth.step_up_required')
    await expect(auth.revokeOtherSessions()).rejects.toMatchObject(stepUp)
    await expect(auth.revokeSession({ id: session.id })).rejects.toMatchObject(stepUp)
    expect((await auth.sessions()).items).toHaveLength(1)
  })

  it('leaves one session standing when two devices sign each other out', async () => {
    const email = await registerVerified()
    const [one, two] = [await signInAs(email), await signInAs(email)]
    const outcomes = await outcomesOf([one, two].map(({ as }) => as().auth.revokeOtherSessions()))
    const live = await database.lookup('select id from sessions where user_id = $1 and revoked_at is null', [
      await userIdOf(email),
    ])
    expect(live.length).toBeLessThanOrEqual(1)
    expect(tally(outcomes).ok).toBeGreaterThanOrEqual(1)
  })
})

describe('auth.sessions', () => {
  it('says in which a second factor was proved', async () => {
    const user = await buildUser()
    await buildGrant(user, 'platform_admin')
    await database.system({}, 'write', (db) => db.delete(sessions).where(eq(sessions.userId, user.id)))
    await buildSession(user, { secondFactorAt: null, lastSeenAt: new Date(Date.now() - 60_000) })
    const { items } = await asUser(user, 'platform').auth.sessions()
    expect(items.map(({ secondFactor, current }) => ({ secondFactor, current }))).toEqual([
      { secondFactor: true, current: true },
      { secondFactor: false, current: false },
    ])
  })
})
