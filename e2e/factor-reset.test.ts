import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { createApp } from '../packages/api/test/second-factor.ts'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress, tokenIn } from './product.ts'

const DEMO_PASSWORD = 'quiet-harbour-lantern'
const director = 'north.director@demo.servai.example'
const admin = 'admin@demo.servai.example'
const password = 'Mandarin-Lantern-42'
const REASON = 'Lost her phone, came to the office with her passport'

const enter = async (email: string, secret: string) => {
  const { body } = await call('POST', '/auth/login', { body: { email, password: secret, delivery: 'body' } })
  return { token: body.accessToken as string, contexts: body.user.contexts as { key: string }[] }
}

/** A guard of the company who signs in with an app. */
const employed = async () => {
  const email = newAddress('guard')
  const name = `Amara ${Date.now().toString(36)}`
  await call('POST', '/auth/register', { body: { email, password, firstName: name, lastName: 'Cole', locale: 'en' } })
  await call('POST', '/email-verification/verify', {
    body: { token: tokenIn(await mailTo(email, /Confirm/), '/verify-email') },
  })
  const { token, contexts } = await enter(director, DEMO_PASSWORD)
  const { key } = contexts[0]!
  const complex = (await call('GET', '/property/complexes', { token, context: key })).body.items[0] as { id: string }
  const invited = await call('POST', '/staff/invites', {
    token,
    context: key,
    body: { email, role: 'guard', complexIds: [complex.id], locale: 'en' },
  })
  expect(invited.status).toBe(201)
  const guard = await enter(email, password)
  const invite = new URL(linkIn(await mailTo(email, /invites you to work/), '/staff-invite')).hash.slice(1)
  const joined = await call('POST', '/staff/invites/accept', { token: guard.token, body: { token: invite } })
  expect(joined.status).toBe(200)
  const { body: started } = await call('POST', '/auth/factors/totp/start', { token: guard.token, body: {} })
  const app = createApp(started.secret)
  const confirmed = await call('POST', '/auth/factors/totp/confirm', {
    token: guard.token,
    body: { code: app.code(-1) },
  })
  expect(confirmed.status).toBe(200)
  return { email, name: `${name} Cole` }
}

const beginSignIn = async (page: Page, email: string) => {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

it('takes two of the staff to remove a second factor; its owner is told, signs in and sets up another', async () => {
  const { email, name } = await employed()
  const phone = await newPage(await newDevice({ viewport: PHONE, colorScheme: 'dark' }))
  await beginSignIn(phone, email)
  await phone.getByRole('heading', { name: 'One more step', level: 1 }).waitFor()

  const first = await newPage(await newDevice())
  await signIn(first, director, DEMO_PASSWORD)
  await first.goto(`/staff?q=${encodeURIComponent(email)}`)
  await first.getByRole('link', { name, exact: true }).click()
  await first.getByRole('link', { name: 'Sign-in and security' }).click()
  await first.getByRole('heading', { name: 'Second factor' }).waitFor()
  await first.getByRole('button', { name: /^Actions:/ }).click()
  await first.getByRole('menuitem', { name: 'Remove second factor' }).click()
  const dialog = first.getByRole('dialog', { name: `Remove the second factor of ${name}` })
  await expectReachable(first)
  await dialog.getByLabel('Reason').fill(REASON)
  await dialog.getByRole('button', { name: 'Remove second factor' }).click()
  await first.getByText('Asked for. A second person has a day to agree.').waitFor()
  await first.getByRole('link', { name: 'See the request' }).click()
  const asked = first.getByRole('article').filter({ hasText: email })
  await asked.getByText(REASON).waitFor()
  expect(await asked.getByRole('button', { name: 'Agree' }).count(), 'nobody agrees with themselves').toBe(0)
  await asked.getByRole('button', { name: 'Withdraw' }).waitFor()
  await expectReachable(first)
  expect((await mailTo(email, /second factor/)).text).toContain(REASON)

  const second = await newPage(await newDevice())
  await signIn(second, admin, DEMO_PASSWORD)
  await second.goto('/accounts/requests')
  const waiting = second.getByRole('article').filter({ hasText: email })
  await waiting.getByText(REASON).waitFor()
  await waiting.getByRole('button', { name: 'Agree' }).click()
  await expectReachable(second)
  await second.getByRole('dialog').getByRole('button', { name: 'Agree' }).click()
  await second.getByText(`The second factor of ${name} is removed.`).waitFor()
  await waiting.waitFor({ state: 'detached' })

  await phone.getByLabel('Code from your app').fill('123456')
  await phone.getByRole('button', { name: 'Go on' }).click()
  await phone
    .getByText(/took too long|no longer valid|again/i)
    .first()
    .waitFor()
  await signIn(phone, email, password)
  await phone.goto('/profile/security/app')
  await phone.getByRole('button', { name: 'Set up an app' }).click()
  await phone.getByRole('img', { name: /QR code/ }).waitFor()
  await phone.getByText('Cannot scan?').click()
  const app = createApp((await phone.locator('#totp-secret').innerText()).replace(/\s/g, ''))
  await phone.getByLabel('Code from your app').fill(app.code())
  await phone.getByLabel('Code from your app').press('Enter')
  await phone.locator('#recovery-codes li').first().waitFor()

  await first.reload()
  await first.goto(`/staff?q=${encodeURIComponent(email)}`)
  await first.getByRole('link', { name, exact: true }).click()
  await first.getByRole('link', { name: 'Sign-in and security' }).click()
  for (const happened of [
    'Removal of the second factor asked for',
    'Second factor removed',
    'Authenticator app set up',
  ])
    await first.getByText(happened).first().waitFor()
})
