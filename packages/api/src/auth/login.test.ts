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
  OTHER_PASSWORD,
  PASSWORD,
  refusedLogin,
  register,
  registerVerified,
  signedIn,
  signInAs,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../test/identity.ts'

const change = (email: string, set: string) =>
  database.system({}, 'write', (db) => db.execute(`update users set ${set} where email_key = '${email}'`))

describe('auth.login', () => {
  it('puts the refresh token into the cookie and nowhere else', async () => {
    const email = await registerVerified()
    const browser = createBrowser()
    const caller = anonymous({ refreshCookie: browser.refreshCookie })
    const answer = signedIn(await caller.auth.login({ email, password: PASSWORD }))
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
    for (let guess = 0; guess < 10; guess += 1) await refusedLogin(locked, OTHER_PASSWORD)
    const withoutPassword = await buildUser()
    const answers = [
      await refusedLogin(newEmail(), PASSWORD),
      await refusedLogin(known, OTHER_PASSWORD),
      await refusedLogin(known, ' '),
      await refusedLogin(withoutPassword.email, PASSWORD),
      await refusedLogin(disabled, PASSWORD),
      await refusedLogin(removed, PASSWORD),
      await refusedLogin(locked, PASSWORD),
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
      expect(await refusedLogin(email, password)).toContain('auth.invalid_credentials')
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
    const caller = anonymous({ refreshCookie: browser.refreshCookie })
    const { user } = signedIn(await caller.auth.login({ email, password: PASSWORD }))
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
    await refusedLogin(email, OTHER_PASSWORD)
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
