import { expect, it } from 'vitest'
import { DESK, expectReachable, newDevice, newPage, PHONE, signIn } from './browser.ts'
import { call, linkIn, mailTo, newAddress } from './product.ts'

const password = 'Mandarin-Lantern-42'
const boss = { email: 'north.director@demo.servai.example', password: 'quiet-harbour-lantern' }

/** As a program signs in: its token, and the contexts it may name. */
const enter = async (who: { email: string; password: string }) => {
  const { body } = await call('POST', '/auth/login', { body: { ...who, delivery: 'body' } })
  return { token: body.accessToken as string, contexts: body.user.contexts as { key: string }[] }
}

it('leads a colleague from an invite to the complex in their care, and out again when it is taken away', async () => {
  const email = newAddress('manager')
  const { token, contexts } = await enter(boss)
  const context = contexts[0]!.key
  const stamp = Date.now().toString(36)
  for (const name of [`Own ${stamp}`, `Other ${stamp}`]) {
    const body = { name, city: 'London', address: '1 Quay Street', timezone: 'Europe/London' }
    expect((await call('POST', '/property/complexes', { token, context, body })).status).toBe(201)
  }

  const desk = await newPage(await newDevice({ viewport: DESK }))
  await signIn(desk, boss.email, boss.password)
  await desk.goto('/staff')
  await desk.getByRole('main').getByRole('link', { name: 'Invite colleague' }).first().click()
  await desk.getByRole('heading', { name: 'Invite a colleague', level: 1 }).waitFor()
  await desk.getByLabel('E-mail address').fill(email)
  await desk.getByLabel('Role', { exact: true }).selectOption({ label: 'Complex manager' })
  await expectReachable(desk)
  await desk.getByRole('button', { name: 'Send invite' }).click()
  await desk.getByText('Choose at least one complex').first().waitFor()
  await desk.getByLabel(`Own ${stamp}`).check()
  await desk.getByRole('button', { name: 'Send invite' }).click()
  await desk.getByText(`Invite sent to ${email}`).waitFor()
  await desk.getByRole('heading', { name: 'Open invites' }).waitFor()
  await desk.getByRole('main').getByText(email).waitFor()
  await expectReachable(desk)

  const phone = await newPage(await newDevice({ viewport: PHONE }))
  await phone.goto(linkIn(await mailTo(email, /invites you to work/), '/staff-invite'))
  await phone.getByText('invites you to work with it').waitFor()
  await phone.getByText(`Own ${stamp}`).waitFor()
  expect(new URL(phone.url()).hash, 'the token stays in the address bar').toBe('')
  await expectReachable(phone)
  await phone.getByRole('link', { name: 'Create an account' }).click()
  await phone.getByLabel('First name').fill('Priya')
  await phone.getByLabel('Last name').fill('Wilson')
  await phone.getByLabel('E-mail address').fill(email)
  await phone.getByLabel('Password', { exact: true }).fill(password)
  await phone.getByRole('button', { name: 'Create account' }).click()
  await phone.getByText('Check your mailbox').first().waitFor()
  await phone.goto(linkIn(await mailTo(email, /confirm/i), '/verify-email'))
  await phone.getByText('Your address is confirmed').waitFor()
  await phone.getByRole('link', { name: 'Go on' }).click()
  await phone.getByRole('button', { name: 'Accept invite' }).click()
  await phone.getByText(/Welcome to/).waitFor()
  await phone.goto('/complexes')
  await phone.getByRole('link', { name: `Own ${stamp}` }).waitFor()
  await expect(phone.getByText(`Other ${stamp}`).count()).resolves.toBe(0)
  await expectReachable(phone)

  const manager = await enter({ email, password })
  const complexes = () => call('GET', '/property/complexes', { token: manager.token, context })
  const seen = (await complexes()).body.items as { name: string }[]
  expect(seen.map(({ name }) => name)).toEqual([`Own ${stamp}`])

  await desk.goto(`/staff?q=${encodeURIComponent(email)}`)
  await desk.getByRole('link', { name: /Priya Wilson/ }).click()
  await desk.getByRole('heading', { name: 'Priya Wilson', level: 1 }).waitFor()
  await expectReachable(desk)
  await desk.getByRole('link', { name: 'Why can they see this?' }).click()
  await desk
    .getByLabel('Complex', { exact: true })
    .last()
    .selectOption({ label: `Own ${stamp}` })
  await desk.getByText(`Priya Wilson can see Own ${stamp}`).waitFor()
  await expectReachable(desk)
  await desk.goBack()
  await desk.getByRole('heading', { name: 'Priya Wilson', level: 1 }).waitFor()
  await desk.getByRole('button', { name: /^Take away/ }).click()
  await desk.getByText('Complex manager taken away from Priya Wilson').waitFor()

  const refused = await complexes()
  expect([refused.status, refused.body.error.reason]).toEqual([403, 'auth.context_denied'])
  await phone.reload()
  await phone.getByRole('heading', { name: 'You cannot see this page' }).waitFor()

  await desk.getByRole('button', { name: 'Undo' }).click()
  await desk.getByText('Given back').waitFor()
  expect((await complexes()).status).toBe(200)
})
