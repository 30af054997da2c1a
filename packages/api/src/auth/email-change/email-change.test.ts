import { newDeviceId } from '@servai/auth/device-token'
import { trustedDevices } from '@servai/db/schema/factors'
import { buildClaim, buildCompany, buildComplex, buildSession, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, asUser, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  eventsOf,
  newEmail,
  OTHER_PASSWORD,
  outcomesOf,
  PASSWORD,
  refusedLogin,
  register,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { deviceHashOf } from '../devices/service.ts'

const dead = refusal('BAD_REQUEST', 'email_change.token_invalid')
const taken = refusal('CONFLICT', 'email_change.address_taken')
const revoked = refusal('UNAUTHORIZED', 'auth.session_revoked')

type Overrides = Parameters<typeof anonymous>[0]

const visitor = (overrides: Overrides = {}) => anonymous({ services: unlimited(), ...overrides }).auth.emailChange

/** An account that has asked for another address, with the links of both messages. */
const startChange = async (target = newEmail()) => {
  const email = await registerVerified()
  const { as, ...tokens } = await signInAs(email)
  await as({ services: unlimited() }).auth.emailChange.start({ newEmail: target })
  const [old, fresh] = [await tokenOf(email, 'confirm_old_email'), await tokenOf(email, 'confirm_new_email')]
  return { email, target, as, ...tokens, old, fresh, userId: await userIdOf(email) }
}

const rowOf = async (userId: string) => {
  const [row] = await database.lookup<{ email: string; verified: boolean; tokenVersion: number }>(
    'select email, email_verified_at is not null as verified, token_version as "tokenVersion" from users where id = $1',
    [userId],
  )
  return row
}

const expire = (userId: string) =>
  database.system({}, 'write', async (db) => {
    await db.execute(
      `update auth_tokens set expires_at = now() where user_id = '${userId}' and purpose like 'confirm%';
       update email_changes set expires_at = now() where user_id = '${userId}'`,
    )
  })

const about = async (userId: string, action: string) =>
  database.lookup<{ result: string }>('select result from audit_log where entity_id = $1 and action = $2', [
    userId,
    action,
  ])

describe('a change of e-mail', () => {
  it.each(['old', 'new'] as const)(
    'is made when both mailboxes have agreed, the %s one first, and not before',
    async (first) => {
      const { email, target, as, old, fresh, userId } = await startChange()
      const [one, two] = first === 'old' ? [old, fresh] : [fresh, old]
      expect(await visitor().confirm({ token: one })).toEqual({
        status: first === 'old' ? 'waits_for_new' : 'waits_for_old',
      })
      expect(await rowOf(userId)).toMatchObject({ email, tokenVersion: 1 })
      expect((await as().auth.emailChange.status()).open).toMatchObject({
        newEmail: target,
        oldConfirmed: first === 'old',
        newConfirmed: first === 'new',
      })
      expect(await visitor().confirm({ token: two })).toEqual({ status: 'changed' })
      expect(await rowOf(userId)).toEqual({ email: target, verified: true, tokenVersion: 2 })
      await signInAs(target)
      expect(await refusedLogin(email, PASSWORD)).toContain('auth.invalid_credentials')
      expect(await eventsOf(target)).toContain('auth.email_changed')
    },
  )

  it('ends every session but the one that brings the last agreement, and every link to the old address', async () => {
    const { email, target, old, fresh, accessToken, refreshToken } = await startChange()
    const other = await signInAs(email)
    await anonymous({ services: unlimited() }).reset.request({ email })
    const reset = await tokenOf(email, 'reset_password')
    await visitor().confirm({ token: fresh })
    await visitor({ accessToken }).confirm({ token: old })
    await expect(other.as().auth.me()).rejects.toMatchObject(revoked)
    await expect(anonymous().auth.refresh({ refreshToken: other.refreshToken })).rejects.toMatchObject(revoked)
    const renewed = await anonymous().auth.refresh({ refreshToken })
    expect(await anonymous({ accessToken: renewed.accessToken }).auth.me()).toMatchObject({ email: target })
    expect(await anonymous({ services: unlimited() }).reset.validate({ token: reset })).toEqual({ valid: false })
  })

  it('keeps no session for a stranger’s token', async () => {
    const { old, fresh, as } = await startChange()
    const stranger = await signInAs(await registerVerified())
    await visitor().confirm({ token: fresh })
    await visitor({ accessToken: stranger.accessToken }).confirm({ token: old })
    await expect(as().auth.me()).rejects.toMatchObject(revoked)
    await stranger.as().auth.me()
  })

  it('keeps the browser that confirms a known device, and no other a trusted one', async () => {
    const { email, target, old, fresh, userId } = await startChange()
    const browser = createBrowser()
    await anonymous({ services: unlimited(), ...browser }).auth.login({ email, password: PASSWORD })
    const [session] = await database.lookup<{ hash: string }>(
      'select device_hash as hash from sessions where user_id = $1 and device_hash is not null',
      [userId],
    )
    await database.system({}, 'write', (db) =>
      db.insert(trustedDevices).values(
        [session!.hash, deviceHashOf(newDeviceId())].map((deviceHash) => ({
          userId,
          deviceHash,
          userAgent: 'x',
          addressPrefix: '10.0.0.0/24',
          expiresAt: new Date(Date.now() + 60_000),
        })),
      ),
    )
    await visitor(browser).confirm({ token: fresh })
    await visitor(browser).confirm({ token: old })
    expect(
      await database.lookup('select device_hash as hash from trusted_devices where user_id = $1', [userId]),
    ).toEqual([session])
    const before = (await eventsOf(target)).filter((topic) => topic === 'auth.new_device').length
    await anonymous({ services: unlimited(), ...browser }).auth.login({ email: target, password: PASSWORD })
    expect((await eventsOf(target)).filter((topic) => topic === 'auth.new_device')).toHaveLength(before)
  })

  it('takes a claim that waits along, so that nobody is matched by an address they no longer have', async () => {
    const { email, target, old, fresh, userId } = await startChange()
    const complex = await buildComplex({ company: await buildCompany() })
    await buildClaim({ complex, userId, email })
    await visitor().confirm({ token: old })
    await visitor().confirm({ token: fresh })
    expect(await database.lookup('select email from claims where user_id = $1', [userId])).toEqual([{ email: target }])
  })

  it('is answered the same when a link is opened again', async () => {
    const { old, fresh, userId } = await startChange()
    for (let time = 0; time < 2; time += 1)
      expect(await visitor().confirm({ token: old })).toEqual({ status: 'waits_for_new' })
    for (const token of [fresh, fresh, old]) expect(await visitor().confirm({ token })).toEqual({ status: 'changed' })
    expect(await about(userId, 'auth.email_change')).toEqual([{ result: 'ok' }])
  })

  it('shows what a link is for without using it up', async () => {
    const { old, fresh, target } = await startChange()
    expect(await visitor().inspect({ token: old })).toEqual({ side: 'old', newEmail: target, status: 'open' })
    expect(await visitor().inspect({ token: fresh })).toEqual({ side: 'new', newEmail: target, status: 'open' })
    await visitor().confirm({ token: old })
    expect(await visitor().inspect({ token: old })).toMatchObject({ status: 'confirmed' })
    await visitor().confirm({ token: fresh })
    expect(await visitor().inspect({ token: fresh })).toMatchObject({ status: 'changed' })
  })
})

describe('a change of e-mail is over', () => {
  it('after 24 hours', async () => {
    const { old, fresh, as, userId, email } = await startChange()
    await visitor().confirm({ token: old })
    await expire(userId)
    for (const token of [old, fresh]) await expect(visitor().confirm({ token })).rejects.toMatchObject(dead)
    expect(await as().auth.emailChange.status()).toEqual({ open: null })
    expect(await rowOf(userId)).toMatchObject({ email })
  })

  it.each([
    ['cancelled from the profile', ({ as }) => as().auth.emailChange.cancel()],
    ['refused from the old mailbox', ({ old }) => visitor().decline({ token: old })],
    [
      'refused from the old mailbox after it had agreed',
      async ({ old }) => {
        await visitor().confirm({ token: old })
        await visitor().decline({ token: old })
      },
    ],
    [
      'replaced by another one',
      ({ as }) => as({ services: unlimited() }).auth.emailChange.start({ newEmail: newEmail() }),
    ],
    [
      'when the password is changed, though one mailbox has agreed',
      async ({ as, fresh }) => {
        await visitor().confirm({ token: fresh })
        await as({ services: unlimited() }).auth.changePassword({
          currentPassword: PASSWORD,
          newPassword: OTHER_PASSWORD,
        })
      },
    ],
    [
      'when the password is reset',
      async ({ email }) => {
        const { reset } = anonymous({ services: unlimited() })
        await reset.request({ email })
        await reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: OTHER_PASSWORD })
      },
    ],
    [
      'when the account is disabled',
      ({ userId }) =>
        database.system({}, 'write', (db) => db.execute(`update users set status = 'disabled' where id = '${userId}'`)),
    ],
  ] as [string, (change: Awaited<ReturnType<typeof startChange>>) => Promise<unknown>][])(
    'when it was %s',
    async (_why, end) => {
      const change = await startChange()
      await end(change)
      for (const token of [change.fresh, change.old])
        await expect(visitor().confirm({ token })).rejects.toMatchObject(dead)
      expect(await rowOf(change.userId)).toMatchObject({ email: change.email })
    },
  )

  it('and the new mailbox can refuse nothing, nor can anybody once it is done', async () => {
    const { old, fresh, userId, target } = await startChange()
    await expect(visitor().decline({ token: fresh })).rejects.toMatchObject(dead)
    await visitor().confirm({ token: fresh })
    await visitor().confirm({ token: old })
    await expect(visitor().decline({ token: old })).rejects.toMatchObject(dead)
    expect(await rowOf(userId)).toMatchObject({ email: target })
  })

  it('when the address was taken meanwhile: whoever proves the mailbox is told', async () => {
    const { old, fresh, target, email, userId, as } = await startChange()
    await visitor().confirm({ token: old })
    await registerVerified(target)
    await expect(visitor().confirm({ token: fresh })).rejects.toMatchObject(taken)
    expect(await rowOf(userId)).toMatchObject({ email })
    expect(await as().auth.emailChange.status()).toEqual({ open: null })
    await expect(visitor().confirm({ token: fresh })).rejects.toMatchObject(dead)
  })

  it('when the address was taken after it had been proven, for the old mailbox as well', async () => {
    const { old, fresh, target, email, userId } = await startChange()
    await visitor().confirm({ token: fresh })
    await registerVerified(target)
    await expect(visitor().confirm({ token: old })).rejects.toMatchObject(taken)
    expect(await rowOf(userId)).toMatchObject({ email, tokenVersion: 1 })
  })
})

