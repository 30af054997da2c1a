import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress } from './product.ts'

const demoPassword = 'quiet-harbour-lantern'
const password = 'Mandarin-Lantern-42'
const manager = 'north.manager@demo.servai.example'

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor()

/** A building with two units that nobody has been invited to. */
const buildHouse = async () => {
  const { body: session } = await call('POST', '/auth/login', {
    body: { email: manager, password: demoPassword, delivery: 'body' },
  })
  const token: string = session.accessToken
  const context: string = session.user.contexts.find(({ kind }: { kind: string }) => kind === 'staff').key
  const create = async (path: string, body: unknown) => {
    const answer = await call('POST', path, { token, context, body })
    expect(answer.status).toBe(201)
    return answer.body.id as string
  }
  const { body: complexes } = await call('GET', '/property/complexes', { token, context })
  const name = `Annex ${Date.now().toString(36)}`
  const buildingId = await create('/property/buildings', { complexId: complexes.items[0].id, name })
  for (const number of ['7', '8']) await create('/property/units', { buildingId, number })
  return { buildingId, name }
}

it('invites a building on paper, and lets a new person in on a phone, once', async () => {
  const { buildingId, name } = await buildHouse()
  const desk = await newPage(await newDevice())
  await signIn(desk, manager, demoPassword)
  await desk.goto(`/invites/many?building=${buildingId}`)
  await desk.getByText('2 invites will be made').waitFor()
  await desk.getByLabel('How many people may use it').selectOption({ label: '1 person' })
  await expectReachable(desk)
  await desk.getByRole('button', { name: 'Create 2 invites' }).click()

  await heading(desk, 'Print invites')
  const slips = desk.locator('.slip')
  await slips.nth(1).waitFor()
  expect(await slips.count()).toBe(2)
  await desk.getByLabel('Language of the slips').selectOption('bg')
  await slips.first().getByText('№ 7').waitFor()
  await expectReachable(desk)
  await desk.emulateMedia({ media: 'print' })
  expect(await desk.getByRole('navigation', { name: 'Main menu' }).isVisible()).toBe(false)
  const code = await slips.first().locator('.qr-dark').boundingBox()
  expect(code!.width, 'a code below 25 mm').toBeGreaterThanOrEqual((25 / 25.4) * 96)
  const link = await slips.first().locator('.slip-address').innerText()

  const email = newAddress('invited')
  const device = await newDevice({ viewport: PHONE })
  const phone = await newPage(device)
  await phone.goto(link)
  await phone.getByText(`Building ${name}`).waitFor()
  await phone.getByText('No. 7').waitFor()
  expect(phone.url(), 'the token stays in the address bar').not.toContain('#')
  await expectReachable(phone)
  await phone.getByRole('link', { name: 'Create account' }).click()
  await phone.getByLabel('First name').fill('Ана')
  await phone.getByLabel('Last name').fill('Колева')
  await phone.getByLabel('E-mail address').fill(email)
  await phone.getByLabel('Password', { exact: true }).fill(password)
  await phone.getByRole('button', { name: 'Create account' }).click()
  await phone.getByText('Check your mailbox').first().waitFor()

  // A message's link opens a tab of its own, which asks the first one for the invite.
  const tab = await newPage(device)
  await tab.goto(linkIn(await mailTo(email, /confirm/i), '/verify-email'))
  await tab.getByText('Your address is confirmed').waitFor()
  await tab.getByRole('link', { name: 'Go on' }).click()
  await tab.getByRole('button', { name: 'Add this home' }).waitFor()
  await expectReachable(tab)
  await tab.getByRole('button', { name: 'Add this home' }).click()
  await heading(tab, 'The home is yours to use')
  await expectReachable(tab)
  await tab.getByRole('button', { name: 'Go to my homes' }).click()
  await heading(tab, 'My homes')
  await tab.getByText('Apartment 7').waitFor()
  await expectReachable(tab)

  await tab.goto(link)
  await heading(tab, 'This home is yours already')

  const stranger = await newPage(await newDevice({ viewport: PHONE, colorScheme: 'dark' }))
  await stranger.goto(link)
  await heading(stranger, 'This invite no longer works')
  await expectReachable(stranger)
})

it('asks for a home by its address, and gets in when the manager has approved', async () => {
  const email = newAddress('claimant')
  const phone = await newPage(await newDevice({ viewport: PHONE }))
  await phone.goto('/register')
  await phone.getByLabel('First name').fill('Пётр')
  await phone.getByLabel('Last name').fill('Иванов')
  await phone.getByLabel('E-mail address').fill(email)
  await phone.getByLabel('Password', { exact: true }).fill(password)
  await phone.getByRole('button', { name: 'Create account' }).click()
  await phone.getByText('Check your mailbox').first().waitFor()
  await phone.goto(linkIn(await mailTo(email, /confirm/i), '/verify-email'))
  await phone.getByRole('link', { name: 'Go on' }).click()
  await phone.getByRole('link', { name: 'Ask for a home' }).click()
  await phone.getByLabel('Name or address of the complex').fill('Northbank Quay')
  await phone.getByRole('button', { name: /Northbank Quay/ }).click()
  await phone.getByLabel('Number of your home').fill('12')
  await expectReachable(phone)
  await phone.getByRole('button', { name: 'Send request' }).click()
  await heading(phone, 'My requests')
  await phone.getByText('Waiting', { exact: true }).waitFor()
  await expectReachable(phone)

  const desk = await newPage(await newDevice())
  await signIn(desk, manager, demoPassword)
  await desk.goto('/claims?status=pending')
  await desk.getByRole('link', { name: 'Пётр Иванов' }).first().click()
  await heading(desk, /Request of Пётр Иванов/)
  await desk.getByText(email).waitFor()
  await desk.getByRole('combobox', { name: 'Unit' }).focus()
  await desk.getByRole('option').first().click()
  await expectReachable(desk)
  await desk.getByRole('button', { name: 'Approve' }).click()
  await desk.getByText(/lives in unit .* now/).waitFor()

  expect((await mailTo(email, /has been added/)).text).toContain('/home')
  await phone.goto('/home')
  await phone.getByText('Managed by Northbank Residential').waitFor()
  await expectReachable(phone)
})
