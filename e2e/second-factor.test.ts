import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { createApp } from '../packages/api/test/second-factor.ts'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress } from './product.ts'

const password = 'Mandarin-Lantern-42'
const DEMO_PASSWORD = 'quiet-harbour-lantern'

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor()
const focused = (page: Page) => page.evaluate(() => document.activeElement?.tagName)
const inkOf = (element: Element) => {
  const { color, backgroundColor } = getComputedStyle(element)
  return [color, backgroundColor]
}
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()

const register = async () => {
  const email = newAddress('factor')
  await call('POST', '/auth/register', { body: { email, password, firstName: 'Ана', lastName: 'Колева' } })
  const token = new URL(linkIn(await mailTo(email, /confirm/i), '/verify-email')).hash.replace('#token=', '')
  await call('POST', '/email-verification/verify', { body: { token } })
  return email
}

const leave = async (page: Page) => {
  await press(page, 'Account')
  await page.getByText('Sign out', { exact: true }).click()
  await page.waitForURL(/\/sign-in/)
}

/** From the page that sets an app up to the page after it. */
const setUp = async (page: Page) => {
  await press(page, 'Set up an app')
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  await page.getByText('Cannot scan?').click()
  const app = createApp((await page.locator('#totp-secret').innerText()).replace(/\s/g, ''))
  await expectReachable(page)
  await page.getByLabel('Code from your app').fill(app.wrongCode())
  await press(page, 'Confirm code')
  await page.getByText('This code is wrong or too old').first().waitFor()
  await page.getByLabel('Code from your app').fill(app.code(-1))
  await press(page, 'Confirm code')
  await page
    .getByRole('list')
    .filter({ hasText: /^([0-9A-Z]{5}-)/ })
    .first()
    .waitFor()
  const codes = await page.locator('#recovery-codes li').allInnerTexts()
  expect(codes).toHaveLength(10)
  await expectReachable(page)
  expect(await focused(page), 'the focus is lost with the step before').toBe('H1')
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await page.locator('#recovery-codes li').first().evaluate(inkOf)).toEqual([
    'rgb(0, 0, 0)',
    'rgb(255, 255, 255)',
  ])
  await page.emulateMedia({ media: null, colorScheme: null })
  await press(page, 'Done')
  await page.getByRole('alert').filter({ hasText: 'Save the codes first' }).waitFor()
  expect(await focused(page)).toBe('INPUT')
  await page.keyboard.press('Space')
  await press(page, 'Done')
  return { app, codes }
}

