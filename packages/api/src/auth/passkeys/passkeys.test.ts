import type { Lies } from '@servai/auth/test/authenticator'
import { buildCompany, buildGrant, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, signIn } from '../../../test/callers.ts'
import { auditOf, eventsOf, PASSWORD, register, registerVerified, signInAs, userIdOf } from '../../../test/identity.ts'
import {
  addPasskey,
  beginSignIn,
  buildPasskeyAccount,
  calls,
  expireCeremony,
  newAuthenticator,
  proveStepUp,
  signInByPasskey,
} from '../../../test/passkeys.ts'
import { outcomes, race, times } from '../../../test/race.ts'

const signedIn = async () => {
  const email = await registerVerified()
  const { accessToken } = await signInAs(email)
  return { email, accessToken, caller: calls({ accessToken }) }
}

const countOf = async (email: string) => {
  const [row] = await database.lookup<{ count: number }>(
    'select count(*)::int as count from passkeys where user_id = $1',
    [await userIdOf(email)],
  )
  return row?.count
}

const change = (table: string, set: string, where: string) =>
  database.system({}, 'write', (db) => db.execute(`update ${table} set ${set} where ${where}`))

describe('auth.passkeys.completeRegistration', () => {
  it('keeps the passkey, and lists it without its key', async () => {
    const { as, passkey } = await buildPasskeyAccount(true)
    expect(await as().auth.passkeys.list()).toEqual({ items: [passkey] })
    expect(passkey).toEqual({
      id: expect.any(String),
      name: 'vitest',
      createdAt: expect.any(String),
      lastUsedAt: null,
      deviceType: 'multiDevice',
      backedUp: true,
    })
  })

  it('with the first factor ends all other sessions and tokens, gives recovery codes and tells the owner', async () => {
    const { email, accessToken, caller } = await signedIn()
    const other = await signInAs(email)
    const { recoveryCodes, accessToken: renewed } = await addPasskey(caller)
    expect(new Set(recoveryCodes).size).toBe(10)
    await expect(other.as().auth.me()).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.session_revoked'))
    await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.session_revoked'),
    )
    expect(await anonymous({ accessToken: renewed }).auth.me()).toMatchObject({ email })
    expect(await eventsOf(email)).toContain('auth.factors_changed')
    expect((await auditOf(email)).map(({ action }) => action)).toContain('auth.passkey_added')
  })

  it('makes the password ask for more from then on', async () => {
    const { email } = await buildPasskeyAccount()
    expect((await beginSignIn(email)).methods).toEqual(['passkey', 'recovery_code'])
  })

  it('with another factor keeps the sessions and the codes', async () => {
    const { email, as, authenticator } = await buildPasskeyAccount()
    const laptop = await signInByPasskey(authenticator)
    const second = await addPasskey(as())
    expect(second.recoveryCodes).toEqual([])
    expect(await anonymous({ accessToken: laptop.accessToken }).auth.me()).toMatchObject({ email })
    expect((await as().auth.passkeys.list()).items).toHaveLength(2)
    expect((await eventsOf(email)).filter((topic) => topic === 'auth.factors_changed')).toHaveLength(2)
  })

  it('proves a second factor in its session', async () => {
    const { email, accessToken, caller } = await signedIn()
    const { id: companyId } = await buildCompany()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId })
    expect((await anonymous({ accessToken }).auth.me()).contexts[0]?.needsSecondFactor).toBe(true)
    const added = await addPasskey(caller)
    const { contexts } = await anonymous({ accessToken: added.accessToken }).auth.me()
    expect(contexts[0]?.needsSecondFactor).toBe(false)
  })

  it('asks the browser to leave out what is known, and refuses it again all the same', async () => {
    const { as, authenticator } = await buildPasskeyAccount()
    const { options } = await as().auth.passkeys.startRegistration()
    expect(options.excludeCredentials.map(({ id }) => id)).toEqual([authenticator.credentialId])
    await expect(addPasskey(as(), { authenticator })).rejects.toMatchObject(refusal('CONFLICT', 'auth.passkey_taken'))
    const stranger = await signedIn()
    await expect(addPasskey(stranger.caller, { authenticator })).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.passkey_taken'),
    )
  })

  const LIES: [string, Lies][] = [
    ['another origin', { origin: 'https://servai.test.evil.test' }],
    ['another site', { rpId: 'evil.test' }],
    ['another challenge', { challenge: 'A'.repeat(43) }],
    ['no verification of its owner', { userVerified: false }],
    ['an answer to a sign-in', { type: 'webauthn.get' }],
    ['certificates', { statement: { format: 'packed', x5c: [Buffer.alloc(64)] } }],
  ]
  it.each(LIES)('refuses %s, and keeps nothing', async (_name, lies) => {
    const { email, caller } = await signedIn()
    await expect(addPasskey(caller, { lies })).rejects.toMatchObject(refusal('BAD_REQUEST', 'auth.passkey_refused'))
    expect(await countOf(email)).toBe(0)
  })

  it('takes one answer to a ceremony: not a second, not a late, not one of another session, person or purpose', async () => {
    const { email, caller } = await signedIn()
    const refused = refusal('BAD_REQUEST', 'auth.passkey_refused')
    const complete = async (
      { ceremonyId, options }: Awaited<ReturnType<typeof caller.auth.passkeys.startRegistration>>,
      by = caller,
    ) => by.auth.passkeys.completeRegistration({ ceremonyId, answer: newAuthenticator().create(options) })

    const late = await caller.auth.passkeys.startRegistration()
    await expireCeremony(late.ceremonyId)
    await expect(complete(late)).rejects.toMatchObject(refused)

    const sameAccount = calls({ accessToken: (await signInAs(email)).accessToken })
    await expect(complete(await caller.auth.passkeys.startRegistration(), sameAccount)).rejects.toMatchObject(refused)
    const stranger = await signedIn()
    await expect(complete(await caller.auth.passkeys.startRegistration(), stranger.caller)).rejects.toMatchObject(
      refused,
    )
    const stepUp = await caller.auth.passkeys.startStepUp()
    const creation = (await caller.auth.passkeys.startRegistration()).options
    const answered = { ...creation, challenge: stepUp.options.challenge }
    await expect(complete({ ceremonyId: stepUp.ceremonyId, options: answered })).rejects.toMatchObject(refused)

    const failed = await caller.auth.passkeys.startRegistration()
    const forged = newAuthenticator().create(failed.options, { userVerified: false })
    await expect(
      caller.auth.passkeys.completeRegistration({ ceremonyId: failed.ceremonyId, answer: forged }),
    ).rejects.toMatchObject(refused)
    await expect(complete(failed)).rejects.toMatchObject(refused)
    expect(await countOf(email)).toBe(0)
  })

  it('keeps one passkey of fifty parallel answers', async () => {
    const { email, accessToken, caller } = await signedIn()
    const { ceremonyId, options } = await caller.auth.passkeys.startRegistration()
    const answer = newAuthenticator().create(options)
    const complete = () => calls({ accessToken }).auth.passkeys.completeRegistration({ ceremonyId, answer })
    const results = await race(times(50, () => complete))
    expect(outcomes(results).ok).toBe(1)
    expect(outcomes(results)['request.rate_limited']).toBeUndefined()
    expect(await countOf(email)).toBe(1)
  })

  it('stops at twenty, also where two are made at once', async () => {
    const { email, as } = await buildPasskeyAccount()
    const userId = await userIdOf(email)
    await database.system({}, 'write', (db) =>
      db.execute(`insert into passkeys (id, user_id, credential_id, public_key, sign_count, device_type, is_backed_up, name)
        select gen_random_uuid(), '${userId}', '${userId}-' || n, '\\x00', 0, 'multiDevice', true, 'n' from generate_series(1, 18) n`),
    )
    const results = await race(times(2, () => () => addPasskey(as())))
    expect(outcomes(results)).toEqual({ ok: 1, 'auth.passkeys_full': 1 })
    await expect(as().auth.passkeys.startRegistration()).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.passkeys_full'),
    )
  })

  it('asks for a proven address, a recent sign-in, and a factor where the account has one', async () => {
    const unproven = await signInAs(await register())
    await expect(unproven.as().auth.passkeys.startRegistration()).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.email_not_verified'),
    )
    const { email } = await buildPasskeyAccount()
    const [user] = await database.lookup<{ id: string; tokenVersion: number }>(
      'select id, token_version as "tokenVersion" from users where id = $1',
      [await userIdOf(email)],
    )
    const stepUp = refusal('FORBIDDEN', 'auth.step_up_required')
    for (const state of [
      { authenticatedAt: new Date(Date.now() - 16 * 60_000) },
      { secondFactorAt: null },
      { secondFactorAt: new Date(Date.now() - 16 * 60_000) },
    ]) {
      // The other columns of a user do not matter to a session.
      const { accessToken } = await signIn(user as Parameters<typeof signIn>[0], state)
      await expect(calls({ accessToken }).auth.passkeys.startRegistration()).rejects.toMatchObject(stepUp)
    }
  })
})

