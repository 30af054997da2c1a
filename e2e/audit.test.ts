import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call } from './product.ts'

const password = 'quiet-harbour-lantern'
const director = 'north.director@demo.servai.example'

const changed = async () => {
  const { body } = await call('POST', '/auth/login', { body: { email: director, password, delivery: 'body' } })
  const token: string = body.accessToken
  const name = `Audited ${Date.now().toString(36)}`
  const made = await call('POST', '/property/complexes', {
    token,
    body: { name, city: 'Leeds', address: '1 Old Street', timezone: 'Europe/London' },
  })
  expect(made.status).toBe(201)
  const { id, version } = made.body as { id: string; version: number }
  const saved = await call('PATCH', `/property/complexes/${id}`, {
    token,
    body: { version, name, city: 'Leeds', address: '2 New Street', timezone: 'Europe/London' },
  })
  expect(saved.status).toBe(200)
  return { id, name, token }
}

it('shows a director what was changed: found by filter and words, opened, its seal awaited, taken away as a file', async () => {
  const { name } = await changed()
  const page = await newPage(await newDevice())
  await signIn(page, director, password)
  await page.goto('/today')
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Audit log' }).click()
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor()
  await page.getByLabel('Kind').selectOption({ label: 'Buildings and units' })
  await page.getByLabel('Search values, addresses, request numbers').fill('2 New Street')
  await page.waitForURL(/q=2(\+|%20)New(\+|%20)Street/)
  const row = page.getByRole('row').filter({ hasText: '1 Old Street' })
  await row.first().waitFor()
  await expectReachable(page)

  await row.first().getByRole('button', { name: 'Complex: changed' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Complex: changed' })
  await dialog.getByText('1 Old Street').waitFor()
  await dialog.getByText('2 New Street').waitFor()
  await expectReachable(page)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.waitForFunction(() => document.activeElement?.textContent?.trim() === 'Complex: changed')

  await row.first().getByRole('button', { name: 'Complex: changed' }).click()
  await dialog.getByRole('button', { name: 'All about this record' }).click()
  await page.getByRole('button', { name: 'Complex: added' }).waitFor()
  await page.getByRole('row').filter({ hasText: name }).first().waitFor()
  await page
    .getByText(/^No\. \d/)
    .first()
    .waitFor()
  expect(new URL(page.url()).searchParams.get('of')).toMatch(/^[0-9a-f-]{36}$/)

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /CSV/ }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n')
  expect(lines[0]).toContain('When,Who,Acting,What,Result')
  expect(lines.slice(1).filter((line) => line.includes('complexes.update'))).toHaveLength(1)
  expect(lines.find((line) => line.includes('complexes.update'))).toMatch(/1 Old Street.*2 New Street/)
})

it('says in Russian and Bulgarian, on a phone, what happened and what was refused, in words', async () => {
  const { token } = await changed()
  const stranger = crypto.randomUUID()
  expect((await call('GET', `/property/units/${stranger}`, { token })).status).toBe(404)
  for (const [locale, title, refused] of [
    ['ru', 'Журнал действий', 'Отказано'],
    ['bg', 'Дневник на действията', 'Отказано'],
  ] as const) {
    const device = await newDevice({ viewport: PHONE, colorScheme: 'dark', locale })
    await device.addInitScript((chosen) => localStorage.setItem('servai.locale', chosen), locale)
    const page = await newPage(device)
    await page.goto('/sign-in')
    await page.locator('input[type=email]').fill(director)
    await page.locator('input[type=password]').fill(password)
    await page.locator('button[type=submit]').click()
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    await page.goto('/audit?result=denied')
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await page.getByText(refused, { exact: true }).last().waitFor()
    await expectReachable(page)
    const what = await page.locator('.audit-open').allInnerTexts()
    expect(what.length).toBeGreaterThan(0)
    expect(what.filter((text) => /[a-z]+\.[a-z]+/i.test(text))).toEqual([])
  }
})

it('is closed to who may not read it', async () => {
  const page = await newPage(await newDevice())
  await signIn(page, 'north.manager@demo.servai.example', password)
  await page.goto('/audit')
  await page.getByRole('heading', { name: 'You cannot see this page' }).waitFor()
  await expectReachable(page)
})
