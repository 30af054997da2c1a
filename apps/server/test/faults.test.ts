import { Agent } from 'node:http'
import { migrate } from '@servai/db/migrate'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../../../packages/redis/test/redis-process.ts'
import { openInstance, useInstance, type Instance } from './instance.ts'
import { startPrivateDatabase, type PrivateDatabase } from './private-database.ts'
import { probeRouter } from './router.ts'
import { send, type Answer } from './send.ts'

const RECOVERY_MS = 10_000

const timed = async (work: Promise<Answer>) => {
  const started = performance.now()
  const answer = await work
  return { answer, ms: performance.now() - started }
}

describe('without its database', () => {
  let database: PrivateDatabase
  let server: Instance
  const read = (agent?: Agent) => send(`${server.url}/trpc/probe.database`, { agent })
  const write = () => send(`${server.url}/api/v1/probe/transaction`, { json: {} })
  const statusOf = async (path: string) => (await send(server.url + path)).status

  beforeAll(async () => {
    database = await startPrivateDatabase()
    await migrate(database.ownerUrl)
    server = await openInstance({ router: probeRouter, env: database.env })
  }, 60_000)
  afterAll(async () => {
    await server.stop()
    await database.remove()
  })

  it('answers 503 with Retry-After at once, stays alive, says so, and recovers by itself', async () => {
    expect([(await read()).status, (await write()).status, await statusOf('/health/readiness')]).toEqual([
      200, 200, 200,
    ])

    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const load = Array.from({ length: 200 }, (_, index) => (index % 2 ? read(agent) : write()))
    await database.kill()
    const underLoad = await Promise.all(load)
    agent.destroy()
    expect(underLoad.filter(({ status }) => status !== 200 && status !== 503)).toEqual([])

    for (const call of [read, write, read, write]) {
      const { answer, ms } = await timed(call())
      expect([answer.status, answer.reason()]).toEqual([503, expect.stringMatching(/^server\.(unavailable|busy)$/)])
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(ms).toBeLessThan(7_000)
      expect(answer.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|select|postgres/i)
    }
    await expect.poll(() => statusOf('/health/readiness'), { timeout: 5_000 }).toBe(503)
    const health = await send(`${server.url}/health`)
    expect([health.status, health.json()]).toEqual([
      503,
      { status: 'unavailable', checks: { database: 'down', redis: 'disabled', memory: 'ok' } },
    ])
    expect(await statusOf('/health/liveness')).toBe(200)

    await database.restart()
    const started = performance.now()
    await expect.poll(async () => (await read()).status, { timeout: RECOVERY_MS }).toBe(200)
    await expect.poll(async () => (await write()).status, { timeout: RECOVERY_MS }).toBe(200)
    await expect.poll(() => statusOf('/health/readiness'), { timeout: RECOVERY_MS }).toBe(200)
    expect(performance.now() - started).toBeLessThan(RECOVERY_MS)
  }, 60_000)
})

describe.skipIf(!hasRedisServer)('without Redis', () => {
  it('works on, is degraded and still ready, and uses Redis again when it is back', async () => {
    const redis = await createRedisProcess()
    await redis.start()
    const { url } = await useInstance({ router: probeRouter, env: { REDIS_URL: redis.url } })
    const state = async () => {
      const [health, readiness] = await Promise.all([send(`${url}/health`), send(`${url}/health/readiness`)])
      const { status, checks } = health.json() as { status: string; checks: { redis: string } }
      return [health.status, status, checks.redis, readiness.status]
    }
    await expect.poll(state, { timeout: 5_000 }).toEqual([200, 'ok', 'up', 200])

    await redis.kill()
    await expect.poll(state, { timeout: 5_000 }).toEqual([200, 'degraded', 'down', 200])
    for (let call = 0; call < 10; call++) {
      const { answer, ms } = await timed(send(`${url}/trpc/probe.none`))
      expect(answer.status).toBe(200)
      expect(ms).toBeLessThan(1_000)
    }
    expect((await send(`${url}/metrics`)).text).toMatch(/redis_fallback_total\{feature="limits"\} [1-9]/)

    await redis.start()
    await expect.poll(state, { timeout: RECOVERY_MS }).toEqual([200, 'ok', 'up', 200])
    await redis.kill()
  }, 60_000)
})

it('answers 503 at once to who finds every connection taken', async () => {
  const { url } = await useInstance({
    router: probeRouter,
    env: { DATABASE_SYSTEM_POOL_MAX: '1', DATABASE_ACQUIRE_TIMEOUT_MS: '200' },
  })
  const holder = send(`${url}/api/v1/probe/hold`, { json: {} })
  await expect.poll(async () => (await send(`${url}/api/v1/probe/transaction`, { json: {} })).status).toBe(503)
  const { answer, ms } = await timed(send(`${url}/api/v1/probe/transaction`, { json: {} }))
  expect([answer.status, answer.reason(), answer.headers['retry-after']]).toEqual([503, 'server.busy', '1'])
  expect(ms).toBeLessThan(1_000)
  expect((await holder).status).toBe(200)
  expect((await send(`${url}/api/v1/probe/transaction`, { json: {} })).status).toBe(200)
})

describe.skipIf(!hasRedisServer)('on a Redis that may evict jobs', () => {
  it('says so in its log and where integrations are asked for', async () => {
    const redis = await createRedisProcess()
    await redis.start('--maxmemory-policy', 'allkeys-lru')
    onTestFinished(() => redis.kill())
    const server = await useInstance({ router: probeRouter, env: { REDIS_URL: redis.url } })
    await expect
      .poll(() => server.logs().find(({ evictionPolicy }) => evictionPolicy === 'allkeys-lru'), { timeout: 5_000 })
      .toMatchObject({
        level: 'error',
        msg: 'Redis may evict jobs: set its maxmemory-policy to noeviction',
      })
    // A slow machine may find Redis too slow once; the answer is kept for 30 s.
    const integrations = async () => (await send(`${server.url}/health/integrations`)).json()
    await expect.poll(integrations, { timeout: 40_000 }).toMatchObject({
      redis: { configured: true, reachable: true, evictionPolicy: 'allkeys-lru', keepsJobs: false },
    })
  }, 60_000)
})
