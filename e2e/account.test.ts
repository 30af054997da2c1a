import fs from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress, tokenIn } from './product.ts'

const password = 'Mandarin-Lantern-42'

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor()

const openAccount = async (name: string) => {
  const email = newAddress(name)
  await call('POST', '/auth/register', { body: { email, password, firstName: 'Maria', lastName: 'K' } })
  const token = tokenIn(await mailTo(email, /confirm/i), '/verify-email')
  await call('POST', '/email-verification/verify', { body: { token } })
  return email
}

it('changes an address once both mailboxes have agreed, and signs the other device out', async () => {
  const email = await openAccount('moving')
  const target = newAddress('moved')
  const laptop = await newPage(await newDevice())
  await signIn(laptop, email, password)
  const phone = await newPage(await newDevice({ viewport: PHONE }))
  await signIn(phone, email, password)
  await mailTo(email, /New sign-in/)

  await phone.goto('/profile/email')
  await phone.getByLabel('New address').fill(email.toUpperCase())
  await phone.getByRole('button', { name: 'Send both messages' }).click()
  await phone.getByText('This is your current address').first().waitFor()
  await phone.getByLabel('New address').fill(target)
  await expectReachable(phone)
  await phone.getByRole('button', { name: 'Send both messages' }).click()
  await phone.getByText('Waiting for your confirmation').waitFor()
  await expectReachable(phone)

  await phone.goto(linkIn(await mailTo(email, /Change the e-mail/), '/confirm-email'))
  await phone.getByText(target).waitFor()
  expect(phone.url(), 'the token stays in the address bar').not.toContain('token')
  await expectReachable(phone)
  await phone.getByRole('button', { name: 'Yes, change the address' }).click()
  await heading(phone, 'Thank you. Now confirm from the new address')
  await phone.goto(linkIn(await mailTo(target, /Confirm your new/), '/confirm-email'))
  await phone.getByRole('button', { name: 'Yes, this is my address' }).click()
  await heading(phone, 'Your address is changed')
  await expectReachable(phone)
  await phone.goto('/profile')
  expect(await phone.getByLabel('E-mail address').inputValue()).toBe(target)

  await mailTo(email, /was changed/)
  await laptop.reload()
  await laptop.waitForURL(/\/sign-in/)
  await signIn(laptop, target, password)
  await heading(laptop, 'My homes')
})

it('changes nothing when the old mailbox refuses, and leads on to a new password', async () => {
  const email = await openAccount('staying')
  const { body } = await call('POST', '/auth/login', { body: { email, password, delivery: 'body' } })
  await call('POST', '/auth/email-change', { token: body.accessToken, body: { newEmail: newAddress('thief') } })
  const page = await newPage(await newDevice())
  await page.goto(linkIn(await mailTo(email, /Change the e-mail/), '/confirm-email'))
  await page.getByRole('button', { name: 'No, this was not me' }).click()
  await heading(page, 'Nothing was changed')
  await page.getByRole('link', { name: 'Choose a new password' }).click()
  await page.waitForURL(/forgot-password/)
  await signIn(page, email, password)
})

it('hands over a copy of the data where its owner is signed in, and erases the account for good', async () => {
  const email = await openAccount('leaving')
  const page = await newPage(await newDevice({ viewport: PHONE }))
  await signIn(page, email, password)
  await page.goto('/profile/data')
  await page.getByText('No copy has been made').waitFor()
  await expectReachable(page)
  await page.getByRole('button', { name: 'Prepare a copy' }).click()
  const ready = await mailTo(email, /Your data from/)
  expect(ready.text).not.toContain('/file')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^servAI \d{4}-\d\d-\d\d\.zip$/)
  const file = await fs.readFile(await download.path())
  expect(file.subarray(0, 2).toString()).toBe('PK')
  expect(file.toString('latin1')).toContain('README.txt')

  const erase = page.getByRole('region', { name: 'Erase your account' }).getByRole('button')
  await page.getByLabel('Your e-mail address, to be sure').fill('somebody@else.test')
  await erase.click()
  await page.getByText('This is not your e-mail address').first().waitFor()
  expect(await page.getByRole('dialog').count(), 'asked before it was known to be meant').toBe(0)
  await page.getByLabel('Your e-mail address, to be sure').fill(email)
  await erase.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Erase my account' }).click()
  await page.waitForURL(/\/sign-in/)
  await mailTo(email, /has been erased/)
  const again = await call('POST', '/auth/login', { body: { email, password } })
  expect(again.status).toBe(401)
})

it('signs all other devices out from one of them', async () => {
  const email = await openAccount('devices')
  const pages = []
  for (let device = 0; device < 3; device += 1) {
    const page = await newPage(await newDevice())
    await signIn(page, email, password)
    pages.push(page)
  }
  const [here, there] = pages as [Page, Page]
  await here.goto('/profile/devices')
  await here.getByText('This device').waitFor()
  await here.getByRole('button', { name: 'Sign out all others' }).click()
  await expectReachable(here)
  await here.getByRole('dialog').getByRole('button', { name: 'Sign out all others' }).click()
  await here.getByText('All other devices are signed out').waitFor()
  await there.reload()
  await there.waitForURL(/\/sign-in/)
  await here.reload()
  await here.getByText('This device').waitFor()
})
