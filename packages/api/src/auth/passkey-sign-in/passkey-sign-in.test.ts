import { userHandleOf } from '@servai/auth/passkey'
import type { Lies } from '@servai/auth/test/authenticator'
import { buildCompany, buildGrant, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  eventsOf,
  OTHER_PASSWORD,
  refusedLogin,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import {
  beginSignIn,
  buildPasskeyAccount,
  calls,
  expireCeremony,
  newAuthenticator,
  proveSecondFactor,
  proveStepUp,
  refusalText,
  signInByPasskey,
  type PasskeyAccount,
} from '../../../test/passkeys.ts'
import { outcomes, race, times } from '../../../test/race.ts'

const change = async ({ email }: PasskeyAccount, set: string) => {
  const userId = await userIdOf(email)
  await database.system({}, 'write', (db) => db.execute(`update users set ${set} where id = '${userId}'`))
}

const sessionsOf = async (email: string) => {
  const [row] = await database.lookup<{ count: number }>(
    'select count(*)::int as count from sessions where user_id = $1',
    [await userIdOf(email)],
  )
  return row?.count ?? 0
}

const copies = async () => (await services.metrics.passkeyCopies.get()).values[0]?.value ?? 0

describe('auth.passkeys.completeSignIn', () => {
  it('opens a session with nothing but the passkey, and with both factors', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { id: companyId } = await buildCompany()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId })
    const { accessToken, refreshToken, user } = await signInByPasskey(authenticator)
    expect(refreshToken).toMatch(/^1\./)
    expect(user).toMatchObject({ email, contexts: [{ needsSecondFactor: false }] })
    expect(await anonymous({ accessToken }).auth.me()).toEqual(user)
    expect((await auditOf(email)).at(-1)).toMatchObject({ action: 'auth.login', result: 'ok' })
  })

  it('puts the refresh token into the cookie, and lets the browser be known', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const browser = createBrowser()
    const { refreshCookie, deviceCookie } = browser
    const caller = calls({ refreshCookie, deviceCookie })
    const { ceremonyId, options } = await caller.auth.passkeys.startSignIn()
    const answer = await caller.auth.passkeys.completeSignIn({ ceremonyId, answer: authenticator.get(options) })
    expect(Object.keys(answer).sort()).toEqual(['accessToken', 'expiresIn', 'user'])
    expect(browser.kept.token).toMatch(/^1\./)
    expect(browser.kept.device).toMatch(/^1\.test\./)
    expect(await sessionsOf(email)).toBe(2)
  })

  it('names no passkey to whoever asks', async () => {
    const { options } = await calls().auth.passkeys.startSignIn()
    expect(options).toEqual({
      rpId: 'servai.test',
      challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      timeout: 300_000,
      userVerification: 'required',
    })
  })

  it('works again and again with a synced passkey, which counts nothing', async () => {
    const { email, authenticator } = await buildPasskeyAccount(true)
    for (let round = 0; round < 3; round += 1)
      expect(await signInByPasskey(authenticator)).toMatchObject({ user: { email } })
  })

  it('answers byte for byte the same for every reason to refuse', async () => {
    const accounts = await Promise.all(times(6, () => buildPasskeyAccount()))
    const [good, disabled, removed, unproven, withoutPasskey, stranger] = accounts as [
      PasskeyAccount,
      PasskeyAccount,
      PasskeyAccount,
      PasskeyAccount,
      PasskeyAccount,
      PasskeyAccount,
    ]
    await change(disabled, `status = 'disabled'`)
    await change(removed, 'deleted_at = now()')
    await change(unproven, 'email_verified_at = null')
    await withoutPasskey.as().auth.passkeys.remove({ id: withoutPasskey.passkey.id })
    const strangersId = await userIdOf(stranger.email)

    const lies: Lies[] = [
      { origin: 'https://servai.test.evil.test' },
      { origin: 'http://servai.test' },
      { rpId: 'evil.test' },
      { challenge: 'A'.repeat(43) },
      { type: 'webauthn.create' },
      { crossOrigin: true },
      { userVerified: false },
      { userPresent: false },
      { forged: true },
      { userHandle: userHandleOf(strangersId) },
      { userHandle: '' },
      { signCount: 1 },
      { signCount: 0 },
    ]
    const texts = [
      await refusalText(signInByPasskey(newAuthenticator())),
      await refusalText(signInByPasskey(disabled.authenticator)),
      await refusalText(signInByPasskey(removed.authenticator)),
      await refusalText(signInByPasskey(unproven.authenticator)),
      await refusalText(signInByPasskey(withoutPasskey.authenticator)),
    ]
    for (const lie of lies) texts.push(await refusalText(signInByPasskey(good.authenticator, lie)))
    expect(texts[0]).toContain('auth.passkey_refused')
    expect(new Set(texts).size).toBe(1)
    expect(await signInByPasskey(good.authenticator)).toMatchObject({ user: { email: good.email } })
    const written = (await auditOf(disabled.email)).at(-1)
    expect(written).toMatchObject({ action: 'auth.login', result: 'failed', after: { method: 'passkey' } })
  })

  it('takes one answer to a ceremony: not a second, not a late, not one of another purpose', async () => {
    const { email, authenticator, as } = await buildPasskeyAccount()
    const refused = refusal('UNAUTHORIZED', 'auth.passkey_refused')
    const { passkeys } = calls().auth
    const complete = ({ ceremonyId, options }: Awaited<ReturnType<typeof passkeys.startSignIn>>) =>
      passkeys.completeSignIn({ ceremonyId, answer: authenticator.get(options), delivery: 'body' })

    const used = await passkeys.startSignIn()
    expect(await complete(used)).toMatchObject({ user: { email } })
    await expect(complete(used)).rejects.toMatchObject(refused)

    const late = await passkeys.startSignIn()
    await expireCeremony(late.ceremonyId)
    await expect(complete(late)).rejects.toMatchObject(refused)

    const failed = await passkeys.startSignIn()
    const forged = authenticator.get(failed.options, { forged: true })
    await expect(
      passkeys.completeSignIn({ ceremonyId: failed.ceremonyId, answer: forged, delivery: 'body' }),
    ).rejects.toMatchObject(refused)
    await expect(complete(failed)).rejects.toMatchObject(refused)

    await expect(complete(await as().auth.passkeys.startStepUp())).rejects.toMatchObject(refused)
    const { token } = await beginSignIn(email)
    await expect(complete(await passkeys.startSecondFactor({ challengeToken: token }))).rejects.toMatchObject(refused)
    await expect(complete({ ...late, ceremonyId: used.ceremonyId })).rejects.toMatchObject(refused)
  })

  it('opens one session for fifty parallel answers', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const before = await sessionsOf(email)
    const { ceremonyId, options } = await calls().auth.passkeys.startSignIn()
    const answer = authenticator.get(options)
    const results = await race(
      times(50, () => () => calls().auth.passkeys.completeSignIn({ ceremonyId, answer, delivery: 'body' })),
    )
    expect(outcomes(results)).toEqual({ ok: 1, 'auth.passkey_refused': 49 })
    expect(await sessionsOf(email)).toBe(before + 1)
  })

  it('refuses a counter that has not risen, writes it down, counts it and tells the owner', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    await signInByPasskey(authenticator, { signCount: 41 })
    const before = await copies()
    for (const signCount of [41, 40, 1, 0])
      await expect(signInByPasskey(authenticator, { signCount })).rejects.toMatchObject(
        refusal('UNAUTHORIZED', 'auth.passkey_refused'),
      )
    expect((await copies()) - before).toBe(4)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.passkey_suspected')).toHaveLength(4)
    expect((await auditOf(email)).filter(({ action }) => action === 'auth.passkey_counter')).toMatchObject([
      { result: 'denied', after: { stored: 41, presented: 41 } },
      { after: { presented: 40 } },
      { after: { presented: 1 } },
      { after: { presented: 0 } },
    ])
    expect(await signInByPasskey(authenticator, { signCount: 42 })).toMatchObject({ user: { email } })
  })

  it('gives one session to fifty copies that answer at once with the same counter', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { passkeys } = calls().auth
    const begun = await Promise.all(times(50, () => passkeys.startSignIn()))
    const answers = begun.map(({ ceremonyId, options }) => ({
      ceremonyId,
      answer: authenticator.get(options, { signCount: 7 }),
      delivery: 'body' as const,
    }))
    const before = await sessionsOf(email)
    const results = await race(answers.map((answer) => () => calls().auth.passkeys.completeSignIn(answer)))
    expect(outcomes(results)).toEqual({ ok: 1, 'auth.passkey_refused': 49 })
    expect(await sessionsOf(email)).toBe(before + 1)
  })

  it('goes on where guessed passwords have locked the password', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    for (let guess = 0; guess < 10; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
    expect(await signInByPasskey(authenticator)).toMatchObject({ user: { email } })
  })

  it('lets nobody lock an account by answers that are none', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    for (let attempt = 0; attempt < 12; attempt += 1)
      await expect(signInByPasskey(authenticator, { forged: true })).rejects.toMatchObject(
        refusal('UNAUTHORIZED', 'auth.passkey_refused'),
      )
    expect(await signInByPasskey(authenticator)).toMatchObject({ user: { email } })
  })
})

