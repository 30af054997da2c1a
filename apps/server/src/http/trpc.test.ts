import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { RequestContext } from '@servai/api/context'
import { createLogger } from '@servai/telemetry/log'
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send, type Sending } from '../../test/send.ts'
import { parseEnv } from '../env.ts'
import { createServices, type Platform } from '../services.ts'
import { MAX_BATCH_SIZE } from './limits.ts'

let ours: Instance
let official: Server
let officialUrl: string
let platform: Platform

beforeAll(async () => {
  ours = await openInstance({ router: probeRouter })
  platform = createServices(parseEnv(environment()), createLogger({ level: 'silent', service: 'official' }))
  official = createServer((req, res) => {
    void nodeHTTPRequestHandler({
      router: probeRouter,
      req,
      res,
      path: req.url!.slice('/trpc/'.length).split('?')[0]!,
      maxBatchSize: MAX_BATCH_SIZE,
      createContext: ({ info }): RequestContext => ({
        services: platform.services,
        requestId: 'official',
        address: '127.0.0.1',
        userAgent: '',
        accessToken: null,
        contextKey: null,
        refreshCookie: { read: () => null, write: () => undefined, clear: () => undefined },
        deviceCookie: { read: () => null, write: () => undefined },
        calls: info.calls.length,
        setHeader: () => undefined,
      }),
    })
  }).listen(0, '127.0.0.1')
  await once(official, 'listening')
  officialUrl = `http://127.0.0.1:${(official.address() as AddressInfo).port}`
})
afterAll(async () => {
  official.close()
  await Promise.all([ours.stop(), platform.close()])
})

const input = (value: unknown) => encodeURIComponent(JSON.stringify(value))
const post = (json: unknown): Sending => ({ method: 'POST', json })

const CORPUS: [name: string, path: string, sending?: Sending][] = [
  ['a query', `probe.get?input=${input({ text: 'a b+c ж', count: -1.5, nested: [{ a: null }] })}`],
  ['a query whose input holds a plus', 'probe.get?input=%7B%22text%22:%22a+b%22%7D'],
  ['a query that needs no input', 'probe.none'],
  ['a query that needs no input and gets some', `probe.none?input=${input({ a: 1 })}`],
  ['a query without the input it needs', 'probe.get'],
  ['a query with an empty input', 'probe.get?input='],
  ['a query with a wrong type', `probe.get?input=${input({ text: 5 })}`],
  ['a query with an unknown key', `probe.get?input=${input({ admin: true })}`],
  ['a query with broken JSON', 'probe.get?input=%7B'],
  ['a query by POST', 'probe.get', post({ text: 'a' })],
  ['a mutation', 'probe.set', post({ text: 'a', count: 1 })],
  [
    'a mutation with an empty body',
    'probe.refuse',
    { method: 'POST', headers: { 'content-type': 'application/json' } },
  ],
  [
    'a mutation with broken JSON',
    'probe.set',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
  ],
  ['a mutation with null', 'probe.set', post(null)],
  ['a mutation with a list', 'probe.set', post([1])],
  ['a mutation by GET', `probe.set?input=${input({})}`],
  ['a mutation by GET in a batch', `probe.set,probe.set?batch=1&input=${input({ 0: {}, 1: {} })}`],
  ['an unknown procedure', 'probe.unknown'],
  ['an unknown procedure by POST', 'probe.unknown', post({})],
  ['a name of Object', 'constructor'],
  ['a router instead of a procedure', 'probe'],
  ['no procedure', ''],
  ['a refusal with a reason', 'probe.refuse', post({})],
  ['a crash', 'probe.crash'],
  ['no session', 'probe.private'],
  ['PUT', 'probe.set', { method: 'PUT', json: {} }],
  ['PATCH on a query', 'probe.get', { method: 'PATCH', json: {} }],
  ['HEAD', 'probe.get', { method: 'HEAD' }],
  ['a batch', `probe.get,probe.none?batch=1&input=${input({ 0: { text: 'a' } })}`],
  ['a batch of one', `probe.get?batch=1&input=${input({ 0: { text: 'a' } })}`],
  ['a batch by POST', 'probe.set,probe.set?batch=1', post({ 0: { text: 'a' }, 1: { text: 'b' } })],
  [
    'a batch with success and failure: 207',
    `probe.get,probe.get?batch=1&input=${input({ 0: { text: 'a' }, 1: { text: 1 } })}`,
  ],
  ['a batch with two kinds of failure: 207', `probe.unknown,probe.private?batch=1`],
  ['a batch that fails alike', `probe.get,probe.get?batch=1&input=${input({ 0: { text: 1 }, 1: { text: 2 } })}`],
  ['a batch with an unknown procedure', `probe.none,probe.unknown?batch=1`],
  ['a batch without input', 'probe.get,probe.get?batch=1'],
  ['a batch with broken JSON', 'probe.get,probe.get?batch=1&input=%7B'],
  ['a batch whose input is no object', `probe.get,probe.get?batch=1&input=${input(5)}`],
  ['a batch of a query and a mutation', `probe.get,probe.set?batch=1&input=${input({ 0: {}, 1: {} })}`],
  [
    'a batch of what has to be alone',
    'probe.signIn,probe.signIn?batch=1',
    post({ 0: { token: 'a' }, 1: { token: 'b' } }),
  ],
  ['commas without batch', `probe.none,probe.none`],
  ['an undecodable path', '%c3'],
  ['an encoded path', 'probe%2Enone'],
]

