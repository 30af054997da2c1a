import { randomBytes, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openInstance, useInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send } from '../../test/send.ts'

const to = `Anna.${randomUUID()}@example.test`
const mail = {
  sender: 'servAI <no-reply@localhost>',
  recipient: to,
  subject: 'Confirm <b>your</b> address',
  html: '<!doctype html><html><head><title>x</title></head><body><a href="http://localhost:3000/verify-email#token=abc">Confirm</a></body></html>',
  text: 'Confirm: http://localhost:3000/verify-email#token=abc <script>',
}

let server: Instance
let id: string
beforeAll(async () => {
  server = await openInstance({ router: probeRouter })
  const sql = postgres(inject('databaseSystemUrl'), { max: 1 })
  id = randomUUID()
  await sql`insert into dev_mailbox ${sql({ id, idempotency_key: id, ...mail })}`
  await sql.end()
})
afterAll(() => server.stop())

describe('the development mailbox', () => {
  it('lists messages as JSON, to one address in any spelling', async () => {
    const { json } = await send(`${server.url}/dev/mailbox.json?to=${encodeURIComponent(to.toLowerCase())}`)
    expect(json()).toEqual([
      {
        id,
        from: mail.sender,
        to,
        subject: mail.subject,
        html: mail.html,
        text: mail.text,
        createdAt: expect.any(String),
      },
    ])
    expect((await send(`${server.url}/dev/mailbox.json?to=nobody@example.test`)).json()).toEqual([])
  })

  it('shows list and message with everything escaped', async () => {
    for (const path of ['/dev/mailbox', `/dev/mailbox?to=${encodeURIComponent(to)}`, `/dev/mailbox/${id}`]) {
      const { status, text } = await send(server.url + path)
      expect(status).toBe(200)
      expect(text).toContain('Confirm &lt;b&gt;your&lt;/b&gt; address')
      expect(text).not.toMatch(/<script|<b>your/)
    }
    const search = await send(`${server.url}/dev/mailbox?to=${encodeURIComponent('"><script>')}`)
    expect(search.text).toContain('value="&quot;&gt;&lt;script&gt;"')
  })

  it('shows the HTML in a frame that can run nothing, with links that open', async () => {
    const page = await send(`${server.url}/dev/mailbox/${id}`)
    expect(page.text).toContain(`<iframe class="card" src="/dev/mailbox/${id}/html"`)
    const frame = await send(`${server.url}/dev/mailbox/${id}/html`)
    expect(frame.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
    )
    expect(frame.text).toContain('<head><base target="_blank"><title>')
    expect(frame.text).toContain('#token=abc')
  })

  it.each([randomUUID(), 'nothing', `${randomBytes(4).toString('hex')}/html`, "1' or '1'='1"])(
    'has no message %s',
    async (name) => {
      expect((await send(`${server.url}/dev/mailbox/${encodeURIComponent(name)}`)).status).toBe(404)
    },
  )

  it('is shown to nobody who reached it by a name that somebody let resolve to us', async () => {
    for (const path of ['', '.json', `/${id}`, `/${id}/html`]) {
      const answer = await send(`${server.url}/dev/mailbox${path}`, { headers: { host: 'evil.example:3000' } })
      expect([answer.status, answer.reason()]).toEqual([403, 'request.cross_site'])
    }
    const named = await send(`${server.url}/dev/mailbox.json`, { headers: { host: 'localhost:3000' } })
    expect(named.status).toBe(200)
  })

  it('does not exist in production, nor where mail is sent for real', async () => {
    const smtp = { EMAIL_TRANSPORT: 'smtp', SMTP_HOST: 'smtp.internal', EMAIL_FROM: 'a@b.example' }
    const { url } = await useInstance({ router: probeRouter, env: smtp })
    for (const path of ['', '.json', '.css', `/${id}`, `/${id}/html`])
      expect((await send(`${url}/dev/mailbox${path}`, { headers: { accept: 'text/html' } })).status).toBe(404)
  })
})