describe('races', () => {
  it('of fifty confirmations make one change', async () => {
    const { old, fresh, userId, target } = await startChange()
    await visitor().confirm({ token: old })
    const calls = Array.from({ length: 50 }, () => visitor().confirm({ token: fresh }))
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 50 })
    expect(await rowOf(userId)).toMatchObject({ email: target, tokenVersion: 2 })
    expect(await about(userId, 'auth.email_change')).toEqual([{ result: 'ok' }])
    expect((await eventsOf(target)).filter((topic) => topic === 'auth.email_changed')).toHaveLength(1)
  })

  it('of both mailboxes at once make one change', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { old, fresh, userId, target } = await startChange()
      const outcomes = await Promise.all([old, fresh].map((token) => visitor().confirm({ token })))
      expect(outcomes.filter(({ status }) => status === 'changed')).toHaveLength(1)
      expect(await rowOf(userId)).toMatchObject({ email: target, tokenVersion: 2 })
    }
  })

  it('of two accounts for one address, and of somebody who registers it, leave one of them with it', async () => {
    const target = newEmail()
    const changes = [await startChange(target), await startChange(target)]
    for (const { old } of changes) await visitor().confirm({ token: old })
    const outcomes = await outcomesOf<unknown>([
      ...changes.map(({ fresh }) => visitor().confirm({ token: fresh })),
      register(target).then(() => 'registered'),
    ])
    const owners = await database.lookup('select id from users where email_key = $1 and deleted_at is null', [target])
    expect(owners).toHaveLength(1)
    expect(tally(outcomes).ok ?? 0).toBeLessThanOrEqual(1)
  })

  it('of a confirmation and a refusal end in one of the two', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { old, fresh, userId, email, target } = await startChange()
      await visitor().confirm({ token: old })
      const outcomes = await outcomesOf<unknown>([
        visitor().confirm({ token: fresh }),
        visitor().decline({ token: old }),
      ])
      const wasRefused = outcomes[0] === 'email_change.token_invalid'
      expect(await rowOf(userId)).toMatchObject({ email: wasRefused ? email : target })
      expect(tally(outcomes)).toEqual({ ok: 1, 'email_change.token_invalid': 1 })
    }
  })
})

