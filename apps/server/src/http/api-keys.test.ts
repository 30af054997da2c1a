import type http from 'node:http'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildGrant,
  buildSession,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { send, type Sending } from '../../test/send.ts'

/** Two servers of one installation. */
let servers: [Instance, Instance]
let keys: Record<string, string>
beforeAll(async () => {
  keys = environment({ TRUST_PROXY_HOPS: '1' })
  servers = [await openInstance({ env: keys }), await openInstance({ env: keys })]
})
afterAll(() => Promise.all(servers.map((server) => server.stop())))

let addresses = 0
const newAddress = () => `10.77.${(++addresses >> 8) & 255}.${addresses & 255}`

const director = async () => {
  const company = await buildCompany()
  const user = await buildUser()
  await buildGrant(user, 'director', { companyId: company.id })
  const { id: sessionId } = await buildSession(user)
  const tokens = createAccessTokens({
    keys: parseKeyRing(keys.JWT_KEYS!),
    issuer: 'http://localhost:3000',
    audience: 'servai-api',
  })
  const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
  const address = newAddress()
  const call = (path: string, sending: Sending = {}, at = 0) =>
    send(`${servers[at]!.url}${path}`, {
      ...sending,
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address, ...sending.headers },
    })
  const make = async (access: 'read' | 'write' = 'write') => {
    const answer = await call('/api/v1/api-keys', { json: { name: 'Program', role: 'director', access } })
    expect(answer.status).toBe(201)
    const { key, apiKey } = answer.json() as { key: string; apiKey: { id: string; prefix: string } }
    const from = newAddress()
    return {
      key,
      ...apiKey,
      ask: (path: string, sending: Sending = {}, at = 0) =>
        send(`${servers[at]!.url}${path}`, {
          ...sending,
          headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': from, ...sending.headers },
        }),
    }
  }
  return { company, user, call, make }
}

