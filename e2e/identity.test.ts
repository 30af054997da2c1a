import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { linkIn, mailTo, newAddress } from './product.ts'

const password = 'Mandarin-Lantern-42'
const renewed = 'Cobalt-Harbour-77'

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor()

it('leads a new person on a phone from registration to a home, and a reset signs the other device out', async () => {
  const email = newAddress('journey')
  const phone = await newPage(await newDevice({ viewport: PHONE }))

  await phone.goto('/register')
  await phone.getByLabel('First name').fill('Ана')
  await phone.getByLabel('Last name').fill("D'Arcy")
  await phone.getByLabel('E-mail address').fill(email)
  await phone.getByLabel('Password', { exact: true }).fill(password)
  await expectReachable(phone)
  await phone.getByRole('button', { name: 'Create account' }).click()
  await phone.getByText('Check your mailbox').first().waitFor()
  await expectReachable(phone)

  const link = linkIn(await mailTo(email, /confirm/i), '/verify-email')
  await phone.goto(link)
  await phone.getByText('Your address is confirmed').waitFor()
  expect(phone.url(), 'the token stays in the address bar').not.toContain('token')
  await expectReachable(phone)

  await phone.getByRole('link', { name: 'Go on' }).click()
  await heading(phone, 'My homes')
  await phone.getByText(email).first().waitFor()
  await expectReachable(phone)
  await phone.getByRole('button', { name: 'Account' }).click()
  await phone.getByText('Sign out', { exact: true }).click()
  await signIn(phone, email, password)
  await heading(phone, 'My homes')

  const laptop = await newPage(await newDevice())
  await signIn(laptop, email, password)
  await heading(laptop, 'My homes')
  await laptop.goto('/profile/devices')
  await laptop.getByText('This device').waitFor()
  await expectReachable(laptop)

  await phone.context().clearCookies()
  await phone.goto('/forgot-password')
  await phone.getByLabel('E-mail address').fill(email)
  await phone.getByRole('button', { name: 'Send link' }).click()
  await phone.getByText('Check your mailbox').first().waitFor()
  await phone.goto(linkIn(await mailTo(email, /password/i), '/reset-password'))
  await phone.getByLabel('New password', { exact: true }).fill(renewed)
  await phone.getByRole('button', { name: 'Save new password' }).click()
  await phone.getByText('Your password is changed').waitFor()

  await laptop.reload()
  await laptop.waitForURL(/\/sign-in/)
  await signIn(phone, email, renewed)
  await heading(phone, 'My homes')
})

it('keeps three tabs signed in over twenty reloads at once', async () => {
  const email = 'owner@demo.servai.example'
  const device = await newDevice({ locale: 'en-GB' })
  const first = await newPage(device)
  await signIn(first, email, 'quiet-harbour-lantern')
  const tabs = [first, await newPage(device), await newPage(device)]
  await Promise.all(tabs.map((tab) => tab.goto('/home')))
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(tabs.map((tab) => tab.reload()))
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { level: 1 }).waitFor()))
    expect(tabs.map((tab) => new URL(tab.url()).pathname)).toEqual(['/home', '/home', '/home'])
  }
})

it('shows a visitor the sign-in page without a failed call, and again after a sign-out', async () => {
  const page = await newPage(await newDevice())
  const failed: string[] = []
  page.on('response', (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`)
  })
  await page.goto('/')
  await page.waitForURL(/\/sign-in/)
  await signIn(page, 'owner@demo.servai.example', 'quiet-harbour-lantern')
  await page.locator('header button[aria-haspopup=menu]').last().click()
  await page.getByRole('menuitem').last().click()
  await page.waitForURL(/\/sign-in/)
  await page.reload()
  await heading(page, 'Sign in')
  expect(failed).toEqual([])
})

it('answers a wrong password without telling whether the address is known', async () => {
  const seen: string[] = []
  for (const email of ['director@demo.servai.example', newAddress('nobody')]) {
    const page = await newPage(await newDevice())
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('not-the-password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    const notice = page.getByText('The e-mail address or the password is wrong.')
    await notice.waitFor()
    seen.push((await page.locator('main').innerText()).replace(/Request \S+/, ''))
    await expectReachable(page)
  }
  expect(seen[0]).toBe(seen[1])
})

it('keeps how the app looks over a sign-out, and the session in no storage', async () => {
  const page = await newPage(await newDevice({ colorScheme: 'light' }))
  await signIn(page, 'owner@demo.servai.example', 'quiet-harbour-lantern')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.evaluate(() => localStorage.setItem('servai.theme', 'dark'))
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  expect(stored).not.toMatch(/eyJ|accessToken|refreshToken/)
  await page.locator('header button[aria-haspopup=menu]').last().click()
  await page.getByRole('menuitem').last().click()
  await page.waitForURL(/sign-in/)
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  await page.reload()
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
})

it('shows the keyboard where it is: every stop of the Tab key wears a ring of 2 px', async () => {
  const page = await newPage(await newDevice())
  await page.goto('/sign-in')
  await heading(page, 'Sign in')
  const button = page.getByRole('button', { name: 'Sign in', exact: true })
  const unseen: string[] = []
  for (let stops = 0; stops < 20; stops += 1) {
    await page.keyboard.press('Tab')
    const { name, ring } = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!)
      return { name: document.activeElement!.outerHTML.slice(0, 120), ring: `${outlineStyle} ${outlineWidth}` }
    })
    if (ring !== 'solid 2px') unseen.push(name)
    if (await button.evaluate((element) => element === document.activeElement)) break
  }
  expect(unseen).toEqual([])
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
})