describe('auth.passkeys.rename', () => {
  it('names a passkey of one’s own, and finds nobody else’s', async () => {
    const [mine, theirs] = [await buildPasskeyAccount(), await buildPasskeyAccount()]
    const { passkeys } = mine.as().auth
    expect(await passkeys.rename({ id: mine.passkey.id, name: 'Phone' })).toMatchObject({ name: 'Phone' })
    await expect(passkeys.rename({ id: theirs.passkey.id, name: 'Phone' })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'auth.passkey_not_found'),
    )
    expect((await theirs.as().auth.passkeys.list()).items[0]?.name).toBe('vitest')
  })
})

describe('auth.passkeys.remove', () => {
  it('ends the passkey and all other sessions, and with the last factor what belonged to it', async () => {
    const { email, as, authenticator, passkey } = await buildPasskeyAccount()
    const laptop = await signInByPasskey(authenticator)
    const { accessToken } = await as().auth.passkeys.remove({ id: passkey.id })
    await expect(anonymous({ accessToken: laptop.accessToken }).auth.me()).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.session_revoked'),
    )
    expect(await anonymous({ accessToken }).auth.me()).toMatchObject({ email })
    await expect(signInByPasskey(authenticator)).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.passkey_refused'))
    expect(await signInAs(email)).toMatchObject({ user: { email } })
    expect((await auditOf(email)).map(({ action }) => action)).toContain('auth.passkey_removed')
  })

  it('finds nobody else’s', async () => {
    const [mine, theirs] = [await buildPasskeyAccount(), await buildPasskeyAccount()]
    await expect(mine.as().auth.passkeys.remove({ id: theirs.passkey.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'auth.passkey_not_found'),
    )
    expect(await countOf(theirs.email)).toBe(1)
  })

  it('keeps the last factor of somebody who is asked for one, and lets go of one of two', async () => {
    const { email, as, authenticator, passkey } = await buildPasskeyAccount()
    const { id: companyId } = await buildCompany()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId })
    await expect(as().auth.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.factor_needed'),
    )
    const second = await addPasskey(as())
    await as().auth.passkeys.remove({ id: second.passkey.id })
    expect(await signInByPasskey(authenticator)).toMatchObject({ user: { email } })
  })

  it('keeps the last passkey of an account without a password', async () => {
    const { email, as, passkey } = await buildPasskeyAccount()
    const userId = await userIdOf(email)
    await database.system({}, 'write', (db) => db.execute(`delete from credentials where user_id = '${userId}'`))
    await expect(as().auth.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'auth.passkey_only_way_in'),
    )
  })

  it('asks for a recent proof, which the passkey itself can give', async () => {
    const { email, authenticator, passkey } = await buildPasskeyAccount()
    const { accessToken } = await signInByPasskey(authenticator)
    const caller = calls({ accessToken })
    await change(
      'sessions',
      `authenticated_at = now() - interval '1 hour', second_factor_at = now() - interval '1 hour'`,
      `user_id = '${await userIdOf(email)}'`,
    )
    const remove = () => caller.auth.passkeys.remove({ id: passkey.id })
    await expect(remove()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
    await caller.auth.stepUp({ proof: await proveStepUp(authenticator, caller) })
    expect(await remove()).toMatchObject({ expiresIn: 900 })
    expect(await signInAs(email, {}, PASSWORD)).toMatchObject({ user: { email } })
  })
})
