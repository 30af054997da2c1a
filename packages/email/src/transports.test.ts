import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'

import { welcome } from './messages.ts'
import { MailRejectedError, MailUnavailableError, createTransport } from './transports.ts'
import type { Mail, StoredMail } from './transports.ts'

const mail = (more: Partial<Mail> = {}): Mail => ({
  to: 'anna@example.com',
  from: { name: 'Дом & Ко', address: 'no-reply@homes.example' },
  message: welcome({ locale: 'ru', appUrl: 'https://homes.example', senderName: 'servAI', firstName: 'Анна' }),
  idempotencyKey: '0199c2f0-0000-7000-8000-000000000001',
  ...more,
})

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const HEADER_ATTACKS = [
  'a@b.c\r\nBcc: x@y.z',
  'a@b.c, x@y.z',
  'a@b.c;x@y.z',
  'A <a@b.c>',
  'a b@c.d',
  'a@@b.c',
  'nobody',
  '',
]

describe('resend', () => {
  type Seen = { method: string; path: string; headers: IncomingHttpHeaders; body: unknown }

  const resend = async (status: number, answer: unknown) => {
    const seen: Seen[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const { method = '', url: path = '', headers } = request
      seen.push({ method, path, headers, body: body === '' ? null : JSON.parse(body) })
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(async () => server.close())
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // an AddressInfo, as it listens on TCP
    return { seen, transport: createTransport({ kind: 'resend', apiKey: 're_test_key', baseUrl }) }
  }

  it('sends both forms of the message with the key, and gives the id of the provider', async () => {
    const { seen, transport } = await resend(200, { id: 'provider-1' })
    const sent = mail()
    expect(await transport.send(sent)).toEqual({ providerId: 'provider-1' })
    expect(seen).toMatchObject([
      {
        method: 'POST',
        path: '/emails',
        headers: { authorization: 'Bearer re_test_key', 'idempotency-key': sent.idempotencyKey },
        body: {
          to: 'anna@example.com',
          from: '"Дом & Ко" <no-reply@homes.example>',
          subject: sent.message.subject,
          html: sent.message.html,
          text: sent.message.text,
          headers: { 'Auto-Submitted': 'auto-generated' },
        },
      },
    ])
  })

  it.each([
    [400, 'validation_error'],
    [409, 'invalid_idempotent_request'],
    [422, 'validation_error'],
    [422, 'invalid_parameter'],
  ])('gives up on %i %s', async (statusCode, name) => {
    const { transport } = await resend(statusCode, { statusCode, name, message: 'no' })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailRejectedError)
  })

  it.each([
    [401, 'invalid_api_key'],
    [403, 'invalid_from_address'],
    [409, 'concurrent_idempotent_requests'],
    [429, 'rate_limit_exceeded'],
    [429, 'daily_quota_exceeded'],
    [500, 'internal_server_error'],
  ])('lets a %i %s be tried again', async (statusCode, name) => {
    const { transport } = await resend(statusCode, { statusCode, name, message: 'no' })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('lets an answer that is no JSON be tried again', async () => {
    const { transport } = await resend(502, '<html>Bad gateway</html>')
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('lets a provider that is not there be tried again, and says so in the check', async () => {
    const transport = createTransport({ kind: 'resend', apiKey: 're_test_key', baseUrl: 'http://127.0.0.1:1' })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
    await expect(transport.check()).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('checks the key, also one that may only send', async () => {
    const full = await resend(200, { data: [] })
    await full.transport.check()
    expect(full.seen).toMatchObject([{ method: 'GET', path: '/domains' }])
    const sendOnly = await resend(401, { statusCode: 401, name: 'restricted_api_key', message: 'only sending' })
    await sendOnly.transport.check()
    const wrong = await resend(401, { statusCode: 401, name: 'invalid_api_key', message: 'invalid' })
    await expect(wrong.transport.check()).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it.each(HEADER_ATTACKS)('refuses the recipient %j before anything is sent', async (to) => {
    const { seen, transport } = await resend(200, { id: 'x' })
    await expect(transport.send(mail({ to }))).rejects.toBeInstanceOf(MailRejectedError)
    expect(seen).toEqual([])
  })

  it('keeps line breaks and quotes of a name or subject out of the headers', async () => {
    const { seen, transport } = await resend(200, { id: 'x' })
    const from = { name: 'A"\r\nBcc: <x@y.z>', address: 'no-reply@homes.example' }
    await transport.send(mail({ from, message: { subject: 'One\r\nBcc: x@y.z', html: '', text: '' } }))
    expect(seen[0]!.body).toMatchObject({ from: '"A Bcc: x@y.z" <no-reply@homes.example>', subject: 'One Bcc: x@y.z' })
  })
})

describe('smtp', () => {
  type Received = { from: string; to: string[]; raw: Buffer; user: unknown }

  const refusal = (responseCode: number) => Object.assign(new Error('refused by the test'), { responseCode })

  const smtp = async (options: SMTPServerOptions = {}, login?: { user: string; password: string }) => {
    const received: Received[] = []
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'servai' && password === 'right' ? done(null, { user: username }) : done(refusal(535)),
      onData(stream, session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          received.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw: Buffer.concat(chunks),
            user: session.user,
          })
          done()
        })
      },
      ...options,
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const { port } = server.server.address() as AddressInfo // as above
    const transport = createTransport({ kind: 'smtp', host: '127.0.0.1', port, secure: false, ...login })
    closers.push(async () => {
      await transport.close()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    })
    return { received, transport }
  }

  it('delivers both forms to exactly one recipient, signed in', async () => {
    const { received, transport } = await smtp({}, { user: 'servai', password: 'right' })
    const sent = mail()
    expect(await transport.send(sent)).toEqual({ providerId: `<${sent.idempotencyKey}@homes.example>` })
    expect(received).toMatchObject([{ from: 'no-reply@homes.example', to: ['anna@example.com'], user: 'servai' }])
    const parsed = await PostalMime.parse(received[0]!.raw)
    expect(parsed).toMatchObject({
      from: { name: 'Дом & Ко', address: 'no-reply@homes.example' },
      to: [{ address: 'anna@example.com' }],
      subject: sent.message.subject,
      messageId: `<${sent.idempotencyKey}@homes.example>`,
    })
    expect(parsed.text!.trimEnd()).toBe(sent.message.text.trimEnd())
    expect(parsed.html!.trimEnd()).toBe(sent.message.html.trimEnd())
    expect(parsed.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }))
  })

  it('gives up on a recipient that does not exist', async () => {
    const { transport } = await smtp({ onRcptTo: (_address, _session, done) => done(refusal(550)) })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailRejectedError)
  })

  it('gives up on content that is refused for good', async () => {
    const { transport } = await smtp({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(refusal(554)))
      },
    })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailRejectedError)
  })

  it('lets a greylisted recipient, a full server and a refused sender be tried again', async () => {
    const greylisted = await smtp({ onRcptTo: (_address, _session, done) => done(refusal(451)) })
    await expect(greylisted.transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
    const full = await smtp({ onMailFrom: (_address, _session, done) => done(refusal(452)) })
    await expect(full.transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
    const sender = await smtp({ onMailFrom: (_address, _session, done) => done(refusal(550)) })
    await expect(sender.transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('lets wrong credentials be corrected and tried again, and names them in the check', async () => {
    const { transport } = await smtp({}, { user: 'servai', password: 'wrong' })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
    await expect(transport.check()).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('lets a server that is not there be tried again', async () => {
    const transport = createTransport({ kind: 'smtp', host: '127.0.0.1', port: 1, secure: false })
    await expect(transport.send(mail())).rejects.toBeInstanceOf(MailUnavailableError)
    await expect(transport.check()).rejects.toBeInstanceOf(MailUnavailableError)
  })

  it('checks a server that is there', async () => {
    const { transport } = await smtp({}, { user: 'servai', password: 'right' })
    await transport.check()
  })

  it.each(HEADER_ATTACKS)('refuses the recipient %j before anything is sent', async (to) => {
    const { received, transport } = await smtp()
    await expect(transport.send(mail({ to }))).rejects.toBeInstanceOf(MailRejectedError)
    expect(received).toEqual([])
  })

  it('keeps line breaks of a name or subject out of the headers', async () => {
    const { received, transport } = await smtp()
    const from = { name: 'A"\r\nBcc: x@y.z', address: 'no-reply@homes.example' }
    await transport.send(mail({ from, message: { subject: 'One\r\nBcc: x@y.z', html: '<p>x</p>', text: 'x' } }))
    const parsed = await PostalMime.parse(received[0]!.raw)
    expect(parsed.subject).toBe('One Bcc: x@y.z')
    expect(parsed.from?.name).toBe('A Bcc: x@y.z')
    expect(parsed.bcc ?? []).toEqual([])
    expect(received[0]!.to).toEqual(['anna@example.com'])
  })
})

describe('mailbox', () => {
  const mailbox = (isProduction = false) => {
    const stored: StoredMail[] = []
    const store = async (each: StoredMail) => `row-${stored.push(each)}`
    return { stored, transport: createTransport({ kind: 'mailbox', store, isProduction }) }
  }

  it('stores what a reader would see', async () => {
    const { stored, transport } = mailbox()
    const sent = mail()
    expect(await transport.send(sent)).toEqual({ providerId: 'row-1' })
    expect(stored).toEqual([
      {
        to: 'anna@example.com',
        from: 'Дом & Ко <no-reply@homes.example>',
        ...sent.message,
        idempotencyKey: sent.idempotencyKey,
      },
    ])
    await transport.check()
  })

  it('refuses to exist in production', () => {
    expect(() => mailbox(true)).toThrow(/development/)
  })
})
