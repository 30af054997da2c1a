import { randomBytes } from 'node:crypto'
import { parseKeyRing } from '@servai/auth/key-ring'
import type { SecondFactorProof } from '@servai/contract/factors'
import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  eventsOf,
  newEmail,
  OTHER_PASSWORD,
  outcomesOf,
  PASSWORD,
  refusedLogin,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { challengeOf, registerWithApp, type App } from '../../../test/second-factor.ts'
import { factorBucketOf } from '../throttle/service.ts'

const VOID = refusal('UNAUTHORIZED', 'auth.challenge_invalid')
const REFUSED = refusal('BAD_REQUEST', 'auth.factor_refused')
const LOCKED = refusal('TOO_MANY_REQUESTS', 'auth.factor_locked')

const totp = (code: string): SecondFactorProof => ({ method: 'totp', code })

/** Each call by a process of its own, so that only what is shared holds. */
const complete = (app: App, challengeToken: string, proof: SecondFactorProof, overrides = {}) =>
  anonymous({ services: app.services(overrides) }).auth.completeSignIn({ challengeToken, proof })

const liveSessionsOf = async (email: string) => {
  const [row] = await database.lookup<{ live: number }>(
    'select count(*)::int as live from sessions where user_id = $1 and revoked_at is null',
    [await userIdOf(email)],
  )
  return row!.live
}

const alterLock = async (email: string, set: string) =>
  database.system({}, 'write', async (db) =>
    db.execute(`update login_throttle set ${set} where identifier_hash = '${factorBucketOf(await userIdOf(email))}'`),
  )

describe('between password and second factor', () => {
  it('there is no session of any kind, and no cookie but the device’s', async () => {
    const { email, as } = await registerWithApp()
    await as().auth.logoutAll()
    const browser = createBrowser()
    const challenge = await challengeOf(email, { delivery: 'cookie', ...browser })
    expect(challenge).toEqual({
      token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      methods: ['totp', 'recovery_code'],
      expiresIn: 600,
    })
    expect(browser.kept.token).toBeNull()
    expect(browser.kept.device).not.toBeNull()
    expect(await liveSessionsOf(email)).toBe(0)
    for (const token of [challenge.token, browser.kept.device!]) {
      await expect(anonymous({ accessToken: token }).auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      await expect(anonymous().auth.refresh({ refreshToken: token.slice(0, 128) })).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      })
    }
    const stored = await database.lookup<{ row: string }>(
      'select c::text as row from sign_in_challenges c where user_id = $1',
      [await userIdOf(email)],
    )
    expect(stored).toHaveLength(1)
    expect(stored[0]!.row).not.toContain(challenge.token)
  })

  it('only the right password has told that a second factor is needed', async () => {
    const { email } = await registerWithApp()
    const answers = await Promise.all([
      refusedLogin(email, OTHER_PASSWORD),
      refusedLogin(await registerVerified(), OTHER_PASSWORD),
      refusedLogin(newEmail(), OTHER_PASSWORD),
    ])
    expect(new Set(answers).size).toBe(1)
  })

  it('a reset by e-mail does not take the place of the second factor', async () => {
    const { email, app } = await registerWithApp()
    await anonymous().reset.request({ email })
    await anonymous().reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: OTHER_PASSWORD })
    const challenge = await challengeOf(email, { password: OTHER_PASSWORD })
    await complete(app, challenge.token, totp(app.next()))
  })
})