describe('Authorization: Bearer servai_…', () => {
  it('opens tRPC, REST, downloads and uploads, and nothing else does with a key', async () => {
    const { company, make } = await director()
    const complex = await buildComplex({ company })
    await buildBuilding({ complex, name: 'A' })
    const { ask, key } = await make()
    expect((await ask('/trpc/property.complexes.list?input=%7B%7D')).status).toBe(200)
    expect((await ask('/trpc/auth.me,property.buildings.list?batch=1&input=%7B%221%22%3A%7B%7D%7D')).status).toBe(200)
    expect((await ask('/api/v1/property/buildings')).json()).toMatchObject({ items: [{ name: 'A' }] })
    const file = await ask('/api/v1/property/exports/buildings.csv')
    expect([file.status, file.text.trim().split('\r\n').length]).toEqual([200, 2])
    const upload = await ask(`/api/v1/property/imports?kind=units&complexId=${complex.id}`, {
      body: 'Building,Number\nA,1\n',
      headers: { 'content-type': 'text/csv' },
    })
    expect(upload.status).toBe(202)
    const { id } = upload.json() as { id: string }
    expect((await ask(`/api/v1/property/imports/${id}/errors.csv`)).status).toBe(200)

    const bare = (headers: http.OutgoingHttpHeaders, query = '') =>
      send(`${servers[0].url}/api/v1/auth/me${query}`, { headers: { 'x-forwarded-for': newAddress(), ...headers } })
    expect((await bare({ authorization: `Bearer ${key}` })).status).toBe(200)
    for (const headers of [
      { cookie: `__Host-rt=${key}; rt=${key}; authorization=${key}` },
      { authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}` },
      { authorization: key },
      { 'x-api-key': key },
    ])
      expect((await bare(headers)).status).toBe(401)
    expect((await bare({}, `?token=${key}`)).status).toBe(401)
    const refresh = await send(`${servers[0].url}/api/v1/auth/refresh`, { json: { refreshToken: key } })
    expect([refresh.status, refresh.reason()]).toEqual([401, 'auth.refresh_invalid'])
  })

  it('that reads changes nothing, over any of them', async () => {
    const { company, make } = await director()
    const complex = await buildComplex({ company })
    const { ask } = await make('read')
    const refused = await Promise.all([
      ask('/api/v1/property/buildings', { json: { complexId: complex.id, name: 'B' } }),
      ask('/trpc/property.buildings.create', { json: { complexId: complex.id, name: 'B' } }),
      ask(`/api/v1/property/imports?kind=units&complexId=${complex.id}`, {
        body: 'Building,Number\nA,1\n',
        headers: { 'content-type': 'text/csv' },
      }),
    ])
    expect(refused.map((answer) => [answer.status, answer.reason()])).toEqual(
      Array.from({ length: 3 }, () => [403, 'auth.read_only']),
    )
  })

  it('has limits of its own, told in the headers of every answer', async () => {
    const { make } = await director()
    const { ask } = await make()
    const quotaOf = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
      ['limit', 'remaining', 'reset'].map((name) => Number(headers[`ratelimit-${name}`]))
    expect(quotaOf(await ask('/api/v1/auth/me'))).toEqual([600, 599, 60])
    await Promise.all(Array.from({ length: 599 }, () => ask('/api/v1/auth/me')))
    const refused = await ask('/api/v1/auth/me')
    expect([refused.status, refused.reason(), quotaOf(refused).slice(0, 2)]).toEqual([
      429,
      'request.rate_limited',
      [600, 0],
    ])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('that is wrong costs one answer: 401 until its network has sent 60 of them, then 429', async () => {
    const address = newAddress()
    const before = await failures()
    const ask = () =>
      send(`${servers[0].url}/api/v1/auth/me`, {
        headers: { authorization: 'Bearer servai_wrong', 'x-forwarded-for': address },
      })
    const first = await ask()
    expect([first.status, first.reason(), first.headers['www-authenticate']]).toEqual([
      401,
      'auth.unauthenticated',
      'Bearer',
    ])
    const statuses = (await Promise.all(Array.from({ length: 64 }, ask))).map(({ status }) => status)
    expect([
      statuses.filter((status) => status === 401).length,
      statuses.filter((status) => status === 429).length,
    ]).toEqual([59, 5])
    expect((await failures()) - before).toBe(65)
  })

  it('is in the log by its first characters alone', async () => {
    const { make } = await director()
    const { key, prefix, ask } = await make()
    await ask(`/api/v1/property/buildings?q=${key}`)
    await ask(`/${key}`)
    const log = servers[0].rawLog()
    expect(log).toContain(`"keyPrefix":"${prefix}"`)
    expect(log).not.toContain(key.split('_')[2])
  })
})

describe('on the other server, within a second,', () => {
  const within = async (work: () => Promise<{ status: number }>, status: number) => {
    const deadline = performance.now() + 1_000
    for (;;) {
      const answer = await work()
      if (answer.status === status) return
      expect(performance.now()).toBeLessThan(deadline)
      await sleep(20)
    }
  }
  const alter = (statement: string) => database.system({}, 'write', (db) => db.execute(statement))

  it('a key that is withdrawn is refused', async () => {
    const { call, make } = await director()
    const { id, ask } = await make()
    expect((await ask('/api/v1/property/buildings', {}, 1)).status).toBe(200)
    expect((await call(`/api/v1/api-keys/${id}`, { method: 'DELETE' })).status).toBe(204)
    await within(() => ask('/api/v1/property/buildings', {}, 1), 401)
  })

  it('a key of a disabled account is refused, and one whose role is gone may do nothing', async () => {
    const { user, make } = await director()
    const { ask } = await make()
    expect((await ask('/api/v1/property/buildings', {}, 1)).status).toBe(200)
    await alter(`delete from role_grants where user_id = '${user.id}'`)
    await within(() => ask('/api/v1/property/buildings', {}, 1), 403)
    await alter(`update users set status = 'disabled' where id = '${user.id}'`)
    await within(() => ask('/api/v1/property/buildings', {}, 1), 401)
  })
})

const failures = async () => {
  const { text } = await send(`${servers[0].url}/metrics`)
  return Number(/^api_key_failures_total (\d+)$/m.exec(text)?.[1] ?? 0)
}