/** Request ids are each server's own. */
const normal = (text: string) =>
  text.replace(/"requestId":"[^"]*"/g, '"requestId":"*"').replace(/,?"requestId":"\*"/g, '')

describe('the thin path answers as the official adapter does', () => {
  it.each(CORPUS)('%s', async (_, path, sending) => {
    const [mine, theirs] = await Promise.all([
      send(`${ours.url}/trpc/${path}`, sending),
      send(`${officialUrl}/trpc/${path}`, sending),
    ])
    expect({ status: mine.status, body: normal(mine.text), allow: mine.headers.allow }).toEqual({
      status: theirs.status,
      body: normal(theirs.text),
      allow: theirs.headers.allow,
    })
    if (mine.text) expect(mine.headers['content-type']).toBe('application/json')
  })
})

describe('a batch', () => {
  const names = (count: number) => Array.from({ length: count }, () => 'probe.none').join(',')

  it('holds ten calls, and not one runs of eleven', async () => {
    expect((await send(`${ours.url}/trpc/${names(10)}?batch=1`)).status).toBe(200)
    for (const sending of [undefined, post({})]) {
      const answer = await send(`${ours.url}/trpc/${names(11)}?batch=1`, sending)
      expect([answer.status, answer.reason()]).toEqual([400, 'request.batch_too_large'])
    }
  })

  it('of 15,000 commas gets one short answer', async () => {
    const answer = await send(`${ours.url}/trpc/${','.repeat(15_000)}?batch=1`)
    expect([answer.status, answer.reason()]).toEqual([400, 'request.batch_too_large'])
    expect(answer.text.length).toBeLessThan(400)
  })

  it('tells the procedures how many they are, counts once as route and is named in the log', async () => {
    const answer = await send(`${ours.url}/trpc/probe.get,probe.get?batch=1&input=${input({ 0: {}, 1: {} })}`)
    expect(answer.json()).toMatchObject([{ result: { data: { calls: 2 } } }, { result: { data: { calls: 2 } } }])
    const line = ours.logs().find(({ requestId }) => requestId === answer.headers['x-request-id'])
    expect(line).toMatchObject({ route: 'batch', calls: 'probe.get,probe.get', status: 200, method: 'GET' })
  })

  it('tells to come back when the most patient of its failures says', async () => {
    const answer = await send(`${ours.url}/trpc/probe.refuse,probe.cookie?batch=1`, post({}))
    expect([answer.status, answer.headers['retry-after']]).toEqual([207, '7'])
  })
})

