import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../test/callers.ts'
import {
  auditOf,
  eventsOf,
  newEmail,
  outcomesOf,
  register,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../test/identity.ts'

const invalid = refusal('BAD_REQUEST', 'verification.token_invalid')
const verify = (token: string) => anonymous({ services: unlimited() }).verification.verify({ token })
const alter = (sql: string) => database.system({}, 'write', (db) => db.execute(sql))

describe('verification.verify', () => {
  it('proves the address once, and says so when the same link is used again', async () => {
    const email = await register()
    const token = await tokenOf(email, 'verify_email')
    expect(await verify(token)).toEqual({ status: 'verified' })
    expect(await verify(token)).toEqual({ status: 'already_verified' })
    expect(await eventsOf(email)).toEqual(['auth.verification_requested', 'auth.email_verified'])
    expect(await auditOf(email)).toMatchObject([{ action: 'auth.register' }, { action: 'verification.verify' }])
    expect((await signInAs(email)).user.emailVerified).toBe(true)
  })

  it('is counted once of 50 parallel calls', async () => {
    const email = await register()
    const token = await tokenOf(email, 'verify_email')
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await verify(token)).status))
    expect(tally(statuses)).toEqual({ verified: 1, already_verified: 49 })
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.email_verified')).toHaveLength(1)
  })

  it('answers one thing to every token that is not good', async () => {
    const email = await register()
    const token = await tokenOf(email, 'verify_email')
    const expired = await register()
    await alter(
      `update auth_tokens set expires_at = now() - interval '1 second' where user_id = '${await userIdOf(expired)}'`,
    )
    const disabled = await register()
    await alter(`update users set status = 'disabled' where email_key = '${disabled}'`)
    const moved = await register()
    await alter(`update users set email_key = 'moved-' || email_key where email_key = '${moved}'`)
    const reset = await register()
    await anonymous().reset.request({ email: reset })
    const tokens = [
      'x',
      'A'.repeat(43),
      token.slice(0, -1),
      `${token}A`,
      await tokenOf(expired, 'verify_email'),
      await tokenOf(disabled, 'verify_email'),
      await tokenOf(`moved-${moved}`, 'verify_email'),
      await tokenOf(reset, 'reset_password'),
    ]
    for (const each of tokens) await expect(verify(each)).rejects.toMatchObject(invalid)
    expect(await verify(token)).toEqual({ status: 'verified' })
  })

  it('ends sessions from before the proof, except the one that brings it', async () => {
    const email = await register()
    const [planted, own] = [await signInAs(email), await signInAs(email)]
    await own.as().verification.verify({ token: await tokenOf(email, 'verify_email') })
    expect(await own.as().verification.status()).toEqual({ verified: true })
    await expect(planted.as().auth.me()).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.session_revoked'))
    await expect(anonymous().auth.refresh({ refreshToken: planted.refreshToken })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
  })

  it('keeps no session that belongs to somebody else', async () => {
    const stranger = await signInAs(await registerVerified())
    const email = await register()
    const planted = await signInAs(email)
    await stranger.as().verification.verify({ token: await tokenOf(email, 'verify_email') })
    await expect(planted.as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await stranger.as().auth.me()
  })

  it('is limited by token and by network', async () => {
    const services = unlimited()
    const attempt = (token: string) => anonymous({ services, address: '203.0.113.5' }).verification.verify({ token })
    const same = Array.from({ length: 12 }, () => attempt('A'.repeat(43)))
    expect(tally(await outcomesOf(same))).toEqual({ 'verification.token_invalid': 10, 'request.rate_limited': 2 })
    const different = Array.from({ length: 100 }, (_, index) => attempt(String(index).padEnd(43, 'B')))
    expect(tally(await outcomesOf(different))).toEqual({ 'verification.token_invalid': 90, 'request.rate_limited': 10 })
  })
})

describe('verification.resend', () => {
  it('sends a new link, which voids the one before', async () => {
    const email = await register()
    const first = await tokenOf(email, 'verify_email')
    const { as } = await signInAs(email)
    expect(await as().verification.resend()).toEqual({ ok: true })
    const second = await tokenOf(email, 'verify_email')
    expect(second).not.toBe(first)
    await expect(verify(first)).rejects.toMatchObject(invalid)
    expect(await verify(second)).toEqual({ status: 'verified' })
  })

  it('sends nothing for a proven address', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    expect(await as().verification.resend()).toEqual({ ok: true })
    expect(await eventsOf(email)).toEqual(['auth.verification_requested', 'auth.email_verified'])
  })

  it('leaves one live link however many are asked for at once, and three an hour at most', async () => {
    const email = await register()
    const { as } = await signInAs(email)
    const services = unlimited()
    const calls = Array.from({ length: 10 }, () => as({ services }).verification.resend())
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 3, 'request.rate_limited': 7 })
    const [{ live }] = (await database.lookup(
      'select count(*)::int as live from auth_tokens where user_id = $1 and used_at is null and voided_at is null',
      [await userIdOf(email)],
    )) as [{ live: number }]
    expect(live).toBe(1)
  })

  it('needs a session', async () => {
    const denied = refusal('UNAUTHORIZED', 'auth.unauthenticated')
    await expect(anonymous().verification.resend()).rejects.toMatchObject(denied)
    await expect(anonymous().verification.status()).rejects.toMatchObject(denied)
  })
})

it('counts each message that was issued, and none for an address that has an account', async () => {
  const services = unlimited()
  const { verificationsSent } = services.metrics
  const person = { email: newEmail(), password: 'Mandarin-Lantern-42', firstName: 'Ana', lastName: 'Koleva' }
  verificationsSent.reset()
  await anonymous({ services }).auth.register(person)
  await anonymous({ services }).auth.register(person)
  expect((await verificationsSent.get()).values).toMatchObject([{ value: 1 }])
})
