import { createHash } from 'node:crypto'
import { createPasswordHasher } from '@servai/auth/password-hash'
import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  eventsOf,
  newEmail,
  outcomesOf,
  OTHER_PASSWORD,
  PASSWORD,
  refusedLogin,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'

const hashOf = (email: string) => createHash('sha256').update(email).digest('base64url')

const alter = (email: string, set: string) =>
  database.system({}, 'write', (db) =>
    db.execute(`update login_throttle set ${set} where identifier_hash = '${hashOf(email)}'`),
  )

describe('sign-in under attack', () => {
  it('limits guesses per account, wherever they come from, and not the successes', async () => {
    const email = await registerVerified()
    const shared = unlimited()
    for (let time = 0; time < 12; time += 1)
      await anonymous({ services: shared }).auth.login({ email, password: PASSWORD })
    const guesses = Array.from({ length: 70 }, () =>
      anonymous({ services: shared }).auth.login({ email, password: OTHER_PASSWORD }),
    )
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.invalid_credentials': 50, 'request.rate_limited': 20 })
    const refused = anonymous({ services: shared }).auth.login({ email, password: PASSWORD })
    await expect(refused).rejects.toMatchObject({ cause: { details: { retryAfterSeconds: expect.any(Number) } } })
  })

  it('limits guesses per network across accounts', async () => {
    const shared = unlimited()
    const guesses = Array.from({ length: 110 }, () =>
      anonymous({ services: shared, address: '203.0.113.9' }).auth.login({ email: newEmail(), password: PASSWORD }),
    )
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.invalid_credentials': 100, 'request.rate_limited': 10 })
  })

  it('evaluates no more than 10 of 100 parallel guesses, even where the limits are not shared', async () => {
    const email = await registerVerified()
    const guesses = Array.from({ length: 100 }, (_, index) =>
      anonymous({ services: unlimited() }).auth.login({ email, password: index === 50 ? PASSWORD : OTHER_PASSWORD }),
    )
    await outcomesOf(guesses)
    const evaluated = (await auditOf(email)).filter(({ after }) => after?.why === 'wrong_password')
    expect(evaluated.length).toBeLessThanOrEqual(10)
  })

  it('locks after 10 failures in a row, for longer after each further one, whether the account exists or not', async () => {
    for (const email of [await registerVerified(), newEmail()]) {
      const lock = async () => {
        const [row] = await database.lookup<{ failures: number; minutes: number | null }>(
          `select failures, round(extract(epoch from locked_until - now()) / 60)::int as minutes from login_throttle
           where identifier_hash = $1`,
          [hashOf(email)],
        )
        return [row?.failures, row?.minutes]
      }
      for (let guess = 0; guess < 9; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
      expect(await lock()).toEqual([9, null])
      for (const minutes of [15, 30, 60, 60]) {
        await refusedLogin(email, OTHER_PASSWORD)
        expect((await lock())[1]).toBe(minutes)
        expect(await refusedLogin(email, PASSWORD)).toContain('auth.invalid_credentials')
        await alter(email, `locked_until = now() - interval '1 second'`)
      }
    }
  })

  it('forgets failures after a success, and after 100 of them only a reset helps', async () => {
    const email = await registerVerified()
    for (let guess = 0; guess < 9; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
    await signInAs(email)
    for (let guess = 0; guess < 9; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
    await signInAs(email)

    await refusedLogin(email, OTHER_PASSWORD)
    await alter(email, 'failures = 100, locked_until = null')
    await expect(signInAs(email)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.invalid_credentials'))
    await anonymous().reset.request({ email })
    await anonymous().reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: OTHER_PASSWORD })
    await signInAs(email, {}, OTHER_PASSWORD)
  })

  it('tells the owner that it has locked, once a day, and nobody where there is no account', async () => {
    const email = await registerVerified()
    const told = async () => (await eventsOf(email)).filter((topic) => topic === 'auth.password_locked').length
    const shared = unlimited()
    const guess = (address: string) =>
      anonymous({ services: { ...unlimited(), limiter: shared.limiter } })
        .auth.login({ email: address, password: OTHER_PASSWORD })
        .catch(() => undefined)
    for (let time = 0; time < 9; time += 1) await guess(email)
    expect(await told()).toBe(0)
    await guess(email)
    expect(await told()).toBe(1)
    await alter(email, `locked_until = now() - interval '1 second'`)
    await guess(email)
    expect(await told()).toBe(1)
    expect(await auditOf(email)).toContainEqual(
      expect.objectContaining({ action: 'auth.password_lock', result: 'denied' }),
    )
    const stranger = newEmail()
    for (let time = 0; time < 10; time += 1) await guess(stranger)
    expect(await told()).toBe(1)
  })

  it('does not charge the caller for our own overload', async () => {
    const email = await registerVerified()
    const passwords = createPasswordHasher({
      memoryKiB: 65_536,
      timeCost: 20,
      lanes: 1,
      queueSeconds: 0.01,
      pepper: null,
    })
    const overloaded = unlimited({ passwords })
    const occupied = passwords.hash('register', PASSWORD)
    for (let guess = 0; guess < 12; guess += 1) {
      const login = anonymous({ services: overloaded }).auth.login({ email, password: PASSWORD })
      await expect(login).rejects.toMatchObject(refusal('SERVICE_UNAVAILABLE', 'server.busy'))
    }
    await occupied
    await signInAs(email, { services: { ...overloaded, passwords: services.passwords } })
    expect((await auditOf(email)).filter(({ result }) => result === 'failed')).toEqual([])
  })

  it('opens no session for a password that was replaced meanwhile', async () => {
    const email = await registerVerified()
    await anonymous().reset.request({ email })
    const token = await tokenOf(email, 'reset_password')
    const logins = Array.from({ length: 8 }, () => signInAs(email).catch(() => null))
    const [signedIn] = await Promise.all([
      Promise.all(logins),
      anonymous().reset.reset({ token, newPassword: OTHER_PASSWORD }),
    ])
    for (const session of signedIn) {
      if (session) await expect(session.as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    }
    const [{ live }] = (await database.lookup(
      'select count(*)::int as live from sessions where user_id = $1 and revoked_at is null',
      [await userIdOf(email)],
    )) as [{ live: number }]
    expect(live).toBe(0)
  })
})
