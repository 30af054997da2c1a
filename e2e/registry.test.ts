import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call } from './product.ts'

const PASSWORD = 'quiet-harbour-lantern'
const DIRECTOR = 'north.director@demo.servai.example'

type Row = { id: string; name: string; number: string; version: number }

let token: string
let complex: Row
let building: Row
let unit: Row

const create = async (path: string, body: object): Promise<Row> => {
  const answer = await call('POST', path, { token, body })
  expect([answer.status, path]).toEqual([201, path])
  return answer.body
}

/** A complex of its own: two entrances, three floors of two, one unit each. */
beforeAll(async () => {
  const signedIn = await call('POST', '/auth/login', {
    body: { email: DIRECTOR, password: PASSWORD, delivery: 'body' },
  })
  token = signedIn.body.accessToken
  const name = `Quay ${Date.now().toString(36)}`
  complex = await create('/property/complexes', { name, city: 'Leeds', address: 'Quay 1', timezone: 'Europe/London' })
  building = await create('/property/buildings', { complexId: complex.id, name: 'East' })
  const entrances: Row[] = []
  for (const number of ['1', '2'])
    entrances.push(await create('/property/entrances', { buildingId: building.id, number }))
  for (const [index, entrance] of entrances.entries())
    for (const floor of [1, 2, 3])
      for (const door of [1, 2]) {
        const number = String(index * 10 + (floor - 1) * 2 + door)
        const made = await create('/property/units', {
          buildingId: building.id,
          entranceId: entrance.id,
          number,
          floor,
        })
        if (number === '1') unit = made
      }
  await create('/property/residencies', {
    unitId: unit.id,
    person: { firstName: 'Rosa', lastName: 'Quayle' },
    kind: 'owner',
    startsOn: '2024-01-01',
  })
}, 60_000)

const openAsDirector = async (options: Parameters<typeof newDevice>[0] = {}) => {
  const page = await newPage(await newDevice(options))
  await signIn(page, DIRECTOR, PASSWORD)
  return page
}

const focusedUnit = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim())

it('a complex is read and walked floor by floor, by keyboard alone, and as a table', async () => {
  const page = await openAsDirector()
  await page.goto(`/complexes/${complex.id}`)
  await page.getByRole('link', { name: 'Unit 1, Apartment, Residents without account' }).waitFor()
  expect(await page.locator('.floor-grid [tabindex="0"]').count()).toBe(1)
  await page.locator('.floor-grid [tabindex="0"]').focus()
  expect(await focusedUnit(page)).toBe('5')
  const walk = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
    return focusedUnit(page)
  }
  expect(await walk('ArrowDown', 'ArrowDown')).toBe('1')
  expect(await walk('ArrowRight', 'ArrowRight')).toBe('11')
  expect(await walk('PageUp', 'End')).toBe('16')
  expect(await walk('ArrowLeft', 'ArrowLeft', 'PageDown', 'Home')).toBe('1')
  await expectReachable(page)
  await page.getByLabel('State').selectOption({ label: 'Residents without account' })
  await expect.poll(() => page.locator('.unit-cell--dim').count()).toBe(11)
  expect(new URL(page.url()).searchParams.get('state')).toBe('occupied')
  await page.getByRole('button', { name: 'Show as table' }).click()
  const table = page.getByRole('table', { name: 'Floor plan' })
  await table.waitFor()
  expect(await table.locator('tbody tr').count()).toBe(1)
  await expectReachable(page)
  await page.getByRole('button', { name: 'Show as floor plan' }).click()
  await page.locator('.floor-grid [tabindex="0"]').focus()
  await page.keyboard.press('PageDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Unit 1', level: 1 }).waitFor()
  await page.getByText('Residency: Rosa Quayle').waitFor()
  await expectReachable(page)
})

