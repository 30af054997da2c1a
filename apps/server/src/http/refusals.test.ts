import { afterAll, beforeAll, expect, it } from 'vitest'
import { openInstance, type Instance } from '../../test/instance.ts'
import { send, type Sending } from '../../test/send.ts'

let server: Instance
beforeAll(async () => {
  server = await openInstance({ env: { TRUST_PROXY_HOPS: '1' } })
})
afterAll(() => server.stop())

const counted = async () => {
  const { text } = await send(`${server.url}/metrics`)
  return Object.fromEntries(
    [...text.matchAll(/^refusals_total\{reason="([^"]+)"\} (\d+)$/gm)].map(([, reason, count]) => [
      reason,
      Number(count),
    ]),
  )
}

const FROM = { 'x-forwarded-for': '10.66.0.1' }
const WRONG = { authorization: 'Bearer servai_wrong', ...FROM }

/** What is turned away, by the door it came to. */
const REFUSED: [what: string, path: string, sending: Sending, reason: string][] = [
  ['a query over tRPC', '/trpc/auth.me', { headers: FROM }, 'auth.unauthenticated'],
  ['a query over REST', '/api/v1/auth/me', { headers: FROM }, 'auth.unauthenticated'],
  ['a key that is none', '/api/v1/auth/me', { headers: WRONG }, 'auth.unauthenticated'],
  ['a download', '/api/v1/property/exports/units.csv', { headers: FROM }, 'auth.unauthenticated'],
  [
    'an upload',
    '/api/v1/property/imports?kind=units',
    { body: 'a', headers: { 'content-type': 'text/csv', ...FROM } },
    'auth.unauthenticated',
  ],
  [
    'a sign-in',
    '/api/v1/auth/login',
    { json: { email: 'nobody@example.test', password: 'plum trees over the old river' }, headers: FROM },
    'auth.invalid_credentials',
  ],
  ['a refresh', '/api/v1/auth/refresh', { json: {}, headers: FROM }, 'auth.refresh_invalid'],
  [
    'a page of another site',
    '/api/v1/auth/logout',
    {
      json: {},
      headers: { ...FROM, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', cookie: '__Host-rt=x' },
    },
    'request.cross_site',
  ],
]

it.each(REFUSED)('%s that is refused is counted, once', async (_what, path, sending, reason) => {
  const before = await counted()
  const answer = await send(`${server.url}${path}`, sending)
  expect([answer.status >= 401, answer.reason()]).toEqual([true, reason])
  const after = await counted()
  expect((after[reason] ?? 0) - (before[reason] ?? 0)).toBe(1)
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, count) => all + count, 0)
  expect(sum(after) - sum(before)).toBe(1)
})

it('a batch counts each of its calls, and what is merely wrong counts for nothing', async () => {
  const before = await counted()
  await send(`${server.url}/trpc/auth.me,auth.sessions?batch=1&input=%7B%7D`, { headers: FROM })
  await send(`${server.url}/api/v1/nothing`, { headers: FROM })
  await send(`${server.url}/api/v1/auth/login`, { json: { email: 1 }, headers: FROM })
  const after = await counted()
  expect(after).toEqual({ ...before, 'auth.unauthenticated': before['auth.unauthenticated']! + 2 })
})