it('leads a resident on a phone from setting an app up to signing in with it, with paper, and with a trusted browser', async () => {
  const email = await register()
  const phone = await newPage(await newDevice({ viewport: PHONE }))
  await signIn(phone, email, password)
  await phone.goto('/profile')
  await phone.getByRole('link', { name: /Security/ }).click()
  await heading(phone, 'Security')
  await expectReachable(phone)
  await phone.getByRole('link', { name: 'Set up an app' }).click()
  await heading(phone, 'Authenticator app')
  const { app, codes } = await setUp(phone)
  await heading(phone, 'Security')
  await phone.getByText('10 unused codes are left').waitFor()
  await expectReachable(phone)
  await mailTo(email, /sign-in to your .* has changed/)

  await leave(phone)
  const begin = async () => {
    await phone.goto('/sign-in')
    await phone.getByLabel('E-mail address').fill(email)
    await phone.getByLabel('Password', { exact: true }).fill(password)
    await phone.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  await begin()
  await heading(phone, 'One more step')
  await phone.waitForFunction(() => document.activeElement?.id === 'second-factor-proof')
  await expectReachable(phone)
  const code = phone.getByLabel('Code from your app')
  expect(await code.getAttribute('autocomplete')).toBe('one-time-code')
  expect(await code.getAttribute('inputmode')).toBe('numeric')
  await code.fill(app.wrongCode())
  await press(phone, 'Go on')
  await phone.getByText('This code is wrong').first().waitFor()
  await code.fill(app.code())
  await press(phone, 'Go on')
  await heading(phone, 'My homes')

  await leave(phone)
  await begin()
  await press(phone, 'Use a recovery code instead')
  await phone.getByLabel('Recovery code').fill('AAAAA-AAAAA-AAAAA-AAAAA-AAAAA')
  await press(phone, 'Go on')
  await phone.getByText('Try another one of your codes').first().waitFor()
  await phone.getByLabel('Recovery code').fill(` ${codes[0]!.toLowerCase().replaceAll('-', ' ')} `)
  await phone.getByLabel(/Do not ask again in this browser/).check()
  await press(phone, 'Go on')
  await heading(phone, 'My homes')
  await mailTo(email, /recovery code .* was used/)

  await leave(phone)
  await begin()
  await heading(phone, 'My homes')
  await phone.goto('/profile/security')
  await phone.getByText('9 unused codes are left').waitFor()
  await phone.getByText('This browser').waitFor()
  await expectReachable(phone)
})

it('asks once more who is there, with the keyboard alone, and then does what was asked', async () => {
  const email = await register()
  const page = await newPage(await newDevice({ colorScheme: 'dark' }))
  await signIn(page, email, password)
  await page.goto('/profile/security/app')
  // As if the sign-in were longer ago: the first answer says so, everything after it is the product's.
  let refused = 0
  await page.route('**/trpc/auth.factors.startTotp*', (route) =>
    (refused += 1) > 1
      ? route.continue()
      : route.fulfill({
          status: 403,
          json: {
            error: {
              message: 'x',
              code: -32003,
              data: { code: 'FORBIDDEN', httpStatus: 403, reason: 'auth.step_up_required', requestId: 'x' },
            },
          },
        }),
  )
  await press(page, 'Set up an app')
  await page.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor()
  await page.waitForFunction(() => document.activeElement?.id === 'step-up-password')
  await expectReachable(page)
  await page.keyboard.type('not this one')
  await page.keyboard.press('Enter')
  await page.getByText('This is not your current password.').first().waitFor()
  await page.getByLabel('Current password').fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  expect(refused).toBe(2)
})

it('leads staff without a factor to set one up as soon as their director asks for it, and closes nothing else', async () => {
  const email = 'director@demo.servai.example'
  const path = '/property/settings/security.staffSecondFactor'
  const { body } = await call('POST', '/auth/login', { body: { email, password: DEMO_PASSWORD, delivery: 'body' } })
  const context: string = body.user.contexts[0].key
  const page = await newPage(await newDevice())
  await page.addInitScript(() => localStorage.setItem('servai.locale', 'en'))
  await signIn(page, email, DEMO_PASSWORD)
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link').first().waitFor()

  const set = await call('PUT', path, { body: { value: true }, token: body.accessToken, context })
  expect(set.status).toBe(200)
  const tenant = await newPage(await newDevice({ viewport: PHONE }))
  await tenant.addInitScript(() => localStorage.setItem('servai.locale', 'en'))
  await signIn(tenant, 'owner@demo.servai.example', DEMO_PASSWORD)
  await heading(tenant, /homes/i)

  await page.goto('/')
  await heading(page, 'Authenticator app')
  await page
    .getByText(/asks its staff for a second factor/)
    .first()
    .waitFor()
  expect(await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link').count()).toBe(0)
  await expectReachable(page)
  await page.goto('/residents')
  await heading(page, 'Authenticator app')
  await setUp(page)
  await page.waitForURL(/\/residents/)
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link').first().waitFor()

  // As it was for the journeys after this one.
  await page.goto('/settings')
  const token = await page.evaluate(async () => {
    const answer = await fetch('/trpc/auth.refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-servai-client': 'web' },
      body: '{}',
    })
    return (await answer.json()).result.data.accessToken as string
  })
  expect((await call('PUT', path, { body: { value: false }, token, context })).status).toBe(200)
  expect((await call('POST', '/auth/factors/totp/remove', { body: {}, token })).status).toBe(200)
})