describe('an address that has an account', () => {
  it('is answered, and shown in the profile, like any other; its owner is told instead of asked', async () => {
    const owned = await registerVerified()
    const [taken_, free] = [await startChange(owned), await startChange()]
    const shown = async ({ as, target }: typeof free) => {
      const { open } = await as().auth.emailChange.status()
      return JSON.stringify(open)
        .replaceAll(target, 'X')
        .replaceAll(/\d{4}-[^"]+/g, 'T')
    }
    expect(await shown(taken_)).toBe(await shown(free))
    expect(await eventsOf(owned)).toContain('auth.email_change_collided')
    const topics = async ({ email }: typeof free) =>
      (await eventsOf(email)).filter((topic) => /email_change|new_email/.test(topic))
    expect(await topics(taken_)).toEqual(['auth.email_change_asked'])
    expect(await topics(free)).toEqual(['auth.email_change_asked', 'auth.new_email_asked'])
    expect(await visitor().confirm({ token: taken_.old })).toEqual({ status: 'waits_for_new' })
  })

  it('gets no more than three messages an hour, whoever asks, and the answer stays the same', async () => {
    const owned = await registerVerified()
    const using = unlimited()
    for (let time = 0; time < 5; time += 1) {
      const { as } = await signInAs(await registerVerified())
      expect(await as({ services: using }).auth.emailChange.start({ newEmail: owned })).toEqual({ ok: true })
    }
    expect((await eventsOf(owned)).filter((topic) => topic === 'auth.email_change_collided')).toHaveLength(3)
  })
})

describe('who may ask', () => {
  it('is the owner, who has proved it lately, for an address that is another one', async () => {
    const user = await buildUser()
    const session = await buildSession(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    const accessToken = await services.accessTokens.sign({ userId: user.id, sessionId: session.id, tokenVersion: 1 })
    await expect(visitor({ accessToken }).start({ newEmail: newEmail() })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.step_up_required'),
    )
    await expect(asUser(user).auth.emailChange.start({ newEmail: user.email.toUpperCase() })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'email_change.same_address'),
    )
    await expect(visitor().start({ newEmail: newEmail() })).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.unauthenticated'),
    )
  })

  it('is asked no more than five times an hour', async () => {
    const user = await buildUser()
    const using = unlimited()
    const { as } = await signInAs(await registerVerified())
    const ask = () => as({ services: using }).auth.emailChange.start({ newEmail: newEmail() })
    for (let time = 0; time < 5; time += 1) await ask()
    await expect(ask()).rejects.toMatchObject(refusal('TOO_MANY_REQUESTS', 'request.rate_limited'))
    await asUser(user).auth.emailChange.start({ newEmail: newEmail() })
  })

  it('leaves no address in the audit log or the outbox', async () => {
    const { email, target, old, fresh, userId } = await startChange()
    await visitor().confirm({ token: old })
    await visitor().confirm({ token: fresh })
    const rows = await database.lookup<{ text: string }>(
      `select (coalesce(before, '{}') || coalesce(after, '{}'))::text as text from audit_log where $1::uuid in (entity_id, actor_id)
       union all select payload::text from outbox where payload ->> 'userId' = $2`,
      [userId, userId],
    )
    const written = rows.map(({ text }) => text).join('\n')
    expect(written).not.toContain(email)
    expect(written).not.toContain(target)
    expect((await auditOf(target)).map(({ action }) => action)).toContain('auth.email_change_confirm')
  })
})
