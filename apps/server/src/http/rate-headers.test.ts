import { afterAll, beforeAll, expect, it } from 'vitest'
import { openInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send, type Answer, type Sending } from '../../test/send.ts'

let server: Instance
let caller = 0

beforeAll(async () => {
  server = await openInstance({ router: probeRouter, env: { TRUST_PROXY_HOPS: '1' } })
})
afterAll(() => server.stop())

/** Calls from an address of its own. */
const newcomer = () => {
  const headers = { 'x-forwarded-for': `10.9.8.${++caller}` }
  return (path: string, sending?: Sending) => send(server.url + path, { headers, ...sending })
}

const quotaOf = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => headers[`ratelimit-${name}`]).map((text) => text && Number(text))

it('every answer of the API says how much is left of the limit, each call counted', async () => {
  const call = newcomer()
  expect(quotaOf(await call('/trpc/probe.none'))).toEqual([600, 599, 60])
  expect(quotaOf(await call('/api/v1/probe'))).toEqual([600, 598, 60])
  expect(quotaOf(await call('/trpc/probe.none,probe.none,probe.crash?batch=1'))).toEqual([600, 595, 60])
  expect(quotaOf(await call('/api/v1/probe/crash'))).toEqual([600, 594, 60])
})

it('what was counted against no limit says nothing of any', async () => {
  const call = newcomer()
  for (const path of ['/health', '/api/v1/nothing', '/api/v1/probe/private', '/'])
    expect(quotaOf(await call(path))).toEqual([undefined, undefined, undefined])
})

it('a refusal tells of the limit that refused, when it is over as Retry-After does', async () => {
  for (const path of ['/api/v1/probe/limited', '/trpc/probe.limited']) {
    const text = `secret of ${path}`
    const call = newcomer()
    const attempt = () => call(path, { json: { text } })
    // How much is left of a limit that is about somebody else's secret or address is not told.
    for (let left = 599; left > 594; left--) expect(quotaOf(await attempt())).toEqual([600, left, 60])
    const refused = await attempt()
    const [limit, remaining, reset] = quotaOf(refused)
    expect([refused.status, limit, remaining]).toEqual([429, 5, 0])
    expect(reset).toBe(Number(refused.headers['retry-after']))
    expect(reset).toBeGreaterThan(290)
  }
})
