import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../test/callers.ts'
import {
  auditOf,
  eventsOf,
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

const invalid = refusal('BAD_REQUEST', 'reset.token_invalid')
const alter = (sql: string) => database.system({}, 'write', (db) => db.execute(sql))

const reset = (token: string, newPassword = OTHER_PASSWORD) =>
  anonymous({ services: unlimited() }).reset.reset({ token, newPassword })
const isValid = async (token: string) => (await anonymous({ services: unlimited() }).reset.validate({ token })).valid

const requested = async (email: string) => {
  await anonymous({ services: unlimited() }).reset.request({ email })
  return tokenOf(email, 'reset_password')
}

describe('reset.request', () => {
  it('answers byte for byte the same for every address, and writes only to active accounts', async () => {
    const [known, disabled, unverified] = [await registerVerified(), await registerVerified(), await register()]
    await alter(`update users set status = 'disabled' where email_key = '${disabled}'`)
    const answers = []
    for (const email of [known, disabled, unverified, newEmail()])
      answers.push(JSON.stringify(await anonymous().reset.request({ email })))
    expect(new Set(answers)).toEqual(new Set(['{"ok":true}']))
    expect(await eventsOf(known)).toContain('auth.reset_requested')
    expect(await eventsOf(unverified)).toContain('auth.reset_requested')
    expect(await eventsOf(disabled)).not.toContain('auth.reset_requested')
  })

  it('sends three an hour per address; the fourth is answered and not sent', async () => {
    const email = await registerVerified()
    const shared = unlimited()
    for (let time = 0; time < 5; time += 1)
      expect(await anonymous({ services: shared }).reset.request({ email: email.toUpperCase() })).toEqual({ ok: true })
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.reset_requested')).toHaveLength(3)
  })

  it('is limited by network', async () => {
    const shared = unlimited()
    const calls = Array.from({ length: 62 }, () =>
      anonymous({ services: shared, address: '203.0.113.6' }).reset.request({ email: newEmail() }),
    )
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 60, 'request.rate_limited': 2 })
  })

  it('counts, keeps where it came from, and stores no token', async () => {
    const read = async () => (await services.metrics.passwordResetRequests.get()).values[0]?.value ?? 0
    const before = await read()
    const email = await registerVerified()
    await anonymous({ address: '203.0.113.7', userAgent: 'curl/8.5' }).reset.request({ email })
    expect(await read()).toBe(before + 1)
    const token = await tokenOf(email, 'reset_password')
    const rows = await database.lookup<Record<string, unknown>>(
      `select * from auth_tokens where user_id = $1 and purpose = 'reset_password'`,
      [await userIdOf(email)],
    )
    expect(rows).toMatchObject([{ requested_from: '203.0.113.7', user_agent: 'curl/8.5' }])
    expect(JSON.stringify(rows)).not.toContain(token)
    const outbox = await database.lookup('select payload from outbox where payload ->> $1 = $2', [
      'userId',
      await userIdOf(email),
    ])
    expect(JSON.stringify(outbox)).not.toMatch(new RegExp(`${token}|${email}`))
  })

  it('changes neither password, sessions nor locks', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    await requested(email)
    await as().auth.me()
    await signInAs(email)
  })
})

describe('reset.validate', () => {
  it('tells whether a token is live and nothing else, and does not use it', async () => {
    const token = await requested(await registerVerified())
    expect(await anonymous().reset.validate({ token })).toEqual({ valid: true })
    expect(await isValid(token)).toBe(true)
    for (const bad of ['x', 'A'.repeat(43), `${token}A`, token.slice(1)]) expect(await isValid(bad)).toBe(false)
  })

  it('shares its limit with the reset itself', async () => {
    const shared = unlimited()
    const token = 'A'.repeat(43)
    for (let time = 0; time < 5; time += 1) await anonymous({ services: shared }).reset.validate({ token })
    const refused = anonymous({ services: shared }).reset.reset({ token, newPassword: OTHER_PASSWORD })
    await expect(refused).rejects.toMatchObject(refusal('TOO_MANY_REQUESTS', 'request.rate_limited'))
  })
})

