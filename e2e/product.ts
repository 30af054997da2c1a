import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'

export const at = (path: string) => new URL(path, inject('productUrl')).href

type Mail = { id: string; to: string; subject: string; text: string; html: string }

/** The newest message to an address whose subject matches, waited for as the worker sends it. */
export const mailTo = async (address: string, subject: RegExp): Promise<Mail> => {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) {
    const answer = await fetch(at(`/dev/mailbox.json?to=${encodeURIComponent(address)}`))
    const messages = (await answer.json()) as Mail[]
    const found = messages.find((mail) => subject.test(mail.subject))
    if (found) return found
  }
  throw new Error(`no message ${subject} came to ${address}`)
}

export const linkIn = (mail: Mail, path: string) => {
  const link = mail.text.match(new RegExp(`https?://\\S*${path}\\S*`))?.[0]
  if (!link) throw new Error(`no link to ${path} in: ${mail.text}`)
  return link
}

export const tokenIn = (mail: Mail, path: string) => new URL(linkIn(mail, path)).hash.replace('#token=', '')

/** What a program sees; each test states the shape it counts on. */
// oxlint-disable-next-line no-explicit-any
type Answer = { status: number; body: any; headers: Headers }

/** One REST call, as a program without cookies makes it. */
export const call = async (
  method: string,
  path: string,
  options: { body?: unknown; token?: string; context?: string } = {},
): Promise<Answer> => {
  const response = await fetch(at(`/api/v1${path}`), {
    method,
    headers: {
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...(options.token && { authorization: `Bearer ${options.token}` }),
      ...(options.context && { 'x-servai-context': options.context }),
    },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
}

let counter = 0
export const newAddress = (name: string) => `${name}.${Date.now().toString(36)}${(counter += 1)}@people.test`
