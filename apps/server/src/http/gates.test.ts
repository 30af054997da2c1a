import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send, sendRaw, type Sending } from '../../test/send.ts'

const LISTED = 'https://partner.example'
let server: Instance

beforeAll(async () => {
  server = await openInstance({
    router: probeRouter,
    env: { APP_URL: 'http://app.test', ALLOWED_ORIGINS: LISTED, NODE_ENV: 'test' },
  })
})
afterAll(() => server.stop())

/** The same mutation over both transports. */
const DOORS = [
  ['tRPC', '/trpc/probe.set'],
  ['REST', '/api/v1/probe'],
] as const

const outcome = async (path: string, sending: Sending) => {
  const answer = await send(server.url + path, { method: 'POST', ...sending })
  return answer.status === 200 ? 200 : [answer.status, answer.reason()]
}
const JSON_TYPE = { 'content-type': 'application/json' }

describe.each(DOORS)('over %s', (_, path) => {
  it.each([
    ['an unknown key', '{"role":"platform_admin"}', 'request.invalid'],
    ['a wrong type', '{"text":5}', 'request.invalid'],
    ['broken syntax', '{"text":', 'request.malformed'],
    ['NaN', '{"count":NaN}', 'request.malformed'],
    ['a number beyond the finite', '{"count":1e400}', 'request.malformed'],
    ['U+0000', '{"text":"a\\u0000"}', 'request.malformed'],
    ['half a surrogate pair', '{"text":"\\ud800"}', 'request.malformed'],
    ['a prototype key', '{"nested":{"__proto__":{"a":1}}}', 'request.malformed'],
    ['a key twice', '{"text":"a","text":"b"}', 'request.malformed'],
    ['33 levels', `{"nested":${'['.repeat(33)}${']'.repeat(33)}}`, 'request.malformed'],
    ['1,001 items', `{"nested":[${'0,'.repeat(1000)}0]}`, 'request.malformed'],
    ['an array for an object', '[]', path.startsWith('/trpc') ? 'request.invalid' : 'request.malformed'],
  ])('answers 400 to %s', async (_name, body, reason) => {
    expect(await outcome(path, { headers: JSON_TYPE, body })).toEqual([400, reason])
  })

  it('answers 400 to bytes that are no UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    expect(await outcome(path, { headers: JSON_TYPE, body })).toEqual([400, 'request.malformed'])
  })

  it.each([
    ['multipart/form-data; boundary=x'],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/octet-stream'],
    ['application/jsonp'],
  ])('answers 415 to %s', async (type) => {
    expect(await outcome(path, { headers: { 'content-type': type }, body: '{}' })).toEqual([
      415,
      'request.unsupported_type',
    ])
  })

  it('answers 415 without a content type and to a compressed body', async () => {
    expect(await outcome(path, { body: '{}' })).toEqual([415, 'request.unsupported_type'])
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    expect(await outcome(path, { headers, body: '{}' })).toEqual([415, 'request.unsupported_type'])
  })

  it('takes any spelling of application/json', async () => {
    expect(await outcome(path, { headers: { 'content-type': 'Application/JSON; charset=utf-8' }, body: '{}' })).toBe(
      200,
    )
  })

  it('answers 413 to more than 100 kB, announced or not, and reads a 5 MB sender to its end', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(100_000) })
    expect(await outcome(path, { headers: JSON_TYPE, body })).toEqual([413, 'request.too_large'])
    const chunked = { ...JSON_TYPE, 'transfer-encoding': 'chunked' }
    expect(await outcome(path, { headers: chunked, body })).toEqual([413, 'request.too_large'])
    expect(await outcome(path, { headers: JSON_TYPE, body: Buffer.alloc(5_000_000, 0x20) })).toEqual([
      413,
      'request.too_large',
    ])
  })

  describe('lets a change pass only from servAI itself', () => {
    const cross = [403, 'request.cross_site']
    const from = (headers: Record<string, string>) =>
      outcome(path, { headers: { ...JSON_TYPE, ...headers }, body: '{}' })

    it.each([
      ['a program', {}],
      ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://app.test' }],
      ['our own page in a browser without Fetch Metadata', { origin: 'http://app.test' }],
      ['a listed page', { 'sec-fetch-site': 'cross-site', origin: LISTED }],
    ])('yes: %s', async (_name, headers) => {
      expect(await from(headers)).toBe(200)
    })

    it.each([
      ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
      ['another site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
      ['a sibling host', { 'sec-fetch-site': 'same-site', origin: 'http://other.app.test' }],
      ['the address bar', { 'sec-fetch-site': 'none' }],
      ['another origin, no Fetch Metadata', { origin: 'https://evil.example' }],
      ['origin null', { origin: 'null' }],
      ['a look-alike that ends as we do', { origin: 'http://evil-app.test' }],
      ['a look-alike that starts as we do', { origin: 'http://app.test.evil.example' }],
      ['a look-alike of a listed one', { origin: `${LISTED}.evil.example` }],
      ['our name on another port', { origin: 'http://app.test:8080' }],
    ])('no: %s', async (_name, headers) => {
      expect(await from(headers)).toEqual(cross)
    })

    it.each([
      ['this machine', 'localhost:3000', 200],
      ['an address of the private network', '192.168.1.20:3000', 200],
      ['the host of APP_URL', 'app.test', 200],
      ['a name that somebody let resolve to us', 'evil.example:3000', cross],
    ])('in development, reached as %s, with and without Fetch Metadata', async (_name, host, expected) => {
      const origin = `http://${host}`
      expect(await from({ host, origin })).toEqual(expected)
      expect(await from({ host, origin, 'sec-fetch-site': 'same-origin' })).toEqual(expected)
    })

    it('asks whoever carries the refresh cookie for the client header and for where it comes from', async () => {
      const cookie = '__Host-rt=token'
      const ours = { 'sec-fetch-site': 'same-origin', cookie }
      expect(await from(ours)).toEqual(cross)
      expect(await from({ ...ours, 'x-servai-client': 'web' })).toBe(200)
      expect(await from({ cookie, 'x-servai-client': 'web' })).toEqual(cross)
      expect(await from({ cookie, 'x-servai-client': 'web', origin: 'http://app.test' })).toBe(200)
    })
  })
})