/** Ten wrong recovery codes over two challenges. */
const lockSecondFactor = async (email: string) => {
  for (let challenge = 0; challenge < 2; challenge += 1) {
    const { token: challengeToken } = await beginSignIn(email)
    for (let attempt = 0; attempt < 5; attempt += 1)
      await calls()
        .auth.completeSignIn({ challengeToken, proof: { method: 'recovery_code', code: 'ABCD-EFGH' } })
        .catch(() => undefined)
  }
}

describe('auth.completeSignIn with a passkey', () => {
  it('opens the session of password and passkey', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { token: challengeToken } = await beginSignIn(email)
    const proof = await proveSecondFactor(authenticator, challengeToken)
    const answer = await calls().auth.completeSignIn({ challengeToken, proof })
    expect(answer).toMatchObject({ user: { email } })
  })

  it('asks for the passkeys of this account alone', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { token: challengeToken } = await beginSignIn(email)
    const { options } = await calls().auth.passkeys.startSecondFactor({ challengeToken })
    expect(options.allowCredentials).toEqual([
      { type: 'public-key', id: authenticator.credentialId, transports: ['usb'] },
    ])
    await expect(calls().auth.passkeys.startSecondFactor({ challengeToken: 'none' })).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.challenge_invalid'),
    )
  })

  it('refuses the passkey of somebody else, and a ceremony of another challenge or purpose', async () => {
    const [mine, theirs] = [await buildPasskeyAccount(), await buildPasskeyAccount()]
    const refused = refusal('BAD_REQUEST', 'auth.passkey_refused')
    const { token: challengeToken } = await beginSignIn(mine.email)
    const complete = (proof: Awaited<ReturnType<typeof proveSecondFactor>>) =>
      calls().auth.completeSignIn({ challengeToken, proof })

    await expect(complete(await proveSecondFactor(theirs.authenticator, challengeToken))).rejects.toMatchObject(refused)
    const { token: another } = await beginSignIn(mine.email)
    await expect(complete(await proveSecondFactor(mine.authenticator, another))).rejects.toMatchObject(refused)
    const { token: strangers } = await beginSignIn(theirs.email)
    await expect(complete(await proveSecondFactor(mine.authenticator, strangers))).rejects.toMatchObject(refused)
    const { ceremonyId, options } = await calls().auth.passkeys.startSignIn()
    const answer = mine.authenticator.get(options)
    await expect(complete({ method: 'passkey', ceremonyId, answer })).rejects.toMatchObject(refused)
  })

  it('counts what it refuses, five of a challenge, and locks nothing by it', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    for (let challenge = 0; challenge < 3; challenge += 1) {
      const { token: challengeToken } = await beginSignIn(email)
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const proof = await proveSecondFactor(authenticator, challengeToken, { userVerified: false })
        await expect(calls().auth.completeSignIn({ challengeToken, proof })).rejects.toMatchObject(
          refusal('BAD_REQUEST', 'auth.passkey_refused'),
        )
      }
      await expect(calls().auth.passkeys.startSecondFactor({ challengeToken })).rejects.toMatchObject(
        refusal('UNAUTHORIZED', 'auth.challenge_invalid'),
      )
    }
    expect((await auditOf(email)).at(-1)).toMatchObject({ after: { method: 'passkey', why: 'refused' } })
    expect(await eventsOf(email)).not.toContain('auth.second_factor_locked')
    const { token: challengeToken } = await beginSignIn(email)
    const code = { method: 'recovery_code', code: 'ABCD-EFGH' } as const
    await expect(calls().auth.completeSignIn({ challengeToken, proof: code })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'auth.factor_refused'),
    )
  })

  it('lets the owner in while wrong codes have locked the codes, and does not unlock them', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { accessToken } = await signInByPasskey(authenticator)
    await lockSecondFactor(email)

    const { token: challengeToken } = await beginSignIn(email)
    const proof = await proveSecondFactor(authenticator, challengeToken)
    expect(await calls().auth.completeSignIn({ challengeToken, proof })).toMatchObject({ user: { email } })
    expect(await signInByPasskey(authenticator)).toMatchObject({ user: { email } })
    const session = calls({ accessToken })
    await session.auth.stepUp({ proof: await proveStepUp(authenticator, session) })

    const { token: another } = await beginSignIn(email)
    const code = { method: 'recovery_code', code: 'ABCD-EFGH' } as const
    await expect(calls().auth.completeSignIn({ challengeToken: another, proof: code })).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'auth.factor_locked'),
    )
  })

  it('opens one session for fifty parallel answers', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { token: challengeToken } = await beginSignIn(email)
    const proof = await proveSecondFactor(authenticator, challengeToken)
    const before = await sessionsOf(email)
    const results = await race(times(50, () => () => calls().auth.completeSignIn({ challengeToken, proof })))
    expect(outcomes(results).ok).toBe(1)
    expect(await sessionsOf(email)).toBe(before + 1)
  })
})

