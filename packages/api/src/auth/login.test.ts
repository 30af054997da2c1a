import { parseKeyRing } from '@servai/auth/key-ring'
import { createPasswordHasher } from '@servai/auth/password-hash'
import { buildCompany, buildGrant, buildUser, database } from '@servai/db/test/factories'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  newEmail,
  outcomesOf,
  OTHER_PASSWORD,
  PASSWORD,
  register,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../test/identity.ts'

const change = (email: string, set: string) =>
  database.system({}, 'write', (db) => db.execute(`update users set ${set} where email_key = '${email}'`))

const refusalOf = async (email: string, password: string) => {
  const error: unknown = await anonymous({ services: unlimited() })
    .auth.login({ email, password })
    .catch((thrown: unknown) => thrown)
  const { code, message, cause } = error as { code: string; message: string; cause: object }
  return JSON.stringify({ code, message, cause })
}

describe('auth.login', () => {
  it('puts the refresh token into the cookie and nowhere else', async () => {
    const email = await registerVerified()
    const browser = createBrowser()
    const answer = await anonymous({ refreshCookie: browser.refreshCookie }).auth.login({ email, password: PASSWORD })
    expect(Object.keys(answer).sort()).toEqual(['accessToken', 'expiresIn', 'user'])
    expect(answer).toMatchObject({
      expiresIn: 900,
      user: { id: await userIdOf(email), email, firstName: 'Ana', emailVerified: true, locale: 'en', contexts: [] },
    })
    expect(browser.kept.token).toMatch(/^1\./)
    expect(browser.kept.maxAgeSeconds).toBe(7 * 86_400)
    expect(JSON.stringify(answer)).not.toContain(browser.kept.token)
    expect(await anonymous({ accessToken: answer.accessToken }).auth.me()).toEqual(answer.user)
  })

  it('gives programs the refresh token in the answer, and no cookie', async () => {
    const browser = createBrowser()
    const answer = await signInAs(await registerVerified(), { refreshCookie: browser.refreshCookie })
    expect(answer.refreshToken).toMatch(/^1\./)
    expect(browser.kept.token).toBeNull()
  })

  it('puts nothing personal into the access token', async () => {
    const { accessToken } = await signInAs(await registerVerified())
    const payload: unknown = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    expect(Object.keys(payload as object).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'nbf', 'sid', 'sub', 'tv'])
  })

  it('answers byte for byte the same for unknown, wrong, empty-handed, disabled, removed and locked', async () => {
    const [known, disabled, removed, locked] = await Promise.all([1, 2, 3, 4].map(() => registerVerified()))
    if (!known || !disabled || !removed || !locked) throw new Error('four accounts')
    await change(disabled, `status = 'disabled'`)
    await change(removed, 'deleted_at = now()')
    for (let guess = 0; guess < 10; guess += 1) await refusalOf(locked, OTHER_PASSWORD)
    const withoutPassword = await buildUser()
    const answers = [
      await refusalOf(newEmail(), PASSWORD),
      await refusalOf(known, OTHER_PASSWORD),
      await refusalOf(known, ' '),
      await refusalOf(withoutPassword.email, PASSWORD),
      await refusalOf(disabled, PASSWORD),
      await refusalOf(removed, PASSWORD),
      await refusalOf(locked, PASSWORD),
    ]
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('auth.invalid_credentials')
    expect((await auditOf(locked)).at(-1)).toMatchObject({
      action: 'auth.login',
      result: 'failed',
      after: { why: 'locked' },
    })
  })

  it('computes exactly one hash, whoever asks', async () => {
    let hashes = 0
    const passwords = createPasswordHasher({
      memoryKiB: 1024,
      timeCost: 1,
      lanes: 1,
      queueSeconds: 10,
      pepper: null,
      metrics: { onHash: () => (hashes += 1) },
    })
    const known = await registerVerified()
    const disabled = await registerVerified()
    await change(disabled, `status = 'disabled'`)
    const attempts = [
      { email: known, password: PASSWORD },
      { email: known, password: OTHER_PASSWORD },
      { email: disabled, password: PASSWORD },
      { email: newEmail(), password: PASSWORD },
      { email: (await buildUser()).email, password: PASSWORD },
    ]
    for (const attempt of attempts) {
      hashes = 0
      await anonymous({ services: unlimited({ passwords }) })
        .auth.login(attempt)
        .catch(() => undefined)
      expect(hashes).toBe(1)
    }
  })

  it('accepts the address in any case, and the password only as it is', async () => {
    const email = await registerVerified()
    expect((await signInAs(` ${email.toUpperCase()} `)).user.email).toBe(email)
    for (const password of [PASSWORD.toUpperCase(), `${PASSWORD} `, ` ${PASSWORD}`, PASSWORD.slice(0, -1)])
      expect(await refusalOf(email, password)).toContain('auth.invalid_credentials')
  })

  it('lets somebody with an unproven address in only as far as proving it', async () => {
    const email = await register()
    const { user, as } = await signInAs(email)
    expect(user.emailVerified).toBe(false)
    expect(await as().verification.status()).toEqual({ verified: false })
    expect(await as().auth.me()).toMatchObject({ email })
    const denied = refusal('FORBIDDEN', 'auth.email_not_verified')
    await expect(as().auth.updateProfile({ firstName: 'Eva' })).rejects.toMatchObject(denied)
    const passwords = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }
    await expect(as().auth.changePassword(passwords)).rejects.toMatchObject(denied)
    await as().verification.verify({ token: await tokenOf(email, 'verify_email') })
    expect(await as().auth.updateProfile({ firstName: 'Eva' })).toMatchObject({ firstName: 'Eva', emailVerified: true })
  })

  it('gives staff a shorter session than residents', async () => {
    const email = await registerVerified()
    const company = await buildCompany()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId: company.id })
    const browser = createBrowser()
    const { user } = await anonymous({ refreshCookie: browser.refreshCookie }).auth.login({ email, password: PASSWORD })
    expect(browser.kept.maxAgeSeconds).toBe(3600)
    expect(user.contexts).toMatchObject([{ key: `staff:${company.id}`, roles: ['director'] }])
    const [session] = await database.lookup<{ seconds: number }>(
      `select extract(epoch from expires_at - created_at)::int as seconds from sessions where user_id = $1`,
      [user.id],
    )
    expect(session?.seconds).toBe(86_400)
  })

  it('hashes again when the parameters or the pepper have changed', async () => {
    const email = await registerVerified()
    const pepper = parseKeyRing(`p1:${randomBytes(32).toString('base64')}`)
    const passwords = createPasswordHasher({ memoryKiB: 2048, timeCost: 1, lanes: 1, queueSeconds: 10, pepper })
    await signInAs(email, { services: unlimited({ passwords }) })
    const [stored] = await database.lookup<{ hash: string }>(
      'select password_hash as hash from credentials where user_id = $1',
      [await userIdOf(email)],
    )
    expect(stored?.hash).toMatch(/^p1\$p1\$\$argon2id\$v=19\$m=2048,t=1,p=1\$/)
    await signInAs(email, { services: unlimited({ passwords }) })
  })

  it('counts attempts and failures', async () => {
    const email = await registerVerified()
    const read = async () => {
      const [attempts, failures] = await Promise.all([
        services.metrics.loginAttempts.get(),
        services.metrics.loginFailures.get(),
      ])
      return [attempts.values[0]?.value ?? 0, failures.values[0]?.value ?? 0] as const
    }
    const [attempts, failures] = await read()
    await signInAs(email)
    await refusalOf(email, OTHER_PASSWORD)
    expect(await read()).toEqual([attempts + 2, failures + 1])
  })

  it('refuses unknown keys, wrong types and batches', async () => {
    const email = newEmail()
    const login = (input: unknown, calls = 1) =>
      anonymous({ calls }).auth.login(input as { email: string; password: string })
    for (const input of [{ email, password: PASSWORD, admin: true }, { email }, { email, password: 7 }, null, 'x', []])
      await expect(login(input)).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
    await expect(login({ email, password: PASSWORD }, 2)).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'auth.batch_refused'),
    )
  })
})

