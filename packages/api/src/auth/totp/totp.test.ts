import { execFileSync, spawnSync } from 'node:child_process'
import { buildCompany, buildGrant, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  eventsOf,
  PASSWORD,
  registerVerified,
  register,
  signInAs,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { challengeOf, createApp, enrol, registerWithApp } from '../../../test/second-factor.ts'

const STEP_UP = refusal('FORBIDDEN', 'auth.step_up_required')
const REFUSED = refusal('BAD_REQUEST', 'auth.factor_refused')
const hasOathtool = spawnSync('oathtool', ['--version']).status === 0

const age = async (email: string, column: 'authenticated_at' | 'second_factor_at') =>
  database.lookup(`update sessions set ${column} = now() - interval '16 minutes' where user_id = $1`, [
    await userIdOf(email),
  ])

describe('setting an authenticator app up', () => {
  it('shows the secret once, and ten recovery codes only after the first code', async () => {
    const email = await registerVerified()
    const session = await signInAs(email)
    const started = await session.as().auth.factors.startTotp()
    expect(Object.keys(started).sort()).toEqual(['expiresAt', 'secret', 'uri'])
    const app = createApp(started.secret)
    const { recoveryCodes, ...renewed } = await session.as().auth.factors.confirmTotp({ code: app.code() })
    expect(new Set(recoveryCodes).size).toBe(10)
    const own = await anonymous(renewed).auth.factors.list()
    expect(own).toEqual({
      totp: { since: expect.any(String), lastUsedAt: expect.any(String) },
      passkeys: 0,
      recoveryCodesLeft: 10,
      trustedDevices: [],
      methods: ['totp', 'recovery_code'],
      required: false,
    })
    const stored = await database.lookup<{ row: string }>(
      'select f::text as row from totp_factors f where user_id = $1 union all select c::text from recovery_codes c where user_id = $1',
      [await userIdOf(email)],
    )
    expect(stored).toHaveLength(11)
    const seen = JSON.stringify([own, stored, await auditOf(email)])
    for (const secret of [started.secret, ...recoveryCodes]) expect(seen).not.toContain(secret)
  })

  it('asks for a sign-in of the last 15 minutes and a proven address, of a person', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    await age(email, 'authenticated_at')
    await expect(as().auth.factors.startTotp()).rejects.toMatchObject(STEP_UP)
    await expect(as().auth.factors.confirmTotp({ code: '123456' })).rejects.toMatchObject(STEP_UP)
    await expect(anonymous().auth.factors.startTotp()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const unverified = await signInAs(await register())
    await expect(unverified.as().auth.factors.startTotp()).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.email_not_verified'),
    )
  })

  it('gates no sign-in before it is confirmed, and is over after ten minutes', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    const { secret } = await as().auth.factors.startTotp()
    const again = await signInAs(email)
    expect((await again.as().auth.factors.list()).methods).toEqual([])
    await database.lookup(`update totp_factors set expires_at = now() where user_id = $1`, [await userIdOf(email)])
    await expect(as().auth.factors.confirmTotp({ code: createApp(secret).code() })).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.enrolment_expired'),
    )
  })

  it('takes the newest secret alone, and a code of it alone', async () => {
    const { as } = await signInAs(await registerVerified())
    const first = createApp((await as().auth.factors.startTotp()).secret)
    const second = createApp((await as().auth.factors.startTotp()).secret)
    for (const code of [first.code(), second.wrongCode(), second.code(2), second.code(-2)])
      await expect(as().auth.factors.confirmTotp({ code })).rejects.toMatchObject(REFUSED)
    await as().auth.factors.confirmTotp({ code: second.code() })
  })

  it('ends all other sessions and the access tokens of this one, and tells the owner', async () => {
    const email = await registerVerified()
    const other = await signInAs(email)
    const { as, refreshToken } = await enrol(email)
    expect((await as().auth.sessions()).items).toMatchObject([{ current: true, secondFactor: true }])
    await expect(other.as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(anonymous().auth.refresh({ refreshToken: other.refreshToken })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    await anonymous().auth.refresh({ refreshToken })
    expect(await eventsOf(email)).toContain('auth.factors_changed')
    expect((await auditOf(email)).map(({ action }) => action)).toContain('auth.totp_added')
  })

  it('a secret copied to another account opens nothing there', async () => {
    const [victim, thief] = [await registerWithApp(), await registerWithApp()]
    await database.lookup(
      `update totp_factors t set secret_cipher = s.secret_cipher, key_id = s.key_id, last_step = 0
       from totp_factors s where t.user_id = $1 and s.user_id = $2`,
      [await userIdOf(victim.email), await userIdOf(thief.email)],
    )
    const { token: challengeToken } = await challengeOf(victim.email)
    const proof = { method: 'totp', code: thief.app.next() } as const
    await expect(
      anonymous({ services: thief.app.services() }).auth.completeSignIn({ challengeToken, proof }),
    ).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
  })

  it.skipIf(!hasOathtool)('works with oathtool as the app (skipped without oathtool)', async () => {
    const oathtool = (secret: string, seconds = 0) =>
      execFileSync('oathtool', ['--totp', '--base32', `--now=now + ${seconds} seconds`, secret], {
        encoding: 'utf8',
      }).trim()
    const email = await registerVerified()
    const { as } = await signInAs(email)
    const { secret, uri } = await as().auth.factors.startTotp()
    expect(new URL(uri).searchParams.get('secret')).toBe(secret)
    await as().auth.factors.confirmTotp({ code: oathtool(secret) })
    const { token: challengeToken } = await challengeOf(email)
    const proof = { method: 'totp', code: oathtool(secret, 30) } as const
    expect((await anonymous().auth.completeSignIn({ challengeToken, proof })).user.email).toBe(email)
  })
})

