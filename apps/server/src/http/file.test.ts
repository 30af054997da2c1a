import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger } from '@servai/telemetry/log'
import { afterEach, expect, it } from 'vitest'
import { CLIENT_CLOSED_REQUEST, type Exchange } from './exchange.ts'
import { dispositionOf, replyFile } from './file.ts'

const servers: http.Server[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))))

/** Answers every request with this content; tells how each ended. */
const serve = async (content: () => AsyncGenerator<Buffer>) => {
  const log = createLogger({ level: 'silent', service: 'test' })
  let told: (status: number) => void
  const answered = new Promise<number>((resolve) => (told = resolve))
  const server = http.createServer((req, res) => {
    const exchange: Exchange = {
      req,
      res,
      method: req.method ?? 'GET',
      path: '/',
      query: '',
      requestId: 'r',
      address: 'a',
      route: 'file',
      calls: undefined,
      accessToken: null,
      headers: [],
      quota: undefined,
      refusal: undefined,
      deadline: undefined,
      onAnswered: (_exchange, status) => told(status),
    }
    replyFile(exchange, [], { fileName: 'a.csv', contentType: 'text/csv', content: content() }, log).catch(() =>
      res.destroy(),
    )
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answered }
}

const request = async (url: string, method = 'GET') => {
  const asked = http.request(url, { method, agent: false }).end()
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage]
  return response
}

it('a reader that goes away ends the making of the file, and one that is slow holds it up', async () => {
  let made = 0
  let isEnded = false
  const { url, answered } = await serve(async function* () {
    try {
      for (;;) {
        made++
        yield Buffer.alloc(65_536)
      }
    } finally {
      isEnded = true
    }
  })
  const response = await request(url)
  await once(response, 'readable')
  await new Promise((resolve) => setTimeout(resolve, 100))
  const before = made
  expect(before).toBeLessThan(500)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(made).toBe(before)
  response.destroy()
  expect(await answered).toBe(CLIENT_CLOSED_REQUEST)
  expect(isEnded).toBe(true)
})

it('what fails in the middle tears the connection, so that half a file is not taken for the whole', async () => {
  const { url, answered } = await serve(async function* () {
    yield Buffer.from('half')
    await new Promise((resolve) => setTimeout(resolve, 50))
    throw new Error('the database went away')
  })
  const response = await request(url)
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await answered).toBe(500)
})

it('a head has no body, and a file of nothing is empty', async () => {
  const content = async function* () {
    yield Buffer.from('x')
  }
  const head = await request((await serve(content)).url, 'HEAD')
  expect(await head.toArray()).toEqual([])
  const nothing = await serve(async function* () {})
  expect(await (await request(nothing.url)).toArray()).toEqual([])
  expect(await nothing.answered).toBe(200)
})

it('no name breaks out of its header', () => {
  expect(dispositionOf('a"b\r\nx: y;é\'(1)*.csv')).toBe(
    `attachment; filename="a_b__x_ y____1__.csv"; filename*=UTF-8''a%22b%0D%0Ax%3A%20y%3B%C3%A9%27%281%29%2A.csv`,
  )
})
