import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { DESK, expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call } from './product.ts'

const email = 'north.director@demo.servai.example'
const password = 'quiet-harbour-lantern'
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

let token: string
let complex: { id: string; name: string }
beforeAll(async () => {
  token = (await call('POST', '/auth/login', { body: { email, password, delivery: 'body' } })).body.accessToken
  const name = `Harbour ${Date.now().toString(36)}`
  complex = (
    await call('POST', '/property/complexes', {
      token,
      body: { name, city: 'Varna', address: 'Primorski 1', timezone: 'Europe/Sofia' },
    })
  ).body
})

const upload = async (page: Page, file: string, kind: 'Units' | 'People' = 'Units') => {
  await page.goto(`/imports/new?complex=${complex.id}`)
  await page.getByRole('heading', { name: 'New import', level: 1 }).waitFor()
  await page.getByRole('main').getByText(kind, { exact: true }).click()
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('button', { name: 'Upload and check' }).click()
  await page.getByText('Waits for you').waitFor()
}

const tab = (page: Page, name: string, count: number) =>
  page.getByRole('tab', { name: new RegExp(`^${name} ${count}$`) })

it('takes a director from a real spreadsheet to its units, mends what was refused, brings in people, and back', async () => {
  const page = await newPage(await newDevice({ viewport: DESK }))
  await signIn(page, email, password)

  await upload(page, fixture('units-bg.xlsx'))
  await tab(page, 'Refused', 4).waitFor()
  await tab(page, 'New', 144).waitFor()
  for (const problem of [
    'The unit number is missing',
    'The area is not a number: н.д.',
    'The area has to be above zero: -4',
    'It stands in the file twice: 005 (see row 8)',
  ])
    await page.getByText(problem, { exact: true }).waitFor()
  await expectReachable(page)
  await page.getByRole('button', { name: 'Import 144 rows' }).click()
  await page.getByText('units-bg.xlsx is imported, except 4 rows').waitFor()
  await expectReachable(page)
  const units = page.url()

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Refused rows as CSV' }).click(),
  ])
  const refused = await readFile(await download.path(), 'utf8')
  expect(refused.trimEnd().split('\r\n')).toHaveLength(5)
  const mended = join(tmpdir(), `mended-${Date.now()}.csv`)
  await writeFile(
    mended,
    refused.replace("'-4", '44').replace('н.д.', '55.5').replace(',005,', ',105,').replace('А,1,3,,', 'А,1,3,106,'),
  )
  await upload(page, mended)
  await page.getByRole('button', { name: 'Import 4 rows' }).click()
  await page.getByText(/^mended-\d+.csv is imported$/).waitFor()
  const mendedRun = page.url()

  await upload(page, fixture('people-en.csv'), 'People')
  await tab(page, 'Refused', 2).waitFor()
  await page.getByText('An account needs an e-mail address', { exact: true }).waitFor()
  await page.getByText('The share is above the whole: 3/2', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Import 60 rows' }).click()
  await page.getByText('people-en.csv is imported, except 2 rows').waitFor()
  const people = page.url()

  const undo = async (address: string) => {
    await page.goto(address)
    await page.getByRole('button', { name: 'Undo the import' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Undo the import' }).click()
  }
  await undo(units)
  await page.getByText(/^\d\d rows of this import were changed since/).waitFor()
  for (const address of [people, mendedRun, units]) {
    await undo(address)
    await page
      .getByText(/^The import of .* has been undone$/)
      .first()
      .waitFor()
    await page.getByText(/^What it created is removed, what it changed is as it was before: \d+ rows?\.$/).waitFor()
    expect(await page.getByText(/ (is|are) new\./).count()).toBe(0)
  }
  const left = await call('GET', `/property/units?complexId=${complex.id}`, { token })
  expect(left.body.items).toEqual([])
  await page.getByRole('link', { name: 'Imports' }).first().click()
  await page.getByRole('heading', { name: 'Imports', level: 1 }).waitFor()
  await page.getByRole('link', { name: 'people-en.csv' }).first().waitFor()
  await expectReachable(page)
})

it('lets columns be named by hand on a phone, and an import be discarded', async () => {
  const page = await newPage(await newDevice({ viewport: PHONE, colorScheme: 'dark' }))
  await signIn(page, email, password)
  const odd = join(tmpdir(), `odd-${Date.now()}.csv`)
  await writeFile(odd, `Haus ${Date.now()},Nr,Fläche\nA,1,40\nA,2,50\n`)
  await upload(page, odd)
  await page.getByText('Say which columns hold these').waitFor()
  await expectReachable(page)
  await page.getByLabel(/^Haus/).selectOption({ label: 'Building' })
  await page.getByLabel('Nr', { exact: true }).selectOption({ label: 'Unit number' })
  await page.getByLabel('Fläche', { exact: true }).selectOption({ label: 'Area, m²' })
  await page.getByRole('button', { name: 'Check again' }).click()
  await tab(page, 'New', 2).waitFor()
  await expectReachable(page)
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the import' }).click()
  await page.getByText(/was cancelled. Nothing of it was stored/).waitFor()
  await expectReachable(page)
})