describe('the official client', () => {
  const client = (link: typeof httpLink | typeof httpBatchLink | typeof httpBatchStreamLink) =>
    createTRPCClient<typeof probeRouter>({ links: [link({ url: `${ours.url}/trpc` })] })

  it.each([
    ['httpLink', httpLink],
    ['httpBatchLink', httpBatchLink],
    ['httpBatchStreamLink', httpBatchStreamLink],
  ] as const)('speaks to it by %s', async (_, link) => {
    const { probe } = client(link)
    const [got, set] = await Promise.all([probe.get.query({ text: 'ж' }), probe.set.mutate({ count: 2 })])
    expect([got.echoed, set.echoed]).toEqual([{ text: 'ж' }, { text: '', count: 2 }])
    await expect(probe.refuse.mutate()).rejects.toMatchObject({
      data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429, reason: 'request.rate_limited' },
    })
  })
})

describe('to who asks for a stream', () => {
  const jsonl = { 'trpc-accept': 'application/jsonl' }

  it('a mutation is answered at once, with its cookie and its status line in the log', async () => {
    const answer = await send(`${ours.url}/trpc/probe.signIn?batch=1`, {
      ...post({ 0: { token: 'abc' } }),
      headers: jsonl,
    })
    expect([answer.status, answer.headers['set-cookie'], answer.headers['content-length']]).toEqual([
      200,
      [expect.stringContaining('abc')],
      expect.any(String),
    ])
    expect(answer.text).toBe('{"0":[[{"result":{"data":{"ok":true}}}]]}\n')
    const alone = await send(`${ours.url}/trpc/probe.signIn`, { ...post({ token: 'abc' }), headers: jsonl })
    expect([alone.headers['set-cookie'], alone.json()]).toEqual([
      [expect.stringContaining('abc')],
      { result: { data: { ok: true } } },
    ])
  })

  it('only queries are streamed', async () => {
    const queries = await send(`${ours.url}/trpc/probe.none,probe.none?batch=1`, { headers: jsonl })
    const mixed = await send(`${ours.url}/trpc/probe.none,probe.signIn?batch=1`, { headers: jsonl })
    const accepted = await send(`${ours.url}/trpc/probe.set?batch=1`, {
      ...post({ 0: {} }),
      headers: { accept: 'application/jsonl' },
    })
    expect([queries, mixed, accepted].map(({ status, headers }) => [status, headers['transfer-encoding']])).toEqual([
      [200, 'chunked'],
      [400, undefined],
      [200, undefined],
    ])
  })

  it('a refused mutation tells the official client why', async () => {
    const { probe } = createTRPCClient<typeof probeRouter>({
      links: [httpBatchStreamLink({ url: `${ours.url}/trpc` })],
    })
    const outcomes = await Promise.allSettled([probe.refuse.mutate(), probe.set.mutate({ count: 3 })])
    expect(outcomes).toMatchObject([
      { reason: { data: { reason: 'request.rate_limited', httpStatus: 429 } } },
      { value: { echoed: { text: '', count: 3 } } },
    ])
  })
})

it('leaves subscriptions to the official adapter, with our headers and in our log', async () => {
  const answer = await send(`${ours.url}/trpc/probe.ticks`, { headers: { accept: 'text/event-stream' } })
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'x-request-id': expect.any(String),
    'x-content-type-options': 'nosniff',
  })
  expect(answer.text.match(/^data: \d/gm)).toEqual(['data: 1', 'data: 2'])
  const line = ours.logs().find(({ requestId }) => requestId === answer.headers['x-request-id'])
  expect(line).toMatchObject({ route: 'probe.ticks', status: 200 })
})

it('keeps the gates in front of the official adapter', async () => {
  const headers = { 'trpc-accept': 'application/jsonl' }
  const proto = await send(`${ours.url}/trpc/probe.set?batch=1`, {
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"0":{"nested":{"__proto__":1}}}',
  })
  expect([proto.status, proto.reason()]).toEqual([400, 'request.malformed'])
  const many = await send(`${ours.url}/trpc/${'probe.none,'.repeat(11)}?batch=1`, { headers })
  expect([many.status, many.reason()]).toEqual([400, 'request.batch_too_large'])
})