describe('CORS', () => {
  const preflight = (origin: string) =>
    send(`${server.url}/api/v1/probe`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-servai-client' },
    })

  it('answers the preflight of a listed origin exactly', async () => {
    const { status, headers } = await preflight(LISTED)
    expect([status, headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([
      204,
      LISTED,
      'true',
    ])
    expect(headers['access-control-allow-headers']).toContain('x-servai-client')
    expect(headers.vary).toContain('origin')
  })

  it.each([
    'https://evil.example',
    'null',
    'https://partner.example.evil.example',
    'http://partner.example',
    'http://app.test',
  ])('allows nothing to %s', async (origin) => {
    const answer = await preflight(origin)
    expect([answer.status, answer.reason()]).toEqual([403, 'request.cross_site'])
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    const read = await send(`${server.url}/api/v1/probe`, { headers: { origin } })
    expect(read.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('lets a listed page read answers, errors included', async () => {
    const read = await send(`${server.url}/trpc/probe.unknown`, { headers: { origin: LISTED } })
    expect([read.status, read.headers['access-control-allow-origin']]).toEqual([404, LISTED])
    expect(read.headers['access-control-expose-headers']).toBe(
      'x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset',
    )
  })
})

describe('every answer', () => {
  const PLACES = [
    '/trpc/probe.get',
    '/trpc/probe.unknown',
    '/trpc/probe.get,probe.get?batch=1',
    '/trpc/probe.ticks',
    '/api/v1/probe',
    '/api/v1/nothing',
    '/api/v1/openapi.json',
    '/api/docs',
    '/api/docs/swagger-ui.css',
    '/api/docs/nothing',
    '/health',
    '/health/liveness',
    '/health/readiness',
    '/health/integrations',
    '/health/nothing',
    '/metrics',
    '/dev/mailbox',
    '/dev/mailbox.json',
    '/dev/mailbox.css',
    '/',
    '/some/page',
    '/missing.js',
  ]

  it.each(PLACES)('carries the security headers and a request id: %s', async (path) => {
    const { headers } = await send(server.url + path, { headers: { accept: 'text/html' } })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('geolocation=()'),
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
      'cache-control': expect.any(String),
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['x-powered-by'] ?? headers.server).toBeUndefined()
    expect(headers['content-security-policy']).not.toContain("script-src 'self' '")
    if (/^\/(trpc|api\/v1)\//.test(path)) expect(headers['cache-control']).toMatch(/no-store|no-cache/)
  })

  it('has a request id of our own, whatever a stranger sends', async () => {
    const answer = await send(`${server.url}/health`, { headers: { 'x-request-id': 'chosen-by-me' } })
    expect(answer.headers['x-request-id']).not.toBe('chosen-by-me')
  })

  it('names the same request id in header and body', async () => {
    const trpc = await send(`${server.url}/trpc/probe.unknown`)
    const rest = await send(`${server.url}/api/v1/nothing`)
    expect(trpc.json()).toMatchObject({ error: { data: { requestId: trpc.headers['x-request-id'] } } })
    expect(rest.json()).toMatchObject({ error: { requestId: rest.headers['x-request-id'] } })
  })

  it('says nothing of what went wrong inside', async () => {
    for (const path of ['/trpc/probe.crash', '/api/v1/probe/crash']) {
      const answer = await send(server.url + path)
      expect([answer.status, answer.reason()]).toEqual([500, 'server.unexpected'])
      expect(answer.text).not.toMatch(/secret_column|stack|at .*\.ts|router/)
    }
    expect(server.rawLog()).toContain('secret_column')
  })
})

describe('behind a proxy', () => {
  it('takes its request id and the address of the right-most hop it adds', async () => {
    const proxied = await openInstance({ router: probeRouter, env: { TRUST_PROXY_HOPS: '1' } })
    const headers = { 'x-request-id': 'from-nginx-0001', 'x-forwarded-for': '6.6.6.6, 2001:DB8:0::7' }
    const answer = await send(`${proxied.url}/api/v1/probe`, { headers })
    expect(answer.headers['x-request-id']).toBe('from-nginx-0001')
    expect(answer.json()).toMatchObject({ address: '2001:db8::7' })
    const forged = await send(`${proxied.url}/api/v1/probe`, { headers: { 'x-request-id': 'a b\tc{{' } })
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    await proxied.stop()
  })

  it('promises https for a year where the product is served over it', async () => {
    const secure = await openInstance({ router: probeRouter, env: { APP_URL: 'https://app.test' } })
    const { headers } = await send(`${secure.url}/health`)
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    await secure.stop()
  })
})

describe('strange requests', () => {
  const raw = (lines: string[]) => sendRaw(server.port, `${lines.join('\r\n')}\r\n\r\n`)
  const head = (text: string) => text.split('\r\n', 1)[0]

  it.each(['TRACE', 'PROPFIND'])('refuses %s', async (method) => {
    const text = await raw([`${method} /api/v1/probe HTTP/1.1`, 'host: a', 'connection: close'])
    expect(head(text)).toBe('HTTP/1.1 405 Method Not Allowed')
    expect(text).toContain('request.method_not_allowed')
    expect(text.toLowerCase()).toContain('allow: get, head, post')
  })

  it('answers a request without Host, and one that is no HTTP, in the usual form', async () => {
    for (const lines of [['GET /health HTTP/1.1', 'connection: close'], ['nonsense']]) {
      const text = await raw(lines)
      expect(head(text)).toBe('HTTP/1.1 400 Bad Request')
      expect(text).toContain('"reason":"request.malformed"')
      expect(text.toLowerCase()).toContain('x-content-type-options: nosniff')
    }
  })

  it('answers 431 to headers without end', async () => {
    const text = await raw(['GET / HTTP/1.1', 'host: a', `x: ${'y'.repeat(20_000)}`])
    expect(head(text)).toBe('HTTP/1.1 431 Request Header Fields Too Large')
  })

  it.each(['/api/v1/probe?text=%ff', '/trpc/%c3', '/trpc/probe.get?input=%', '/api/v1/probe/items/%e0%a4%a'])(
    'answers 400 to the undecodable address %s',
    async (path) => {
      const text = await raw([
        `${path.includes('items') ? 'DELETE' : 'GET'} ${path} HTTP/1.1`,
        'host: a',
        'connection: close',
      ])
      expect(head(text)).toBe('HTTP/1.1 400 Bad Request')
      expect(text).toContain('request.malformed')
    },
  )

  it('answers 405 where only reading is possible', async () => {
    for (const path of ['/health', '/metrics', '/', '/dev/mailbox', '/api/docs']) {
      const answer = await send(server.url + path, { json: {} })
      expect([answer.status, answer.reason(), answer.headers.allow]).toEqual([
        405,
        'request.method_not_allowed',
        'GET, HEAD',
      ])
    }
  })
})