it('two people change one unit: the second sees both sides, merges, and nothing is lost', async () => {
  const page = await openAsDirector()
  await page.goto(`/units/${unit.id}/edit`)
  await page.getByLabel('Floor', { exact: false }).fill('7')
  const { body: seen } = await call('GET', `/property/units/${unit.id}`, { token })
  const theirs = await call('PATCH', `/property/units/${unit.id}`, {
    token,
    body: { version: seen.version, number: '1A', areaM2: '40.50' },
  })
  expect(theirs.status).toBe(200)
  await page.getByLabel('Area', { exact: false }).fill('41')
  await page.getByRole('button', { name: 'Save changes' }).click()
  const dialog = page.getByRole('dialog', { name: 'Somebody else changed this' })
  await dialog.getByText('40.50').waitFor()
  await dialog.getByText('1A').waitFor()
  await expectReachable(page)
  await dialog
    .getByRole('group', { name: 'Area' })
    .getByRole('radio', { name: /Stored now/ })
    .check()
  await dialog.getByRole('button', { name: 'Save merged' }).click()
  await page.getByRole('heading', { name: 'Unit 1A', level: 1 }).waitFor()
  const { body: merged } = await call('GET', `/property/units/${unit.id}`, { token })
  expect(merged).toMatchObject({ number: '1A', areaM2: '40.50', floor: 7, version: seen.version + 2 })
})

it('a building goes with everything in it after one question, and comes back with one click', async () => {
  const page = await openAsDirector({ viewport: PHONE, colorScheme: 'dark' })
  await page.goto(`/buildings/${building.id}`)
  await page
    .getByRole('button', { name: /^Actions: East/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Remove building' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/2 entrances, 12 units.* and 1 resident/).waitFor()
  await expectReachable(page)
  await dialog.getByRole('button', { name: 'Remove building' }).click()
  const toast = page.getByRole('button', { name: 'Undo' })
  await toast.waitFor()
  const gone = await call('GET', `/property/units?complexId=${complex.id}`, { token })
  expect(gone.body.items).toEqual([])
  await toast.click()
  await page.getByText('Building East restored').waitFor()
  const back = await call('GET', `/property/units?complexId=${complex.id}&limit=100`, { token })
  expect(back.body.items).toHaveLength(12)
  const people = await call('GET', `/property/residencies?unitId=${unit.id}`, { token })
  expect(people.body.items).toMatchObject([{ person: { lastName: 'Quayle' } }])
})

it('several units are given another type at once, and back', async () => {
  const page = await openAsDirector()
  await page.goto(`/units?complex=${complex.id}`)
  for (const number of ['2', '3']) await page.getByLabel(`Select Unit ${number}`, { exact: true }).check()
  await page.getByText('2 selected').waitFor()
  await page.getByRole('button', { name: 'Change type' }).click()
  await page.getByRole('dialog').getByLabel('Type').selectOption({ label: 'Studio' })
  await page.getByRole('button', { name: 'Apply' }).click()
  // It stays while the pointer is on it, however long the next call takes.
  await page.getByText('2 units changed').hover()
  const studios = async () =>
    (await call('GET', `/property/units?complexId=${complex.id}&type=studio`, { token })).body.items.length as number
  expect(await studios()).toBe(2)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Everything is as it was').waitFor()
  expect(await studios()).toBe(0)
})

it('two records of one person become one, on a phone', async () => {
  const lastName = `Twice${Date.now().toString(36)}`
  const first = await create('/property/people', { firstName: 'Ida', lastName, phone: '+44 20 7946 0001' })
  await create('/property/people', { firstName: 'Ada', lastName, phone: '+44 20 7946 0002' })
  const page = await openAsDirector({ viewport: PHONE })
  await page.goto(`/residents/${first.id}/merge`)
  await page.getByLabel('The other record').first().pressSequentially(`Ada ${lastName}`)
  await page.getByRole('option', { name: /^Ada/ }).click()
  await page.getByRole('group', { name: 'Phone' }).getByRole('radio', { name: /0002/ }).check()
  await expectReachable(page)
  await page.getByRole('button', { name: 'Merge records' }).click()
  await page.getByText(`Two records of Ida ${lastName} are one now`).waitFor()
  await page.getByRole('link', { name: '+44 20 7946 0002' }).waitFor()
  const found = await call('GET', `/property/people?q=${lastName}`, { token })
  expect(found.body.items.map(({ id }: Row) => id)).toEqual([first.id])
})
