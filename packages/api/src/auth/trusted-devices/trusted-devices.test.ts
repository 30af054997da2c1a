import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  OTHER_PASSWORD,
  PASSWORD,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import { challengeOf, createApp, registerWithApp } from '../../../test/second-factor.ts'

type Account = Awaited<ReturnType<typeof registerWithApp>>

const trust = async ({ email, app }: Account, browser = createBrowser()) => {
  const { token: challengeToken } = await challengeOf(email, { delivery: 'cookie', ...browser })
  const proof = { method: 'totp', code: app.next() } as const
  const caller = anonymous({ services: app.services(), ...browser })
  await caller.auth.completeSignIn({ challengeToken, proof, trustDevice: true })
  return browser
}

const begin = (email: string, browser: ReturnType<typeof createBrowser>, password = PASSWORD) =>
  anonymous({ services: unlimited(), ...browser }).auth.login({ email, password })

const isAsked = async (...sign: Parameters<typeof begin>) => 'challenge' in (await begin(...sign))

describe('a trusted browser', () => {
  it('is asked for no second factor for 30 days, and no other browser is spared', async () => {
    const account = await registerWithApp()
    const browser = await trust(account)
    const answer = await begin(account.email, browser)
    if ('challenge' in answer) throw new Error('asked')
    const session = anonymous({ accessToken: answer.accessToken })
    expect((await session.auth.sessions()).items[0]).toMatchObject({ current: true, secondFactor: true })
    expect(await isAsked(account.email, createBrowser())).toBe(true)
    const { trustedDevices } = await session.auth.factors.list()
    expect(trustedDevices).toMatchObject([{ current: true, device: 'vitest' }])
    const days = (Date.parse(trustedDevices[0]!.expiresAt) - Date.parse(trustedDevices[0]!.createdAt)) / 86_400_000
    expect(Math.round(days)).toBe(30)
    await database.lookup('update trusted_devices set expires_at = now() where user_id = $1', [
      await userIdOf(account.email),
    ])
    expect(await isAsked(account.email, browser)).toBe(true)
  })

  it('still asks for the password, and is worth nothing to another account', async () => {
    const account = await registerWithApp()
    const browser = await trust(account)
    await expect(begin(account.email, browser, OTHER_PASSWORD)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const other = await registerWithApp()
    expect(await isAsked(other.email, browser)).toBe(true)
  })

  it('is trusted no more once its owner has signed out everywhere', async () => {
    const account = await registerWithApp()
    const browser = await trust(account)
    const answer = await begin(account.email, browser)
    if ('challenge' in answer) throw new Error('asked')
    await anonymous({ accessToken: answer.accessToken }).auth.logoutAll()
    expect(await isAsked(account.email, browser)).toBe(true)
  })

  it('is not trusted unless its owner asks for it, and a program never is', async () => {
    const account = await registerWithApp()
    const browser = createBrowser()
    const first = await challengeOf(account.email, { delivery: 'cookie', ...browser })
    const caller = anonymous({ services: account.app.services(), ...browser })
    const proof = () => ({ method: 'totp', code: account.app.next() }) as const
    await caller.auth.completeSignIn({ challengeToken: first.token, proof: proof() })
    expect(await isAsked(account.email, browser)).toBe(true)
    const { token: challengeToken } = await challengeOf(account.email, { delivery: 'body' })
    const program = anonymous({ services: account.app.services() })
    await expect(
      program.auth.completeSignIn({ challengeToken, proof: proof(), trustDevice: true }),
    ).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })

  const ends: Record<string, (account: Account) => Promise<string>> = {
    'the password is changed': async ({ as }) => {
      await as().auth.changePassword({ currentPassword: PASSWORD, newPassword: OTHER_PASSWORD })
      return OTHER_PASSWORD
    },
    'the password is reset': async ({ email }) => {
      await anonymous().reset.request({ email })
      await anonymous().reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: OTHER_PASSWORD })
      return OTHER_PASSWORD
    },
    'the app is replaced': async ({ as, app }) => {
      const { secret } = await as().auth.factors.startTotp()
      await as({ services: app.services() }).auth.factors.confirmTotp({ code: createApp(secret).code() })
      return PASSWORD
    },
  }
  it.each(Object.keys(ends))('is asked again after %s', async (event) => {
    const account = await registerWithApp()
    const browser = await trust(account)
    expect(await isAsked(account.email, browser)).toBe(false)
    const password = await ends[event]!(account)
    expect(await isAsked(account.email, browser, password)).toBe(true)
  })

  it('is removed by its owner alone', async () => {
    const [account, stranger] = [await registerWithApp(), await registerWithApp()]
    const browser = await trust(account)
    const [device] = (await account.as().auth.factors.list()).trustedDevices
    await expect(stranger.as().auth.factors.removeTrustedDevice({ id: device!.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'auth.trusted_device_not_found'),
    )
    await account.as().auth.factors.removeTrustedDevice({ id: device!.id })
    expect(await isAsked(account.email, browser)).toBe(true)
    expect((await auditOf(account.email)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['auth.device_trust', 'auth.device_distrust']),
    )
  })

  it('does not stand for the factor where factors are changed', async () => {
    const account = await registerWithApp()
    const browser = await trust(account)
    await database.lookup(`update trusted_devices set created_at = now() - interval '1 hour' where user_id = $1`, [
      await userIdOf(account.email),
    ])
    const answer = await begin(account.email, browser)
    if ('challenge' in answer) throw new Error('asked')
    const session = anonymous({ accessToken: answer.accessToken })
    await expect(session.auth.factors.removeTotp()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
  })
})
