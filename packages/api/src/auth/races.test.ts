import { readRefreshToken } from '@servai/auth/refresh-token'
import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../test/callers.ts'
import {
  eventsOf,
  OTHER_PASSWORD,
  register,
  registerVerified,
  signInAs,
  tokenOf,
  unlimited,
} from '../../test/identity.ts'
import { outcomes, race, times } from '../../test/race.ts'

const CONTENDERS = 50
const ROUNDS = 20

/** A process of its own for each contender, as far as limits go. */
const call = () => anonymous({ services: unlimited() })

const sessionOf = async (refreshToken: string) => {
  const [row] = await database.lookup<{ counter: number; revoked: boolean }>(
    'select counter, revoked_at is not null as revoked from sessions where id = $1',
    [readRefreshToken(refreshToken)!.sessionId],
  )
  return row!
}

describe(`of ${CONTENDERS} at once, ${ROUNDS} times over,`, { timeout: 120_000 }, () => {
  it('one sets a password by the same link, and it is the one that holds', async () => {
    for (const _ of times(ROUNDS, () => null)) {
      const email = await registerVerified()
      await call().reset.request({ email })
      const token = await tokenOf(email, 'reset_password')
      const passwordOf = (index: number) => `${OTHER_PASSWORD} ${index}`
      const results = await race(
        times(CONTENDERS, (i) => () => call().reset.reset({ token, newPassword: passwordOf(i) })),
      )
      expect(outcomes(results)).toEqual({ ok: 1, 'reset.token_invalid': CONTENDERS - 1 })
      await signInAs(email, {}, passwordOf(results.findIndex(({ status }) => status === 'fulfilled')))
      expect((await eventsOf(email)).filter((topic) => topic === 'auth.password_changed')).toHaveLength(1)
    }
  })

  it('one proves an address, and the others hear that it is proved', async () => {
    for (const _ of times(ROUNDS, () => null)) {
      const email = await register()
      const token = await tokenOf(email, 'verify_email')
      const results = await race(times(CONTENDERS, () => () => call().verification.verify({ token })))
      const statuses = results.map((result) => result.status === 'fulfilled' && result.value.status)
      expect(statuses.filter((status) => status === 'verified')).toHaveLength(1)
      expect(statuses.filter((status) => status === 'already_verified')).toHaveLength(CONTENDERS - 1)
      expect((await eventsOf(email)).filter((topic) => topic === 'auth.email_verified')).toHaveLength(1)
    }
  })

  it('all go on with the same next refresh token', async () => {
    const email = await registerVerified()
    let { refreshToken } = await signInAs(email)
    for (const round of times(ROUNDS, (index) => index + 1)) {
      const results = await race(times(CONTENDERS, () => () => call().auth.refresh({ refreshToken })))
      const successors = new Set(results.map((result) => result.status === 'fulfilled' && result.value.refreshToken))
      expect(successors.size).toBe(1)
      expect(await sessionOf(refreshToken)).toEqual({ counter: round, revoked: false })
      const [successor] = successors
      refreshToken = successor as string
    }
  })

  it('none brings a session back that is ended meanwhile', async () => {
    const email = await registerVerified()
    for (const _ of times(ROUNDS, () => null)) {
      const [victim, other] = [await signInAs(email), await signInAs(email)]
      const { sessionId } = readRefreshToken(victim.refreshToken)!
      const refresh = () => call().auth.refresh({ refreshToken: victim.refreshToken })
      const half = CONTENDERS / 2
      const end = () => other.as({ services: unlimited() }).auth.revokeSession({ id: sessionId })
      const results = await race<unknown>([...times(half, () => refresh), end, ...times(half, () => refresh)])
      expect(results[half]!.status).toBe('fulfilled')
      const { ok = 0, 'auth.session_revoked': refused = 0, ...others } = outcomes(results)
      expect([ok + refused, others]).toEqual([CONTENDERS + 1, {}])

      expect((await sessionOf(victim.refreshToken)).revoked).toBe(true)
      const late = results.flatMap((result) =>
        result.status === 'fulfilled' && (result.value as { accessToken?: string }).accessToken
          ? [(result.value as { accessToken: string }).accessToken]
          : [],
      )
      for (const accessToken of [victim.accessToken, ...late.slice(0, 3)])
        await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(
          refusal('UNAUTHORIZED', 'auth.session_revoked'),
        )
      await expect(refresh()).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.session_revoked'))
      await other.as().auth.logout({ refreshToken: other.refreshToken })
    }
  })
})
