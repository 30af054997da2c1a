import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, expect } from 'vitest'
import { chromiumOptions } from '../scripts/test/chromium.ts'
import { at } from './product.ts'

export const PHONE = { width: 360, height: 740 }
export const DESK = { width: 1440, height: 900 }

export type Device = { viewport?: { width: number; height: number }; locale?: string; colorScheme?: 'light' | 'dark' }

let browser: Promise<Browser> | undefined
const launch = async () => chromium.launch(await chromiumOptions())

afterAll(async () => (await browser)?.close())

/** A device of its own: nothing shared with other devices but the server. */
export const newDevice = async ({ viewport = DESK, locale = 'en-GB', colorScheme = 'light' }: Device = {}) => {
  browser ??= launch()
  return (await browser).newContext({ viewport, locale, colorScheme, baseURL: at('/') })
}

/** A page that fails its test on any error of a script. */
export const newPage = async (context: BrowserContext) => {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => {
    throw error
  })
  return page
}

export const signIn = async (page: Page, email: string, password: string) => {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

const SERIOUS = ['serious', 'critical']

/** No serious violation of WCAG 2.2 AA, and nothing wider than the screen. */
export const expectReachable = async (page: Page) => {
  // What is still fading in has not its colours yet; a transition begins a frame after its element has come.
  await page.evaluate(async () => {
    const nextFrame = () => new Promise(requestAnimationFrame)
    const fading = () =>
      document
        .getAnimations()
        .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime ?? Infinity))
        .filter(({ playState }) => playState === 'running')
    do {
      await nextFrame()
      await nextFrame()
      await Promise.allSettled(fading().map(({ finished }) => finished))
    } while (fading().length > 0)
  })
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  const serious = violations.filter(({ impact }) => SERIOUS.includes(impact ?? ''))
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(0)
}
