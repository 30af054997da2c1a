import { issueRefreshToken, readRefreshToken } from '@servai/auth/refresh-token'
import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  eventsOf,
  outcomesOf,
  PASSWORD,
  registerVerified,
  signInAs,
  tally,
  unlimited,
} from '../../../test/identity.ts'

const revoked = refusal('UNAUTHORIZED', 'auth.session_revoked')
const invalid = refusal('UNAUTHORIZED', 'auth.refresh_invalid')
const expired = refusal('UNAUTHORIZED', 'auth.session_expired')

const refresh = (refreshToken: string) => anonymous({ services: unlimited() }).auth.refresh({ refreshToken })

const next = async (refreshToken: string) => {
  const answer = await refresh(refreshToken)
  if (answer.refreshToken === undefined) throw new Error('delivery body gives the refresh token in the answer')
  return { ...answer, refreshToken: answer.refreshToken }
}

const sessionIdOf = (refreshToken: string) => {
  const presented = readRefreshToken(refreshToken)
  if (!presented) throw new Error('unreadable token')
  return presented.sessionId
}

/** Lets time pass for one session. */
const age = (refreshToken: string, set: string) =>
  database.system({}, 'write', (db) =>
    db.execute(`update sessions set ${set} where id = '${sessionIdOf(refreshToken)}'`),
  )
const endGrace = (refreshToken: string) => age(refreshToken, `rotated_at = rotated_at - interval '31 seconds'`)

const stateOf = async (refreshToken: string) => {
  const [row] = await database.lookup<{ counter: number; reason: string | null }>(
    'select counter, revoked_reason as reason from sessions where id = $1',
    [sessionIdOf(refreshToken)],
  )
  return row
}

const start = async () => {
  const email = await registerVerified()
  return { email, ...(await signInAs(email)) }
}

