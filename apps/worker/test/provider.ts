import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { key: string; atMs: number; to: string; subject: string; text: string; html: string }

/** The outer edge: a mail provider that speaks Resend's protocol over real HTTP and does what a test tells it to. */
export const startProvider = async () => {
  const received: Received[] = []
  let status = 200
  let remainingFailures = 0
  let gate: Promise<void> = Promise.resolve()
  let open = () => {}

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const key = String(request.headers['idempotency-key'])
    received.push({ ...(JSON.parse(body) as Omit<Received, 'key' | 'atMs'>), key, atMs: performance.now() }) // what the worker just sent
    await gate
    const isFailure = remainingFailures > 0
    remainingFailures -= isFailure ? 1 : 0
    response.writeHead(isFailure ? status : 200, { 'content-type': 'application/json' })
    const problem = { statusCode: status, name: 'application_error', message: `no mail for ${received.at(-1)?.to}` }
    response.end(JSON.stringify(isFailure ? problem : { id: `sent-${key}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    received,
    keys: () => received.map(({ key }) => key).sort(),
    failNext: (count: number, withStatus: number) => {
      remainingFailures = count
      status = withStatus
    },
    /** Requests are received but not answered until `release`. */
    hold: () => {
      gate = new Promise((resolve) => (open = resolve))
    },
    release: () => open(),
    close: () => {
      open()
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
