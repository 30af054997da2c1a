import { expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, signIn } from './browser.ts'
import { call } from './product.ts'

const password = 'quiet-harbour-lantern'
const director = 'north.director@demo.servai.example'

it('lets a director make a key, use it, replace it and withdraw it, by keyboard alone', async () => {
  const page = await newPage(await newDevice())
  await signIn(page, director, password)
  const name = `Program ${Date.now().toString(36)}`

  await page.goto('/profile/api-keys')
  await page.getByRole('button', { name: 'New key' }).first().press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await expectReachable(page)
  await page.keyboard.press('Enter')
  const secret = dialog.getByLabel(`Key for ${name}`)
  const first = await secret.inputValue()
  expect(first).toMatch(/^servai_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
  await expectReachable(page)
  await page.keyboard.press('Escape')
  expect(await secret.isVisible()).toBe(true)
  await dialog.getByRole('button', { name: 'I have stored it' }).press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  expect(await page.content()).not.toContain(first)

  const complexesOf = async (bearer: { token: string }) => {
    const { status, body } = await call('GET', '/property/complexes', bearer)
    return { status, names: body.items.map((complex: { name: string }) => complex.name) as string[] }
  }
  const asked = await complexesOf({ token: first })
  // Other journeys found complexes in this company; of the other one there is none.
  expect(asked.status).toBe(200)
  expect(asked.names).toContain('Northbank Quay')
  expect(asked.names).not.toContain('Лозенец Парк')
  expect((await call('GET', '/auth/sessions', { token: first })).body.error.reason).toBe('auth.session_required')

  await page.getByRole('button', { name: `Actions for the key ${name}` }).press('Enter')
  await page.getByRole('menuitem', { name: 'Replace' }).press('Enter')
  await dialog.getByRole('button', { name: 'Replace' }).press('Enter')
  const second = await dialog.getByLabel(`Key for ${name}`).inputValue()
  await dialog.getByRole('button', { name: 'I have stored it' }).press('Enter')
  for (const token of [first, second]) expect((await call('GET', '/auth/me', { token })).status).toBe(200)

  await page.goto('/staff/api-keys')
  await page.getByText('Replaced').first().waitFor()
  await expectReachable(page)
  await page
    .getByRole('button', { name: `Actions for the key ${name}` })
    .first()
    .press('Enter')
  await page.getByRole('menuitem', { name: 'Withdraw' }).press('Enter')
  await dialog.getByRole('button', { name: 'Withdraw' }).press('Enter')
  await page.getByText(`The key ${name} is withdrawn`).first().waitFor()
  expect((await call('GET', '/auth/me', { token: second })).status).toBe(401)
  expect((await call('GET', '/auth/me', { token: first })).status).toBe(200)
})