describe('an authenticator app in use', () => {
  it('is replaced, removed and its codes renewed only by who has proved it in the last 15 minutes', async () => {
    const { email, as, app } = await registerWithApp()
    await age(email, 'second_factor_at')
    for (const act of [
      () => as().auth.factors.startTotp(),
      () => as().auth.factors.removeTotp(),
      () => as().auth.factors.regenerateRecoveryCodes(),
    ])
      await expect(act()).rejects.toMatchObject(STEP_UP)
    await as().auth.stepUp({ password: PASSWORD, proof: { method: 'totp', code: app.next() } })
    await as().auth.factors.removeTotp()
  })

  it('is replaced by another one, of which alone codes are good from then on', async () => {
    const { email, as, app } = await registerWithApp()
    const next = createApp((await as().auth.factors.startTotp()).secret)
    const { recoveryCodes, accessToken } = await as().auth.factors.confirmTotp({ code: next.code() })
    expect(recoveryCodes).toHaveLength(10)
    const { token: challengeToken } = await challengeOf(email)
    const complete = (code: string) =>
      anonymous({ services: next.services() }).auth.completeSignIn({ challengeToken, proof: { method: 'totp', code } })
    await expect(complete(app.code())).rejects.toMatchObject(REFUSED)
    await complete(next.next())
    expect((await anonymous({ accessToken }).auth.factors.list()).recoveryCodesLeft).toBe(10)
  })

  it('once removed asks for nothing more, and its recovery codes are gone', async () => {
    const { email, as } = await registerWithApp()
    const { accessToken } = await as().auth.factors.removeTotp()
    expect(await anonymous({ accessToken }).auth.factors.list()).toMatchObject({
      totp: null,
      recoveryCodesLeft: 0,
      methods: [],
    })
    await expect(as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await signInAs(email)
    await expect(anonymous({ accessToken }).auth.factors.removeTotp()).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.factor_missing'),
    )
    await expect(anonymous({ accessToken }).auth.factors.regenerateRecoveryCodes()).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.factor_missing'),
    )
  })

  it('stays where a company asks the account for one', async () => {
    const { email, as } = await registerWithApp()
    const company = await buildCompany()
    await buildGrant({ id: await userIdOf(email) }, 'accountant', { companyId: company.id })
    await services.principals.suspend(await userIdOf(email))
    expect((await as().auth.factors.list()).required).toBe(true)
    await expect(as().auth.factors.removeTotp()).rejects.toMatchObject(refusal('CONFLICT', 'auth.factor_needed'))
    await as().auth.factors.startTotp()
  })

  it('is guessed at during set-up ten times at most', async () => {
    const { as } = await signInAs(await registerVerified())
    const shared = unlimited()
    const app = createApp((await as().auth.factors.startTotp()).secret)
    for (let guess = 0; guess < 10; guess += 1)
      await expect(as({ services: shared }).auth.factors.confirmTotp({ code: app.wrongCode() })).rejects.toMatchObject(
        REFUSED,
      )
    await expect(as({ services: shared }).auth.factors.confirmTotp({ code: app.code() })).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
  })
})
