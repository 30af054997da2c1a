import type { BrowserContext, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { DESK, expectReachable, newDevice, newPage, PHONE } from './browser.ts'
import { call, mailTo, newAddress, tokenIn } from './product.ts'

const password = 'Mandarin-Lantern-42'

const newAccount = async (name: string) => {
  const email = newAddress(name)
  await call('POST', '/auth/register', {
    body: { email, password, firstName: 'Ана', lastName: 'Колева', locale: 'en' },
  })
  const token = tokenIn(await mailTo(email, /./), 'verify-email')
  expect((await call('POST', '/email-verification/verify', { body: { token } })).status).toBe(200)
  return email
}

/** A device that keeps passkeys behind a screen lock, which opens by itself. */
const keepPasskeys = async (page: Page) => {
  const client = await page.context().newCDPSession(page)
  await client.send('WebAuthn.enable')
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  })
  /** Answers while `act` is under way, and at no other time: not when a page merely offers passkeys. */
  const touching = async (act: () => Promise<unknown>) => {
    await client.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true })
    await act()
    await client.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
  }
  const verify = (isUserVerified: boolean) =>
    client.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
  return { touching, verify }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor()

const openSignIn = async (context: BrowserContext, page: Page) => {
  await context.clearCookies()
  await page.evaluate(() => localStorage.clear())
  await page.goto('/sign-in')
}

const typePassword = async (page: Page, email: string) => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

it('leads from a password to a passkey, in with it alone and as a second factor, through a step-up, and back', async () => {
  const email = await newAccount('passkey')
  const context = await newDevice({ viewport: PHONE })
  const page = await newPage(context)
  const { touching } = await keepPasskeys(page)

  await page.goto('/sign-in')
  await typePassword(page, email)
  await heading(page, 'My homes')
  await page.goto('/profile/security')
  await page.getByText('You have no passkey yet.').waitFor()
  await expectReachable(page)
  await touching(async () => {
    await page.getByRole('button', { name: 'Add passkey' }).click()
    await heading(page, 'Recovery codes')
  })
  expect(await page.locator('#recovery-codes li').count()).toBe(10)
  await expectReachable(page)
  await page.locator('.recovery').getByRole('checkbox').click()
  await page.locator('.recovery').getByRole('button').last().click()
  await page.getByRole('heading', { name: 'Passkeys' }).waitFor()
  await page.getByText('Not used yet').waitFor()
  await expectReachable(page)

  await page.getByRole('button', { name: /^Actions for passkey/ }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByLabel('Name', { exact: true }).fill('My phone')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'My phone' }).waitFor()

  await openSignIn(context, page)
  await expectReachable(page)
  await touching(async () => {
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await heading(page, 'My homes')
  })

  await openSignIn(context, page)
  await typePassword(page, email)
  await heading(page, 'One more step')
  await expectReachable(page)
  await touching(async () => {
    await page.getByRole('button', { name: 'Use passkey' }).click()
    await heading(page, 'My homes')
  })

  await page.goto('/profile/security')
  await page.getByRole('heading', { name: 'My phone' }).waitFor()
  await page.route('**/trpc/auth.passkeys.remove*', askForProof, { times: 1 })
  await page.getByRole('button', { name: 'Actions for passkey My phone' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove passkey' }).click()
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await dialog.waitFor()
  await expectReachable(page)
  await touching(async () => {
    await dialog.getByRole('button', { name: 'Use passkey' }).click()
    await page.getByText('You have no passkey yet.').waitFor()
  })

  await openSignIn(context, page)
  await typePassword(page, email)
  await heading(page, 'My homes')
})

/** As the server answers a quarter of an hour after the last proof; nobody waits for that here. */
const askForProof: Parameters<Page['route']>[1] = (route) =>
  route.fulfill({
    status: 403,
    contentType: 'application/json',
    body: JSON.stringify({
      error: {
        code: -32003,
        message: 'Prove who you are again',
        data: { code: 'FORBIDDEN', httpStatus: 403, reason: 'auth.step_up_required', requestId: 'e2e' },
      },
    }),
  })

it('lets nobody in whom the device does not know, and says what to do', async () => {
  const email = await newAccount('locked')
  const context = await newDevice({ viewport: DESK, colorScheme: 'dark' })
  const page = await newPage(context)
  const { touching, verify } = await keepPasskeys(page)
  await page.goto('/sign-in')
  await typePassword(page, email)
  await heading(page, 'My homes')
  await page.goto('/profile/security')
  await touching(async () => {
    await page.getByRole('button', { name: 'Add passkey' }).click()
    await heading(page, 'Recovery codes')
  })
  await openSignIn(context, page)
  await verify(false)
  await touching(async () => {
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('No passkey was used. Try again, or choose another way.').waitFor()
  })
  await expectReachable(page)
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  await verify(true)
  await touching(async () => {
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await heading(page, 'My homes')
  })
})

it.each(['ru-RU', 'bg-BG'])('offers passkeys in %s', async (locale) => {
  const page = await newPage(await newDevice({ viewport: PHONE, locale }))
  await page.goto('/sign-in')
  await page
    .getByRole('button', { name: locale === 'ru-RU' ? 'Войти с ключом доступа' : 'Влез с ключ за достъп' })
    .waitFor()
  await expectReachable(page)
})

it('signs in with what the browser offers in the field for the address', async () => {
  const email = await newAccount('offered')
  const context = await newDevice()
  const page = await newPage(context)
  const { touching } = await keepPasskeys(page)
  await page.goto('/sign-in')
  await typePassword(page, email)
  await heading(page, 'My homes')
  await page.goto('/profile/security')
  await touching(async () => {
    await page.getByRole('button', { name: 'Add passkey' }).click()
    await heading(page, 'Recovery codes')
  })
  await touching(async () => {
    await openSignIn(context, page)
    await heading(page, 'My homes')
  })
})