describe('the second step of a sign-in', () => {
  it('opens one new session, with the second factor proved, and is spent', async () => {
    const { email, app } = await registerWithApp()
    const browser = createBrowser()
    const { token } = await challengeOf(email, { delivery: 'cookie', ...browser })
    const caller = anonymous({ services: app.services(), ...browser })
    const answer = await caller.auth.completeSignIn({ challengeToken: token, proof: totp(app.next()) })
    expect(Object.keys(answer).sort()).toEqual(['accessToken', 'expiresIn', 'user'])
    expect(answer.user.email).toBe(email)
    expect(browser.kept.token).toMatch(/^1\./)
    const { items } = await anonymous({ accessToken: answer.accessToken }).auth.sessions()
    expect(items.filter(({ current }) => current)).toMatchObject([{ secondFactor: true, delivery: 'cookie' }])
    await expect(complete(app, token, totp(app.next()))).rejects.toMatchObject(VOID)
    expect((await auditOf(email)).at(-1)).toMatchObject({
      action: 'auth.login',
      result: 'ok',
      after: { method: 'totp' },
    })
  })

  it('accepts the codes of T-1, T and T+1 and refuses those of T-2 and T+2', async () => {
    for (const [away, isAccepted] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const { email, app } = await registerWithApp()
      const { token } = await challengeOf(email)
      // Past the step that the set-up has used.
      app.next()
      app.next()
      app.next()
      const outcome = complete(app, token, totp(app.code(away)))
      await (isAccepted ? expect(outcome).resolves.toBeDefined() : expect(outcome).rejects.toMatchObject(REFUSED))
    }
  })

  it('accepts no code twice, nor one of a step before the last accepted', async () => {
    const { email, app } = await registerWithApp()
    await expect(complete(app, (await challengeOf(email)).token, totp(app.code()))).rejects.toMatchObject(REFUSED)
    const code = app.next()
    await complete(app, (await challengeOf(email)).token, totp(code))
    const { token } = await challengeOf(email)
    for (const replayed of [code, app.code(-1)])
      await expect(complete(app, token, totp(replayed))).rejects.toMatchObject(REFUSED)
    expect((await auditOf(email)).map(({ action }) => action)).toContain('auth.totp_replay')
    await complete(app, token, totp(app.code(1)))
  })

  it('refuses a challenge that has expired or was never made, whatever the code', async () => {
    const { email, app } = await registerWithApp()
    const { token } = await challengeOf(email)
    await database.lookup(`update sign_in_challenges set expires_at = now() where user_id = $1`, [
      await userIdOf(email),
    ])
    const code = app.next()
    for (const dead of [token, randomBytes(32).toString('base64url'), 'x'])
      await expect(complete(app, dead, totp(code))).rejects.toMatchObject(VOID)
    await complete(app, (await challengeOf(email)).token, totp(code))
  })

  it('is dead after a change of password, of factors, after signing out everywhere and when disabled', async () => {
    const changes: ((account: Awaited<ReturnType<typeof registerWithApp>>) => Promise<unknown>)[] = [
      ({ as }) => as().auth.changePassword({ currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }),
      ({ as }) => as().auth.factors.removeTotp(),
      ({ as }) => as().auth.logoutAll(),
      async ({ email }) => database.lookup(`update users set status = 'disabled' where email_key = $1`, [email]),
    ]
    for (const change of changes) {
      const account = await registerWithApp()
      const { token } = await challengeOf(account.email)
      await change(account)
      await expect(complete(account.app, token, totp(account.app.next()))).rejects.toMatchObject(VOID)
    }
  })

  it('is not helped by the app of somebody else', async () => {
    const [victim, thief] = [await registerWithApp(), await registerWithApp()]
    const { token } = await challengeOf(victim.email)
    await expect(complete(thief.app, token, totp(thief.app.next()))).rejects.toMatchObject(REFUSED)
    const [code] = thief.recoveryCodes
    await expect(complete(thief.app, token, { method: 'recovery_code', code: code! })).rejects.toMatchObject(REFUSED)
  })

  it('looks at the lock of the password, too', async () => {
    const { email, app } = await registerWithApp()
    const { token } = await challengeOf(email)
    for (let guess = 0; guess < 10; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
    await expect(complete(app, token, totp(app.next()))).rejects.toMatchObject(VOID)
  })
})

describe('guesses at a second factor', () => {
  const evaluatedOf = async (email: string) =>
    (await auditOf(email)).filter(({ action, after }) => action === 'auth.second_factor' && after?.why === 'refused')

  it('of 50 in parallel at one challenge no more than 5 are evaluated', async () => {
    const { email, app } = await registerWithApp()
    const { token } = await challengeOf(email)
    const wrong = app.wrongCode()
    const guesses = Array.from({ length: 50 }, () => complete(app, token, totp(wrong)))
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.factor_refused': 5, 'auth.challenge_invalid': 45 })
    expect(await evaluatedOf(email)).toHaveLength(5)
    await expect(complete(app, token, totp(app.next()))).rejects.toMatchObject(VOID)
  })

  it('of 50 in parallel over many challenges and methods no more than 10 are evaluated', async () => {
    const { email, app, recoveryCodes } = await registerWithApp()
    const tokens: { token: string }[] = []
    for (let time = 0; time < 12; time += 1) tokens.push(await challengeOf(email))
    const wrong = [totp(app.wrongCode()), { method: 'recovery_code', code: 'no such code' } as const]
    const guesses = Array.from({ length: 50 }, (_, at) => complete(app, tokens[at % 12]!.token, wrong[at % 2]!))
    const { 'auth.factor_refused': refused, 'auth.factor_locked': locked } = tally(await outcomesOf(guesses))
    expect(refused).toBe(10)
    expect(locked).toBe(40)
    expect(await evaluatedOf(email)).toHaveLength(10)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.second_factor_locked')).toHaveLength(1)

    // Right ones no longer help, in new challenges and with the other method either.
    const { token } = await challengeOf(email)
    const [code] = recoveryCodes
    await expect(complete(app, token, totp(app.next()))).rejects.toMatchObject(LOCKED)
    await expect(complete(app, token, { method: 'recovery_code', code: code! })).rejects.toMatchObject(LOCKED)
  })

  it('lock for 15 minutes, then 30, then an hour, never for good, and are forgotten with a success', async () => {
    const { email, app } = await registerWithApp()
    const bucket = factorBucketOf(await userIdOf(email))
    const lock = async () => {
      const [row] = await database.lookup<{ failures: number; minutes: number | null }>(
        `select failures, round(extract(epoch from locked_until - now()) / 60)::int as minutes from login_throttle
         where identifier_hash = $1`,
        [bucket],
      )
      return row ? [row.failures, row.minutes] : null
    }
    const guess = async () => complete(app, (await challengeOf(email)).token, totp(app.wrongCode()))
    for (let time = 0; time < 9; time += 1) await expect(guess()).rejects.toMatchObject(REFUSED)
    expect(await lock()).toEqual([9, null])
    for (const minutes of [15, 30, 60, 60]) {
      await expect(guess()).rejects.toMatchObject(REFUSED)
      expect((await lock())![1]).toBe(minutes)
      await expect(guess()).rejects.toMatchObject(LOCKED)
      await alterLock(email, `locked_until = now() - interval '1 second'`)
    }
    await alterLock(email, `failures = 5000`)
    await expect(guess()).rejects.toMatchObject(REFUSED)
    expect(await lock()).toEqual([5001, 60])
    await alterLock(email, `locked_until = now() - interval '1 second'`)
    await complete(app, (await challengeOf(email)).token, totp(app.next()))
    expect(await lock()).toBeNull()
  })

  it('are not charged for a fault of ours', async () => {
    const { email, app } = await registerWithApp()
    const { token } = await challengeOf(email)
    const factorKeys = parseKeyRing(`other:${randomBytes(32).toString('base64')}`)
    for (let time = 0; time < 12; time += 1)
      await expect(complete(app, token, totp(app.code()), { factorKeys })).rejects.toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
      })
    await complete(app, token, totp(app.next()))
  })
})

describe('right codes in parallel', () => {
  it('50 with one challenge open one session each round, over 20 rounds', { timeout: 60_000 }, async () => {
    const { email, app } = await registerWithApp()
    for (let round = 0; round < 20; round += 1) {
      const { token } = await challengeOf(email)
      const code = app.next()
      const before = await liveSessionsOf(email)
      const calls = Array.from({ length: 50 }, () => complete(app, token, totp(code)))
      const { ok, ...others } = tally(await outcomesOf(calls))
      expect(ok).toBe(1)
      expect(Object.keys(others)).toEqual(['auth.challenge_invalid'])
      expect(await liveSessionsOf(email)).toBe(Math.min(before + 1, 20))
    }
  })

  it('the same code with several challenges opens one session', async () => {
    const { email, app } = await registerWithApp()
    const challenges = await Promise.all(Array.from({ length: 8 }, () => challengeOf(email)))
    const code = app.next()
    const calls = challenges.map(({ token }) => complete(app, token, totp(code)))
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 1, 'auth.factor_refused': 7 })
  })

  it('a sign-in without a second factor stays one step', async () => {
    const { as } = await signInAs(await registerVerified(), { services: unlimited() })
    expect((await as().auth.factors.list()).methods).toEqual([])
  })
})
