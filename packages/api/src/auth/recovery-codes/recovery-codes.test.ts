import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../../test/callers.ts'
import { auditOf, eventsOf, outcomesOf, tally, unlimited, userIdOf } from '../../../test/identity.ts'
import { challengeOf, registerWithApp } from '../../../test/second-factor.ts'
import { factorBucketOf } from '../throttle/service.ts'

const REFUSED = refusal('BAD_REQUEST', 'auth.factor_refused')

const complete = (challengeToken: string, code: string) =>
  anonymous({ services: unlimited() }).auth.completeSignIn({ challengeToken, proof: { method: 'recovery_code', code } })

describe('recovery codes', () => {
  it('open one session each, however they are typed, and their owner is told', async () => {
    const { email, recoveryCodes } = await registerWithApp()
    const typed = [recoveryCodes[0]!.toLowerCase(), recoveryCodes[1]!.replaceAll('-', ' '), recoveryCodes[2]!]
    for (const code of typed) await complete((await challengeOf(email)).token, code)
    const { token } = await challengeOf(email)
    await expect(complete(token, recoveryCodes[0]!)).rejects.toMatchObject(REFUSED)
    const last = await complete(token, recoveryCodes[3]!)
    const own = await anonymous(last).auth.factors.list()
    expect(own.recoveryCodesLeft).toBe(6)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.recovery_code_used')).toHaveLength(4)
    expect((await auditOf(email)).filter(({ action }) => action === 'auth.login').at(-1)?.after).toEqual({
      method: 'recovery_code',
    })
  })

  it(
    'used 50 times in parallel over many challenges open one session, over 20 rounds',
    { timeout: 60_000 },
    async () => {
      const { email, recoveryCodes, as } = await registerWithApp()
      const bucket = factorBucketOf(await userIdOf(email))
      const codes = [...recoveryCodes]
      for (let round = 0; round < 20; round += 1) {
        if (codes.length === 0) codes.push(...(await as().auth.factors.regenerateRecoveryCodes()).recoveryCodes)
        const code = codes.pop()!
        const challenges: { token: string }[] = []
        while (challenges.length < 5) challenges.push(await challengeOf(email))
        const calls = Array.from({ length: 50 }, (_, at) => complete(challenges[at % 5]!.token, code))
        expect(tally(await outcomesOf(calls))['ok']).toBe(1)
        // Each race that was lost has counted as a wrong code.
        await database.lookup('delete from login_throttle where identifier_hash = $1', [bucket])
      }
    },
  )

  it('are void when new ones are made, all of them', async () => {
    const { email, recoveryCodes, as } = await registerWithApp()
    const fresh = await as().auth.factors.regenerateRecoveryCodes()
    expect(Object.keys(fresh)).toEqual(['recoveryCodes'])
    const { token } = await challengeOf(email)
    for (const old of recoveryCodes.slice(0, 3)) await expect(complete(token, old)).rejects.toMatchObject(REFUSED)
    await complete(token, fresh.recoveryCodes[9]!)
    expect(await eventsOf(email)).toContain('auth.factors_changed')
  })

  it('are no longer offered when all are used', async () => {
    const { email, recoveryCodes } = await registerWithApp()
    for (const code of recoveryCodes) await complete((await challengeOf(email)).token, code)
    expect((await challengeOf(email)).methods).toEqual(['totp'])
  })
})
