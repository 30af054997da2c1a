import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../../test/callers.ts'
import {
  auditOf,
  OTHER_PASSWORD,
  outcomesOf,
  PASSWORD,
  refusedLogin,
  registerVerified,
  signInAs,
  tally,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { challengeOf, registerWithApp } from '../../../test/second-factor.ts'

const WRONG = refusal('BAD_REQUEST', 'auth.invalid_credentials')
const REFUSED = refusal('BAD_REQUEST', 'auth.factor_refused')
const LOCKED = refusal('TOO_MANY_REQUESTS', 'auth.factor_locked')
const missing = (field: string) => ({
  code: 'BAD_REQUEST',
  cause: { reason: 'request.invalid', details: { issues: [{ path: [field], code: 'required' }] } },
})

const age = async (email: string) =>
  database.lookup(
    `update sessions set authenticated_at = now() - interval '16 minutes', second_factor_at = second_factor_at - interval '16 minutes'
     where user_id = $1`,
    [await userIdOf(email)],
  )

const whysOf = async (email: string) =>
  (await auditOf(email))
    .filter(({ action, result }) => action === 'auth.step_up' && result === 'failed')
    .map(({ after }) => after?.why)

describe('a step-up', () => {
  it('asks for the password, and makes the session fresh', async () => {
    const email = await registerVerified()
    const { as } = await signInAs(email)
    await age(email)
    const act = () => as().auth.factors.startTotp()
    await expect(act()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
    await expect(as().auth.stepUp({})).rejects.toMatchObject(missing('password'))
    await expect(as().auth.stepUp({ password: OTHER_PASSWORD })).rejects.toMatchObject(WRONG)
    await expect(act()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
    expect(await as().auth.stepUp({ password: PASSWORD })).toEqual({ ok: true })
    await act()
    expect(await whysOf(email)).toEqual(['wrong_password'])
  })

  it('asks for the second factor where there is one, and looks at neither unless both are there', async () => {
    const { email, as, app } = await registerWithApp()
    await age(email)
    await expect(as().auth.stepUp({ password: PASSWORD })).rejects.toMatchObject(missing('proof'))
    await expect(as().auth.stepUp({ proof: { method: 'totp', code: app.next() } })).rejects.toMatchObject(
      missing('password'),
    )
    expect(await whysOf(email)).toEqual([])
    const wrong = { method: 'totp', code: app.wrongCode() } as const
    await expect(as().auth.stepUp({ password: PASSWORD, proof: wrong })).rejects.toMatchObject(REFUSED)
    expect(await whysOf(email)).toEqual(['second_factor'])
    const code = app.next()
    await as().auth.stepUp({ password: PASSWORD, proof: { method: 'totp', code } })
    await as().auth.factors.startTotp()
    await expect(as().auth.stepUp({ password: PASSWORD, proof: { method: 'totp', code } })).rejects.toMatchObject(
      REFUSED,
    )
  })

  it('takes a recovery code once', async () => {
    const { as, recoveryCodes } = await registerWithApp()
    const proof = { method: 'recovery_code', code: recoveryCodes[0]! } as const
    await as().auth.stepUp({ password: PASSWORD, proof })
    await expect(as().auth.stepUp({ password: PASSWORD, proof })).rejects.toMatchObject(REFUSED)
  })

  it('comes before a new password where there is a second factor; elsewhere the current password is all there is', async () => {
    const change = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }
    const { email, as, app } = await registerWithApp()
    await age(email)
    await expect(as().auth.changePassword(change)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
    await as().auth.stepUp({ password: PASSWORD, proof: { method: 'totp', code: app.next() } })
    await as().auth.changePassword(change)

    const without = await registerVerified()
    const session = await signInAs(without)
    await age(without)
    await session.as().auth.changePassword(change)
  })

  it('is fresh in this session alone', async () => {
    const email = await registerVerified()
    const [one, other] = [await signInAs(email), await signInAs(email)]
    await age(email)
    await one.as().auth.stepUp({ password: PASSWORD })
    await expect(other.as().auth.factors.startTotp()).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.step_up_required'),
    )
  })

  it('counts in the buckets of the sign-in, in both directions', async () => {
    const { email, as, app } = await registerWithApp()
    const wrong = { method: 'totp', code: app.wrongCode() } as const
    const guess = () => as().auth.stepUp({ password: PASSWORD, proof: wrong })
    const outcomes = await outcomesOf(Array.from({ length: 30 }, guess))
    expect(tally(outcomes)['auth.factor_refused']).toBeLessThanOrEqual(10)
    while (tally(await outcomesOf([guess()]))['auth.factor_refused']) continue
    const { token: challengeToken } = await challengeOf(email)
    const right = { method: 'totp', code: app.next() } as const
    await expect(
      anonymous({ services: app.services() }).auth.completeSignIn({ challengeToken, proof: right }),
    ).rejects.toMatchObject(LOCKED)
    await expect(as().auth.stepUp({ password: PASSWORD, proof: right })).rejects.toMatchObject(LOCKED)

    const other = await registerVerified()
    const session = await signInAs(other)
    for (let time = 0; time < 10; time += 1) await refusedLogin(other, OTHER_PASSWORD)
    await expect(session.as({ services: unlimited() }).auth.stepUp({ password: PASSWORD })).rejects.toMatchObject(WRONG)
    expect(await whysOf(other)).toEqual(['locked'])
  })

  it('is limited per account, and nothing for who has no session', async () => {
    const { as } = await signInAs(await registerVerified())
    const shared = unlimited()
    for (let time = 0; time < 10; time += 1)
      await expect(as({ services: shared }).auth.stepUp({ password: OTHER_PASSWORD })).rejects.toMatchObject(WRONG)
    await expect(as({ services: shared }).auth.stepUp({ password: PASSWORD })).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
    await expect(anonymous().auth.stepUp({ password: PASSWORD })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})