describe('auth.stepUp with a passkey', () => {
  const age = async (email: string) =>
    database.system({}, 'write', async (db) =>
      db.execute(
        `update sessions set authenticated_at = now() - interval '1 hour' where user_id = '${await userIdOf(email)}'`,
      ),
    )

  it('needs no password, and makes the session fresh', async () => {
    const { email, authenticator } = await buildPasskeyAccount()
    const { accessToken } = await signInByPasskey(authenticator)
    await age(email)
    const caller = calls({ accessToken })
    const { ceremonyId, options } = await caller.auth.passkeys.startStepUp()
    await caller.auth.stepUp({ proof: { method: 'passkey', ceremonyId, answer: authenticator.get(options) } })
    expect(await caller.auth.passkeys.startRegistration()).toMatchObject({ options: { attestation: 'none' } })
  })

  it('is limited per session, so that another session of the account cannot use its attempts up', async () => {
    const { authenticator } = await buildPasskeyAccount()
    const shared = unlimited()
    const open = async () =>
      calls({ services: shared, accessToken: (await signInByPasskey(authenticator)).accessToken })
    const [stolen, own] = [await open(), await open()]
    for (let time = 0; time < 10; time += 1) await stolen.auth.passkeys.startStepUp()
    await expect(stolen.auth.passkeys.startStepUp()).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
    for (let time = 0; time < 10; time += 1)
      await stolen.auth.stepUp({ password: OTHER_PASSWORD, proof: { method: 'totp', code: '000000' } }).catch(() => 0)
    await own.auth.stepUp({ proof: await proveStepUp(authenticator, own) })
  })

  it('refuses a ceremony of another session, of another person, and the passkey of somebody else', async () => {
    const [mine, theirs] = [await buildPasskeyAccount(), await buildPasskeyAccount()]
    const phone = calls({ accessToken: (await signInByPasskey(mine.authenticator)).accessToken })
    const laptop = calls({ accessToken: (await signInByPasskey(mine.authenticator)).accessToken })
    const stranger = calls({ accessToken: (await signInByPasskey(theirs.authenticator)).accessToken })
    const attempts = [
      { begun: await laptop.auth.passkeys.startStepUp(), by: mine.authenticator },
      { begun: await stranger.auth.passkeys.startStepUp(), by: mine.authenticator },
      { begun: await phone.auth.passkeys.startStepUp(), by: theirs.authenticator },
      { begun: await calls().auth.passkeys.startSignIn(), by: mine.authenticator },
    ]
    for (const { begun, by } of attempts) {
      const { ceremonyId, options } = begun
      const proof = { method: 'passkey' as const, ceremonyId, answer: by.get(options) }
      await expect(phone.auth.stepUp({ proof })).rejects.toMatchObject(refusal('BAD_REQUEST', 'auth.passkey_refused'))
    }
  })
})
