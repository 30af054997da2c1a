import { issueDeviceToken, newDeviceId } from '@servai/auth/device-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal, services } from '../../../test/callers.ts'
import {
  auditOf,
  createBrowser,
  newEmail,
  OTHER_PASSWORD,
  outcomesOf,
  PASSWORD,
  refusedLogin,
  registerVerified,
  signedIn,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'

type Browser = ReturnType<typeof createBrowser>

const refused = refusal('UNAUTHORIZED', 'auth.invalid_credentials')
const NEW_PASSWORD = 'nine blue kites in the wind'

const signIn = (
  { refreshCookie, deviceCookie }: Browser,
  email: string,
  password = PASSWORD,
  { using = unlimited(), ...more }: { using?: typeof services; address?: string } = {},
) => anonymous({ services: using, refreshCookie, deviceCookie, ...more }).auth.login({ email, password })

/** An account, and the browser it has signed in with. */
const startKnown = async () => {
  const email = await registerVerified()
  const browser = createBrowser()
  await signIn(browser, email)
  return { email, browser }
}

const lockUnknown = async (email: string, guesses = 12) => {
  for (let guess = 0; guess < guesses; guess += 1) await refusedLogin(email, OTHER_PASSWORD)
}

const evaluatedOf = async (email: string) =>
  (await auditOf(email)).filter(({ after }) => after?.why === 'wrong_password').length

const browserWith = (device: string | null): Browser => {
  const browser = createBrowser()
  browser.kept.device = device
  return browser
}

describe('a known device', () => {
  it('is remembered for 180 days by a cookie, which a program does not get and a refused sign-in does not set', async () => {
    const { email, browser } = await startKnown()
    expect(browser.kept.device).toMatch(/^1\.test\.[A-Za-z0-9_-]{91}$/)
    expect(browser.kept.deviceMaxAgeSeconds).toBe(180 * 86_400)
    const program = createBrowser()
    await signInAs(email, program)
    await expect(signIn(program, email, OTHER_PASSWORD)).rejects.toMatchObject(refused)
    expect(program.kept.device).toBeNull()
  })

  it('stays the same device over sign-out and the next sign-in', async () => {
    const { email, browser } = await startKnown()
    const { refreshCookie, deviceCookie } = browser
    await anonymous({ refreshCookie, deviceCookie }).auth.logout()
    const deviceOf = () => Buffer.from(browser.kept.device?.split('.')[2] ?? '', 'base64url').subarray(16, 32)
    const before = deviceOf()
    await signIn(browser, email)
    expect(deviceOf()).toEqual(before)
  })

  it('still signs in while strangers have locked the address for everybody else', async () => {
    const { email, browser } = await startKnown()
    await lockUnknown(email)
    await expect(signIn(createBrowser(), email)).rejects.toMatchObject(refused)
    await signIn(browser, email)
    await expect(signIn(createBrowser(), email)).rejects.toMatchObject(refused)
  })

  it('is not kept out by guesses from its own network or from fifty others', async () => {
    const { email, browser } = await startKnown()
    const using = unlimited()
    const guess = (address: string) =>
      anonymous({ services: using, address }).auth.login({ email, password: OTHER_PASSWORD })
    const near = await outcomesOf(Array.from({ length: 12 }, () => guess('203.0.113.7')))
    expect(tally(near)).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 2 })
    const far = await outcomesOf(Array.from({ length: 60 }, (_, index) => guess(`198.51.100.${index}`)))
    expect(tally(far)).toEqual({ 'auth.invalid_credentials': 40, 'request.rate_limited': 20 })
    await signIn(browser, email, PASSWORD, { using, address: '203.0.113.7' })
  })

  it('has ten guesses like everybody, however many are made at once, and takes none from the others', async () => {
    const { email, browser } = await startKnown()
    const guesses = Array.from({ length: 50 }, () => signIn(browser, email, OTHER_PASSWORD))
    await outcomesOf(guesses)
    expect(await evaluatedOf(email)).toBeLessThanOrEqual(10)
    await expect(signIn(browser, email)).rejects.toMatchObject(refused)
    await signIn(createBrowser(), email)
    await expect(signIn(browser, email)).rejects.toMatchObject(refused)
  })

  it('has ten attempts in a quarter of an hour where the limits are shared', async () => {
    const { email, browser } = await startKnown()
    const using = unlimited()
    const guesses = Array.from({ length: 30 }, () => signIn(browser, email, OTHER_PASSWORD, { using }))
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 20 })
    await signIn(createBrowser(), email, PASSWORD, { using })
  })

  it('forgets its failures after a success, and every lock after a reset by e-mail', async () => {
    const { email, browser } = await startKnown()
    for (const time of [1, 2]) {
      for (let guess = 0; guess < 9; guess += 1)
        await expect(signIn(browser, email, `${OTHER_PASSWORD} ${time}`)).rejects.toMatchObject(refused)
      await signIn(browser, email)
    }
    await lockUnknown(email)
    for (let guess = 0; guess < 10; guess += 1)
      await expect(signIn(browser, email, OTHER_PASSWORD)).rejects.toMatchObject(refused)
    await expect(signIn(browser, email)).rejects.toMatchObject(refused)

    await anonymous().reset.request({ email })
    await anonymous().reset.reset({ token: await tokenOf(email, 'reset_password'), newPassword: NEW_PASSWORD })
    await signIn(createBrowser(), email, NEW_PASSWORD)
    await signIn(browser, email, NEW_PASSWORD)
  })

  it('is known to one account only, and only by a cookie that we signed', async () => {
    const { email, browser } = await startKnown()
    const other = await startKnown()
    await lockUnknown(email)
    const device = browser.kept.device ?? ''
    const userId = await userIdOf(email)
    const expiresAt = new Date(Date.now() + 86_400_000)
    const seed = { identifier: email, userId, deviceId: newDeviceId(), expiresAt }
    const issue = (change: Partial<typeof seed> = {}, keys = services.tokenKeys) =>
      issueDeviceToken(keys, { ...seed, ...change })
    const stranger = parseKeyRing(`test:${randomBytes(32).toString('base64')}`)
    const dropped = parseKeyRing(`gone:${randomBytes(32).toString('base64')}`)
    const worthless = {
      another: other.browser.kept.device,
      readdressed: issue({ userId: await userIdOf(other.email) }),
      tampered: device.slice(0, -8) + (device.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'),
      expired: issue({ expiresAt: new Date(Date.now() - 1000) }),
      forged: issue({}, stranger),
      dropped: issue({}, dropped),
      garbage: '"><script>',
    }
    for (const cookie of Object.values(worthless))
      await expect(signIn(browserWith(cookie), email)).rejects.toMatchObject(refused)
    await signIn(browserWith(issue()), email)
  })

  it('keeps its budget while the key of its cookie rotates', async () => {
    const { email, browser } = await startKnown()
    await lockUnknown(email)
    const { kid, secret } = services.tokenKeys.current
    const next = `next:${randomBytes(32).toString('base64')}`
    const rotated = parseKeyRing(`${next},${kid}:${secret.toString('base64')}`)
    await signIn(browser, email, PASSWORD, { using: unlimited({ tokenKeys: rotated }) })
    expect(browser.kept.device).toMatch(/^1\.next\./)
    await signIn(browser, email, PASSWORD, { using: unlimited({ tokenKeys: parseKeyRing(next) }) })
  })

  it('is no way to learn whether an address has an account', async () => {
    const { browser } = await startKnown()
    const answerTo = async (email: string) => {
      const error: unknown = await signIn(browserWith(browser.kept.device), email, OTHER_PASSWORD).catch(
        (thrown: unknown) => thrown,
      )
      const { code, message, cause } = error as { code: string; message: string; cause: object }
      return JSON.stringify({ code, message, cause })
    }
    expect(await answerTo(await registerVerified())).toBe(await answerTo(newEmail()))
  })

  it('may change the password while strangers have locked the address', async () => {
    const { email, browser } = await startKnown()
    const { accessToken } = signedIn(await signIn(browser, email))
    await lockUnknown(email)
    await anonymous({ accessToken, deviceCookie: browser.deviceCookie }).auth.changePassword({
      currentPassword: PASSWORD,
      newPassword: NEW_PASSWORD,
    })
    await signIn(browser, email, NEW_PASSWORD)
  })
})
