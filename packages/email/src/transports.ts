import { createTransport as createSmtpTransport } from 'nodemailer'
import { Resend } from 'resend'

import type { Message } from './messages.ts'
import { oneLine } from './messages.ts'

export type Mailbox = { name: string; address: string }

export type Mail = {
  to: string
  from: Mailbox
  message: Message
  /** One per message that should exist: a repeated send with the same key reaches the reader once where the provider supports it. */
  idempotencyKey: string
}

/** @throws MailRejectedError when this mail can never be delivered; any other error means "try again later" */
export type MailTransport = {
  readonly kind: TransportConfig['kind']
  send(mail: Mail): Promise<{ providerId: string }>
  /** Resolves when the provider answers and accepts the credentials. */
  check(): Promise<void>
  close(): Promise<void>
}

export type StoredMail = {
  to: string
  from: string
  subject: string
  html: string
  text: string
  idempotencyKey: string
}

export type SmtpConfig = {
  kind: 'smtp'
  host: string
  port: number
  user?: string | undefined
  password?: string | undefined
  /** TLS from the first byte (port 465); otherwise STARTTLS, which credentials make mandatory beyond this machine. */
  secure: boolean
}

export type TransportConfig =
  | { kind: 'resend'; apiKey: string; baseUrl?: string | undefined }
  | SmtpConfig
  | { kind: 'mailbox'; store: (mail: StoredMail) => Promise<string>; isProduction: boolean }

/** The provider, or common sense, refused this very mail: trying again cannot help. */
export class MailRejectedError extends Error {
  override readonly name = 'MailRejectedError'
}

/** The provider could not be reached, is busy, or does not accept our credentials. */
export class MailUnavailableError extends Error {
  override readonly name = 'MailUnavailableError'
}

const PROVIDER_TIMEOUT_MS = 15_000

/** @throws Error when the development mailbox is asked for in production */
export const createTransport = (config: TransportConfig): MailTransport => {
  switch (config.kind) {
    case 'resend':
      return resendTransport(config.apiKey, config.baseUrl)
    case 'smtp':
      return smtpTransport(config)
    case 'mailbox':
      if (config.isProduction) throw new Error('EMAIL_TRANSPORT=mailbox is for development: nobody would get any mail')
      return mailboxTransport(config.store)
  }
}

/** Replies of other programs must not answer, and no vacation message either. */
const AUTOMATED = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }

/** Exactly one mailbox, nothing that could add a header or a second recipient. */
const ONE_MAILBOX = /^[^\s\p{Cc}@<>,;:"\\()[\]]+@[^\s\p{Cc}@<>,;:"\\()[\]]+$/u

const envelopeOf = ({ to, from, message }: Mail) => {
  if (!ONE_MAILBOX.test(to)) throw new MailRejectedError('The recipient is not one e-mail address')
  const name = oneLine(from.name).replace(/["\\<>]/g, '')
  return { to, from: { name, address: from.address }, subject: oneLine(message.subject) }
}

const resendTransport = (apiKey: string, baseUrl: string | undefined): MailTransport => {
  const client = new Resend(apiKey, baseUrl === undefined ? {} : { baseUrl: baseUrl.replace(/\/+$/, '') })
  // What another try can change: configuration, quota, load, the network.
  const isTemporary = (status: number | null, name: string) =>
    status === null ||
    status === 401 ||
    status === 403 ||
    status === 429 ||
    status >= 500 ||
    name === 'concurrent_idempotent_requests'

  return {
    kind: 'resend',
    async send(mail) {
      const { to, from, subject } = envelopeOf(mail)
      const { html, text } = mail.message
      const { data, error } = await client.emails.send(
        { to, from: `"${from.name}" <${from.address}>`, subject, html, text, headers: AUTOMATED },
        { idempotencyKey: mail.idempotencyKey, signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS) },
      )
      if (!error) return { providerId: data.id }
      const problem = `Resend: ${error.name} (${error.statusCode ?? 'no answer'}): ${error.message}`
      throw isTemporary(error.statusCode, error.name)
        ? new MailUnavailableError(problem)
        : new MailRejectedError(problem)
    },
    async check() {
      const { error } = await client.get('/domains', { signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS) })
      // A key that may only send is refused the list, and thereby known to be good.
      if (error && error.name !== 'restricted_api_key')
        throw new MailUnavailableError(`Resend: ${error.name}: ${error.message}`)
    },
    async close() {},
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

const smtpTransport = ({ host, port, user, password, secure }: SmtpConfig): MailTransport => {
  const client = createSmtpTransport({
    host,
    port,
    secure,
    requireTLS: user !== undefined && !secure && !isLoopback(host),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    pool: true,
    maxConnections: 3,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    kind: 'smtp',
    async send(mail) {
      const { to, from, subject } = envelopeOf(mail)
      const { html, text } = mail.message
      // SMTP knows no idempotency; a stable Message-ID lets servers and readers fold a repeated message.
      const messageId = `<${mail.idempotencyKey}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`
      try {
        const { messageId: providerId } = await client.sendMail({
          to: { name: '', address: to },
          from,
          subject,
          html,
          text,
          messageId,
          headers: AUTOMATED,
        })
        return { providerId }
      } catch (error) {
        throw isPermanentReply(error)
          ? new MailRejectedError('The mail server refused this message for good', { cause: error })
          : new MailUnavailableError('The mail server did not take this message', { cause: error })
      }
    },
    async check() {
      try {
        await client.verify()
      } catch (error) {
        throw new MailUnavailableError('The mail server does not answer or refuses the credentials', { cause: error })
      }
    },
    async close() {
      client.close()
    },
  }
}

/** A 5xx to the recipient or the content; one to the sign-in or the sender is about our configuration. */
const isPermanentReply = (error: unknown) =>
  error instanceof Error &&
  'permanent' in error &&
  error.permanent === true &&
  'command' in error &&
  (error.command === 'RCPT TO' || error.command === 'DATA')

const mailboxTransport = (store: (mail: StoredMail) => Promise<string>): MailTransport => ({
  kind: 'mailbox',
  async send(mail) {
    const { to, from, subject } = envelopeOf(mail)
    const { html, text } = mail.message
    const { idempotencyKey } = mail
    return {
      providerId: await store({ to, from: `${from.name} <${from.address}>`, subject, html, text, idempotencyKey }),
    }
  },
  async check() {},
  async close() {},
})