describe('reset.reset', () => {
  it('sets the password, ends every session, unlocks, and tells the owner; nobody is signed in by it', async () => {
    const email = await registerVerified()
    const [one, two] = [await signInAs(email), await signInAs(email)]
    for (let guess = 0; guess < 10; guess += 1) await signInAs(email, {}, OTHER_PASSWORD).catch(() => undefined)
    const token = await requested(email)
    expect(await one.as().reset.reset({ token, newPassword: OTHER_PASSWORD })).toEqual({ ok: true })
    for (const { as, refreshToken } of [one, two]) {
      await expect(as().auth.me()).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.session_revoked'))
      await expect(anonymous().auth.refresh({ refreshToken })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    }
    await expect(signInAs(email, {}, PASSWORD)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await signInAs(email, {}, OTHER_PASSWORD)
    expect((await eventsOf(email)).at(-1)).toBe('auth.password_changed')
    expect(await auditOf(email)).toContainEqual(expect.objectContaining({ action: 'reset.complete', result: 'ok' }))
  })

  it('works once: of 50 parallel calls with one token exactly one succeeds', async () => {
    const email = await registerVerified()
    const token = await requested(email)
    const calls = Array.from({ length: 50 }, (_, index) => reset(token, `${OTHER_PASSWORD} ${index}`))
    const outcomes = await outcomesOf(calls)
    expect(tally(outcomes)).toEqual({ ok: 1, 'reset.token_invalid': 49 })
    const winner = outcomes.findIndex((outcome) => typeof outcome !== 'string')
    await signInAs(email, {}, `${OTHER_PASSWORD} ${winner}`)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.password_changed')).toHaveLength(1)
  })

  it('leaves the token alone when the password is refused', async () => {
    const email = await registerVerified()
    const token = await requested(email)
    for (const [password, reason] of [
      ['short', 'password.too_short'],
      ['password1234', 'password.common'],
      ['Ana-Koleva-99', 'password.contextual'],
    ] as const)
      await expect(reset(token, password)).rejects.toMatchObject(refusal('BAD_REQUEST', reason))
    await reset(token)
    await signInAs(email, {}, OTHER_PASSWORD)
  })

  it('dies by use, by a newer request, by a change of password, address or state, and by time', async () => {
    const used = await requested(await registerVerified())
    await reset(used)

    const replacedOwner = await registerVerified()
    const replaced = await requested(replacedOwner)
    const newest = await requested(replacedOwner)

    const changedOwner = await registerVerified()
    const changed = await requested(changedOwner)
    const { as } = await signInAs(changedOwner)
    await as().auth.changePassword({ currentPassword: PASSWORD, newPassword: OTHER_PASSWORD })

    const movedOwner = await registerVerified()
    const moved = await requested(movedOwner)
    await alter(`update users set email_key = 'moved-' || email_key where email_key = '${movedOwner}'`)

    const disabledOwner = await registerVerified()
    const disabled = await requested(disabledOwner)
    await alter(`update users set status = 'disabled' where email_key = '${disabledOwner}'`)

    const lateOwner = await registerVerified()
    const late = await requested(lateOwner)
    await alter(
      `update auth_tokens set expires_at = now() - interval '1 second' where user_id = '${await userIdOf(lateOwner)}'`,
    )

    for (const token of [used, replaced, changed, moved, disabled, late, 'A'.repeat(43)]) {
      expect(await isValid(token)).toBe(false)
      await expect(reset(token)).rejects.toMatchObject(invalid)
    }
    await reset(newest)
  })

  it('is no use for proving an address, and the other way round', async () => {
    const email = await register()
    const verifyToken = await tokenOf(email, 'verify_email')
    await expect(reset(verifyToken)).rejects.toMatchObject(invalid)
    await anonymous().verification.verify({ token: verifyToken })
  })

  it('takes an account back from whoever registered somebody else’s address', async () => {
    const email = await register()
    const planted = await signInAs(email)
    const oldLink = await tokenOf(email, 'verify_email')
    await reset(await requested(email))
    await expect(planted.as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(signInAs(email, {}, PASSWORD)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect((await signInAs(email, {}, OTHER_PASSWORD)).user.emailVerified).toBe(true)
    await expect(anonymous().verification.verify({ token: oldLink })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'verification.token_invalid'),
    )
  })

  it('leaves one live link of 20 parallel requests', async () => {
    const email = await registerVerified()
    await Promise.all(Array.from({ length: 20 }, () => requested(email)))
    const [{ live }] = (await database.lookup(
      `select count(*)::int as live from auth_tokens
       where user_id = $1 and purpose = 'reset_password' and used_at is null and voided_at is null`,
      [await userIdOf(email)],
    )) as [{ live: number }]
    expect(live).toBe(1)
  })
})
