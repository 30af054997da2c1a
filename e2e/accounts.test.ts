import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { DESK, expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress, tokenIn } from './product.ts'

const password = 'quiet-harbour-lantern'
const admin = 'admin@demo.servai.example'
const director = 'director@demo.servai.example'

const openAccount = async (page: Page, email: string) => {
  await page.goto(`/accounts?q=${encodeURIComponent(email)}`)
  const isTheirs = { has: page.getByRole('cell', { name: email, exact: true }) }
  await page.getByRole('row').filter(isTheirs).getByRole('link').click()
  await page.waitForURL('**/accounts/*-*')
  await page.getByRole('heading', { name: 'Second factor' }).waitFor()
}

const act = async (page: Page, name: string) => {
  await page.getByRole('button', { name: /^Actions:/ }).click()
  await page.getByRole('menuitem', { name }).click()
}

const registered = async () => {
  const email = newAddress('petar')
  await call('POST', '/auth/register', {
    body: { email, password, firstName: 'Petar', lastName: 'Ivanov', locale: 'en' },
  })
  const token = tokenIn(await mailTo(email, /Confirm/), '/verify-email')
  await call('POST', '/auth/verify-email', { body: { token } })
  return email
}

const mayTheySignIn = async (email: string) =>
  (await call('POST', '/auth/login', { body: { email, password, delivery: 'body' } })).status

const lookAs = async (page: Page, email: string) => {
  await openAccount(page, email)
  await page.getByRole('button', { name: 'See as this person' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill('Cannot find the second building')
  await dialog.getByRole('button', { name: 'See as this person' }).click()
  await page.waitForURL('**/today')
}

describe('somebody of the platform', () => {
  it('sees as a director under a banner, can change nothing, ends it, and the director is told', async () => {
    const context = await newDevice()
    const page = await newPage(context)
    await signIn(page, admin, password)
    await lookAs(page, director)
    const banner = page.getByRole('region', { name: 'Seeing as somebody else' })
    await banner.getByText(director).waitFor()
    await banner.getByText('Read only').waitFor()
    await banner.getByText(/^(30|29) min left$/).waitFor()
    await expectReachable(page)

    const other = await newPage(context)
    await other.goto('/companies')
    await other.getByRole('heading', { name: 'Companies', level: 1 }).waitFor()
    expect(await other.getByRole('region', { name: 'Seeing as somebody else' }).count()).toBe(0)
    await other.close()

    await page.getByRole('link', { name: 'Complexes', exact: true }).first().click()
    await page.getByRole('link', { name: 'Create complex' }).first().click()
    await page.getByRole('heading', { name: 'New complex' }).waitFor()
    await page.getByLabel('Name').fill('Tower')
    await page.getByLabel('City').fill('Varna')
    await page.getByLabel('Address').fill('Morska 1')
    await page.getByRole('button', { name: 'Create complex' }).click()
    await page.getByText('Nothing can be changed here: this access is for reading.').waitFor()
    await banner.waitFor()

    await banner.getByRole('button', { name: 'End' }).click()
    await page.waitForURL('**/accounts/*')
    await banner.waitFor({ state: 'detached' })
    await page.getByText('No longer seen with its eyes').first().waitFor()
    await page.goto('/accounts/impersonations')
    await page
      .getByRole('row', { name: /Cannot find the second building/ })
      .first()
      .waitFor()
    expect((await mailTo(director, /Поддръжката/)).text).toContain('Cannot find the second building')
  })

  it('is themselves again after a reload', async () => {
    const page = await newPage(await newDevice())
    await signIn(page, admin, password)
    await lookAs(page, director)
    await page.getByRole('region', { name: 'Seeing as somebody else' }).waitFor()
    await page.goto('/companies')
    await page.getByRole('heading', { name: 'Companies', level: 1 }).waitFor()
    expect(await page.getByRole('region', { name: 'Seeing as somebody else' }).count()).toBe(0)
  })

  it('disables an account and opens it again; its owner is told of both', async () => {
    const email = await registered()
    expect(await mayTheySignIn(email)).toBe(200)
    const page = await newPage(await newDevice())
    await signIn(page, admin, password)
    await openAccount(page, email)
    await act(page, 'Disable account')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Disable account' }).click()
    await dialog.getByRole('alert').or(dialog.locator('.field-error')).first().waitFor()
    await dialog.getByLabel('Reason').fill('Asked for by the owner by phone')
    await dialog.getByRole('button', { name: 'Disable account' }).click()
    await page.getByText('The account of Petar Ivanov is disabled.').waitFor()
    expect(await mayTheySignIn(email)).toBe(401)
    await mailTo(email, /was disabled/)
    await act(page, 'Open account again')
    await page.getByText('The account of Petar Ivanov is open again.').waitFor()
    expect(await mayTheySignIn(email)).toBe(200)
    await mailTo(email, /is open again/)

    await act(page, 'Send link for a new password')
    await page.getByText(`The link is on its way to ${email}.`).waitFor()
    expect(linkIn(await mailTo(email, /Choose a new password/), '/reset-password')).toContain('#token=')
  })
})

describe('a director', () => {
  it('finds the sign-in of a colleague beside their profile, and of nobody elsewhere', async () => {
    const device = await newDevice()
    await device.addInitScript(() => localStorage.setItem('servai.locale', 'en'))
    const page = await newPage(device)
    await signIn(page, director, password)
    await page.goto('/staff')
    await page.locator('tbody a').first().click()
    await page.getByRole('link', { name: 'Sign-in and security' }).click()
    await page.getByRole('heading', { name: 'Second factor' }).waitFor()
    expect(await page.getByRole('button', { name: 'See as this person' }).count()).toBe(0)
    await page.goto(`/accounts/${crypto.randomUUID()}`)
    await page.getByText(/There is no such account/).waitFor()
  })
})

const PAGES: Record<string, string[]> = {
  [admin]: ['/accounts', '/accounts?q=nobody-is-called-so', '/accounts/impersonations', '/accounts/requests'],
  [director]: ['/accounts/requests', '/accounts'],
}
const LOOKS = [
  { viewport: PHONE, colorScheme: 'dark', locale: 'bg' },
  { viewport: DESK, colorScheme: 'light', locale: 'ru' },
] as const

it.each(LOOKS)('is reachable on a small dark and on a wide light screen: %o', async (look) => {
  for (const [email, paths] of Object.entries(PAGES)) {
    const page = await newPage(await newDevice({ ...look, locale: 'en' }))
    await signIn(page, email, password)
    for (const path of paths) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      await expectReachable(page)
    }
    if (email !== admin) continue
    await page.goto(`/accounts?q=${encodeURIComponent(director)}`)
    await page
      .getByRole('link', { name: /Елена|Elena|.+/ })
      .last()
      .waitFor()
  }
  const page = await newPage(await newDevice(look))
  for (const path of ['/keep-second-factor', '/keep-second-factor#token=not-a-token']) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expectReachable(page)
  }
})