describe('auth.refresh', () => {
  it('exchanges the newest token for the next one and a new access token', async () => {
    const { refreshToken, user } = await start()
    const second = await next(refreshToken)
    expect(second.refreshToken).not.toBe(refreshToken)
    expect(second.expiresIn).toBe(900)
    expect(await anonymous({ accessToken: second.accessToken }).auth.me()).toEqual(user)
    const third = await next(second.refreshToken)
    expect(await stateOf(third.refreshToken)).toEqual({ counter: 2, reason: null })
  })

  it('keeps browsers on their cookie', async () => {
    const email = await registerVerified()
    const { kept, refreshCookie } = createBrowser()
    await anonymous({ refreshCookie }).auth.login({ email, password: PASSWORD })
    const before = kept.token
    const answer = await anonymous({ refreshCookie }).auth.refresh()
    expect(Object.keys(answer).sort()).toEqual(['accessToken', 'expiresIn'])
    expect(kept.token).not.toBe(before)
    expect(kept.token).toMatch(/^1\./)
  })

  it('gives every racing tab the same successor: 50 at once, one rotation, nobody signed out', async () => {
    const { refreshToken } = await start()
    const shared = unlimited()
    const calls = Array.from({ length: 29 }, () => anonymous({ services: shared }).auth.refresh({ refreshToken }))
    const others = Array.from({ length: 21 }, () => refresh(refreshToken))
    const answers = await Promise.all([...calls, ...others])
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1)
    expect(await stateOf(refreshToken)).toEqual({ counter: 1, reason: null })
    for (const { accessToken } of answers.slice(0, 3)) await anonymous({ accessToken }).auth.me()
  })

  it('survives a lost answer: the token before the newest works until the grace ends', async () => {
    const { refreshToken } = await start()
    const lost = await next(refreshToken)
    expect((await next(refreshToken)).refreshToken).toBe(lost.refreshToken)
    await next(lost.refreshToken)
    expect(await stateOf(refreshToken)).toEqual({ counter: 2, reason: null })
  })

  it('counts what the grace let through', async () => {
    const { refreshToken } = await start()
    const read = async () => (await services.metrics.refreshGrace.get()).values[0]?.value ?? 0
    const before = await read()
    await next(refreshToken)
    await next(refreshToken)
    expect(await read()).toBe(before + 1)
  })

  it('ends the family when the token before the newest comes back after the grace', async () => {
    const { email, refreshToken, as } = await start()
    const { refreshToken: newest, accessToken } = await next(refreshToken)
    await endGrace(refreshToken)
    await expect(refresh(refreshToken)).rejects.toMatchObject(revoked)
    expect(await stateOf(newest)).toEqual({ counter: 1, reason: 'refresh_reuse' })
    await expect(refresh(newest)).rejects.toMatchObject(revoked)
    await expect(as().auth.me()).rejects.toMatchObject(revoked)
    await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(revoked)
    expect(await auditOf(email)).toContainEqual(
      expect.objectContaining({ action: 'auth.refresh_reuse', result: 'denied' }),
    )
  })

  it('tells the owner once that a token was used twice', async () => {
    const { email, refreshToken } = await start()
    const newest = await next(refreshToken)
    await endGrace(refreshToken)
    for (const token of [refreshToken, refreshToken, newest.refreshToken])
      await expect(refresh(token)).rejects.toMatchObject(revoked)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.refresh_reused')).toHaveLength(1)
  })

  it('ends the family at once for a token two steps old', async () => {
    const { refreshToken } = await start()
    const second = await next(refreshToken)
    const third = await next(second.refreshToken)
    await expect(refresh(refreshToken)).rejects.toMatchObject(revoked)
    await expect(refresh(third.refreshToken)).rejects.toMatchObject(revoked)
  })

  it('ends only the family of the token: other sessions of the person go on', async () => {
    const { email, refreshToken } = await start()
    const other = await signInAs(email)
    await next(refreshToken)
    await endGrace(refreshToken)
    await expect(refresh(refreshToken)).rejects.toMatchObject(revoked)
    await next(other.refreshToken)
    await other.as().auth.me()
  })

  it('ends nothing for garbage, a foreign key, a foreign session or a token never issued', async () => {
    const { refreshToken } = await start()
    const mine = { sessionId: sessionIdOf(refreshToken), counter: 0, nonce: 'guess', kid: 'test' }
    const forged = [
      'garbage',
      `1.${'A'.repeat(54)}`,
      `${refreshToken}A`,
      issueRefreshToken(services.refreshKeys, mine),
      issueRefreshToken(services.tokenKeys, mine),
      issueRefreshToken(services.refreshKeys, { ...mine, sessionId: '0199a5a0-0000-7000-8000-000000000001' }),
    ]
    for (const token of forged) await expect(refresh(token)).rejects.toMatchObject(invalid)
    expect(await stateOf(refreshToken)).toEqual({ counter: 0, reason: null })
    await next(refreshToken)
  })

  it('refuses a token from the future without ending the session, and says so in the audit log', async () => {
    const { email, refreshToken } = await start()
    const second = await next(refreshToken)
    await age(refreshToken, 'counter = 0')
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(invalid)
    expect(await stateOf(refreshToken)).toEqual({ counter: 0, reason: null })
    expect(await auditOf(email)).toContainEqual(
      expect.objectContaining({ action: 'auth.refresh_ahead', result: 'denied' }),
    )
  })

  it('takes the token of a cookie from no body, and the token of a program from no cookie', async () => {
    const email = await registerVerified()
    const { kept, refreshCookie } = createBrowser()
    await anonymous({ refreshCookie }).auth.login({ email, password: PASSWORD })
    await expect(refresh(kept.token ?? '')).rejects.toMatchObject(invalid)
    const { refreshToken } = await signInAs(email)
    const thief = createBrowser(refreshToken)
    await expect(anonymous({ refreshCookie: thief.refreshCookie }).auth.refresh()).rejects.toMatchObject(invalid)
    expect(thief.kept.token).toBeNull()
    await next(refreshToken)
    await anonymous({ refreshCookie }).auth.refresh()
  })

  it('never goes beyond the absolute end, nor beyond a time without use', async () => {
    const { refreshToken } = await start()
    const [{ before }] = (await database.lookup('select expires_at as before from sessions where id = $1', [
      sessionIdOf(refreshToken),
    ])) as [{ before: unknown }]
    const second = await next(refreshToken)
    const [{ after }] = (await database.lookup('select expires_at as after from sessions where id = $1', [
      sessionIdOf(refreshToken),
    ])) as [{ after: unknown }]
    expect(after).toEqual(before)
    await age(refreshToken, `expires_at = now() - interval '1 second'`)
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(expired)

    const idle = await start()
    await age(idle.refreshToken, `last_seen_at = now() - interval '8 days'`)
    await expect(refresh(idle.refreshToken)).rejects.toMatchObject(expired)
  })

  it.each([
    ['disabled', `status = 'disabled'`],
    ['removed', 'deleted_at = now()'],
  ])('is refused to an account that was %s', async (_, set) => {
    const { refreshToken, user, as } = await start()
    await database.system({}, 'write', (db) => db.execute(`update users set ${set} where id = '${user.id}'`))
    await expect(refresh(refreshToken)).rejects.toMatchObject(revoked)
    await expect(as().auth.me()).rejects.toMatchObject(revoked)
  })

  it('cannot bring a session back that is revoked at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { email, refreshToken } = await start()
      const other = await signInAs(email)
      const calls = [
        ...Array.from({ length: 10 }, () => refresh(refreshToken)),
        other.as().auth.revokeSession({ id: sessionIdOf(refreshToken) }),
        ...Array.from({ length: 10 }, () => refresh(refreshToken)),
      ]
      const settled = await Promise.allSettled<unknown>(calls)
      await expect(refresh(refreshToken)).rejects.toMatchObject(revoked)
      for (const result of settled) {
        if (result.status === 'rejected') continue
        const { accessToken } = result.value as { accessToken?: string }
        if (accessToken) await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(revoked)
      }
    }
  })

  it('is limited per session', async () => {
    const [one, two] = [await start(), await start()]
    const shared = unlimited()
    const calls = Array.from({ length: 35 }, () =>
      anonymous({ services: shared }).auth.refresh({ refreshToken: one.refreshToken }),
    )
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 30, 'request.rate_limited': 5 })
    await anonymous({ services: shared }).auth.refresh({ refreshToken: two.refreshToken })
  })

  it('needs a token', async () => {
    await expect(anonymous().auth.refresh()).rejects.toMatchObject(invalid)
    await expect(anonymous().auth.refresh({})).rejects.toMatchObject(invalid)
    await expect(anonymous().auth.refresh({ refreshToken: '' })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'request.invalid'),
    )
  })
})