describe('sign-in under attack', () => {
  it('limits guesses per account, wherever they come from, and not the successes', async () => {
    const email = await registerVerified()
    const shared = unlimited()
    for (let time = 0; time < 12; time += 1)
      await anonymous({ services: shared }).auth.login({ email, password: PASSWORD })
    const guesses = Array.from({ length: 30 }, () =>
      anonymous({ services: shared }).auth.login({ email, password: OTHER_PASSWORD }),
    )
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 20 })
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
           where identifier_hash = rtrim(translate(encode(sha256($1::bytea), 'base64'), '+/', '-_'), '=')`,
          [email],
        )
        return [row?.failures, row?.minutes]
      }
      const expire = () =>
        database.system({}, 'write', (db) => db.execute('update login_throttle set locked_until = now()'))
      for (let guess = 0; guess < 9; guess += 1) await refusalOf(email, OTHER_PASSWORD)
      expect(await lock()).toEqual([9, null])
      for (const minutes of [15, 30, 60, 60]) {
        await refusalOf(email, OTHER_PASSWORD)
        expect((await lock())[1]).toBe(minutes)
        expect(await refusalOf(email, PASSWORD)).toContain('auth.invalid_credentials')
        await expire()
      }
    }
  })

  it('forgets failures after a success, and after 100 of them only a reset helps', async () => {
    const email = await registerVerified()
    for (let guess = 0; guess < 9; guess += 1) await refusalOf(email, OTHER_PASSWORD)
    await signInAs(email)
    for (let guess = 0; guess < 9; guess += 1) await refusalOf(email, OTHER_PASSWORD)
    await signInAs(email)

    await refusalOf(email, OTHER_PASSWORD)
    await database.system({}, 'write', (db) =>
      db.execute(`update login_throttle set failures = 100, locked_until = null where failures = 1`),
    )
    await expect(signInAs(email)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.invalid_credentials'))
    await anonymous().reset.request({ email })
    await anonymous().reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: OTHER_PASSWORD })
    await signInAs(email, {}, OTHER_PASSWORD)
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
