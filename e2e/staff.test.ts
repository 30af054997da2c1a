import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { DESK, expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call } from './product.ts'

const password = 'quiet-harbour-lantern'
const director = 'north.director@demo.servai.example'
const sheet = fileURLToPath(new URL('./fixtures/units-bg.xlsx', import.meta.url))

it('lets a director create a complex, import a real spreadsheet and find its units', async () => {
  const page = await newPage(await newDevice())
  await signIn(page, director, password)
  const name = `Sea Garden ${Date.now().toString(36)}`

  await page.goto('/complexes')
  await page.getByRole('main').getByRole('link', { name: 'Create complex' }).first().click()
  await page.getByRole('heading', { name: 'New complex', level: 1 }).waitFor()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('City').fill('Varna')
  await page.getByLabel('Address').fill('1 Primorski Boulevard')
  await page.getByRole('button', { name: 'Create complex' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
  await expectReachable(page)

  await page.getByRole('main').getByRole('link', { name: 'Import units' }).first().click()
  await page.getByRole('heading', { name: 'New import', level: 1 }).waitFor()
  await page.locator('input[type=file]').setInputFiles(sheet)
  await page.getByRole('button', { name: 'Upload and check' }).click()
  await page.getByRole('button', { name: 'Import 144 rows' }).click()
  await page.getByText('units-bg.xlsx is imported, except 4 rows').waitFor()
  await expectReachable(page)

  await page.getByRole('link', { name: 'View units' }).click()
  await page.getByRole('link', { name: '001', exact: true }).first().waitFor()
  await expectReachable(page)
  await page.getByRole('link', { name: '001', exact: true }).first().click()
  await page.getByRole('heading', { name: /001/, level: 1 }).waitFor()
  await expectReachable(page)
})

const PAGES: Record<string, string[]> = {
  'director@demo.servai.example': [
    '/today',
    '/residents',
    '/complexes',
    '/buildings',
    '/units',
    '/imports',
    '/imports/new',
    '/staff',
    '/staff/invite',
    '/staff/access',
    '/settings',
    '/profile',
    '/profile/password',
    '/profile/devices',
    '/profile/api-keys',
    '/staff/api-keys',
    '/units/new',
    '/nowhere',
  ],
  'owner@demo.servai.example': ['/home', '/profile', '/profile/password', '/profile/devices', '/units'],
  'admin@demo.servai.example': ['/companies', '/companies/new', '/platform-settings', '/platform/limits', '/profile'],
  'guard@demo.servai.example': ['/today', '/complexes', '/units', '/profile/api-keys'],
}

const LOOKS = [
  { viewport: PHONE, colorScheme: 'dark' },
  { viewport: DESK, colorScheme: 'light' },
] as const

it.each(
  Object.keys(PAGES).flatMap((email) =>
    LOOKS.map((look) => [email, look.viewport.width, look.colorScheme, look] as const),
  ),
)(
  'shows %s every page at %i px, %s, without a serious fault of accessibility',
  async (email, _width, _scheme, look) => {
    const page = await newPage(await newDevice(look))
    await signIn(page, email, password)
    for (const path of PAGES[email]!) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      await expectReachable(page)
    }
  },
)

it('says the same in every language', async () => {
  const context = await newDevice()
  const page = await newPage(context)
  const titles: Record<string, string> = { en: 'Sign in', ru: 'Вход', bg: 'Вход' }
  for (const locale of ['ru', 'bg', 'en']) {
    const localised = await newPage(await newDevice({ locale }))
    await localised.goto('/sign-in')
    await localised.getByRole('heading', { name: titles[locale]!, level: 1 }).waitFor()
    expect(await localised.locator('html').getAttribute('lang')).toBe(locale)
    expect(await localised.locator('main').innerText()).not.toMatch(/\b[a-z]+\.[a-z]+\.[a-z]+\b/i)
  }
  await page.close()
})

it('is walked by REST as well: the imported units are there for programs', async () => {
  const { body } = await call('POST', '/auth/login', { body: { email: director, password, delivery: 'body' } })
  const { body: page } = await call('GET', '/property/units?q=001&limit=5', { token: body.accessToken })
  expect(page.items.length).toBeGreaterThan(0)
})
