import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../test/redis-process.ts'
import { createRedis, type RedisConnection } from './connection.ts'
import { createLimiter, type Limiter, type RateRule } from './rate-limit.ts'

const rule = (overrides: Partial<RateRule> = {}): RateRule => ({
  name: 'login.account',
  key: randomUUID(),
  limit: 10,
  windowSeconds: 60,
  ...overrides,
})
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const connect = async (url: string) => {
  const redis = createRedis(url, { name: 'servai-test', onError: () => {} })
  await vi.waitFor(async () => expect(await redis.ping()).toBe(true))
  return redis
}

const redisUrl = inject('redisUrl')

describe.each([
  { store: 'shared', isShared: true },
  { store: 'local', isShared: false },
])('the $store limiter', ({ isShared }) => {
  let redis: RedisConnection | null = null
  let limiter: Limiter
  const exceeded: string[] = []
  beforeAll(async () => {
    redis = isShared && redisUrl ? await connect(redisUrl) : null
    limiter = createLimiter({ redis, replicas: 1, onExceeded: (name) => exceeded.push(name) })
  })
  afterAll(() => redis?.close())
  const test = it.skipIf(isShared && !redisUrl)

  test('allows exactly 10 of 50 parallel calls at a limit of 10', async () => {
    const one = rule()
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.take([one])))
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10)
    expect(
      verdicts
        .filter((verdict) => verdict.allowed)
        .map((verdict) => verdict.remaining)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const verdict of verdicts.filter((each) => !each.allowed)) {
      expect(verdict).toMatchObject({ rule: 'login.account', limit: 10, remaining: 0 })
      expect(verdict.retryAfterSeconds).toBeGreaterThan(55)
      expect(verdict.retryAfterSeconds).toBeLessThanOrEqual(60)
    }
  })

  test('counts each key by itself', async () => {
    const name = `keys.${randomUUID()}`
    expect((await limiter.take([rule({ name, limit: 1, key: 'a' })])).allowed).toBe(true)
    expect((await limiter.take([rule({ name, limit: 1, key: 'b' })])).allowed).toBe(true)
    expect((await limiter.take([rule({ name, limit: 1, key: 'a' })])).allowed).toBe(false)
    expect(exceeded).toContain(name)
  })

  test('slides: each hit leaves the window by itself', async () => {
    const one = rule({ limit: 2, windowSeconds: 1 })
    expect((await limiter.take([one])).allowed).toBe(true)
    await sleep(600)
    expect((await limiter.take([one])).allowed).toBe(true)
    expect(await limiter.take([one])).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
    await sleep(500)
    expect((await limiter.take([one])).allowed).toBe(true)
    expect((await limiter.take([one])).allowed).toBe(false)
  })

  test('takes nothing from any rule when one refuses', async () => {
    const [wide, narrow] = [rule({ name: 'wide', limit: 5 }), rule({ name: 'narrow', limit: 1 })]
    expect(await limiter.take([wide, narrow])).toMatchObject({ allowed: true, rule: 'narrow', limit: 1, remaining: 0 })
    for (let call = 0; call < 10; call += 1) {
      expect(await limiter.take([wide, narrow])).toMatchObject({ allowed: false, rule: 'narrow' })
    }
    expect(await limiter.take([wide])).toMatchObject({ allowed: true, remaining: 3 })
  })

  test('names the refusing rule with the longest wait', async () => {
    const [short, long] = [rule({ name: 'short', limit: 1, windowSeconds: 5 }), rule({ name: 'long', limit: 1 })]
    await limiter.take([short, long])
    const verdict = await limiter.take([short, long])
    expect(verdict.rule).toBe('long')
    expect(verdict.retryAfterSeconds).toBeGreaterThan(55)
  })

  test('counts a call by its cost', async () => {
    const one = rule()
    expect(await limiter.take([one], 7)).toMatchObject({ allowed: true, remaining: 3 })
    expect(await limiter.take([one], 4)).toMatchObject({ allowed: false, remaining: 3 })
    expect(await limiter.take([one], 3)).toMatchObject({ allowed: true, remaining: 0 })
    expect(await limiter.take([rule()], 11)).toMatchObject({ allowed: false, retryAfterSeconds: 60 })
  })

  test('gives back what a call took, once', async () => {
    const [a, b] = [rule({ limit: 3 }), rule({ limit: 3 })]
    await limiter.take([a, b])
    const verdict = await limiter.take([a, b], 2)
    await verdict.giveBack()
    await verdict.giveBack()
    expect(await limiter.take([a, b])).toMatchObject({ allowed: true, remaining: 1 })
    const refused = await limiter.take([a, b], 2)
    await refused.giveBack()
    expect(await limiter.take([a, b])).toMatchObject({ allowed: true, remaining: 0 })
  })
})

describe.skipIf(!redisUrl)('the shared limiter', () => {
  let redis: RedisConnection
  beforeAll(async () => {
    redis = await connect(redisUrl ?? '')
  })
  afterAll(() => redis.close())

  it('leaves nothing readable and nothing eternal in Redis', async () => {
    const one = rule({ name: `mail.${randomUUID()}`, key: 'maria@example.com', windowSeconds: 30 })
    await createLimiter({ redis, replicas: 1 }).take([one])
    const keys = await redis.client.keys(`limit:${one.name}:*`)
    expect(keys).toHaveLength(1)
    expect(keys[0]).not.toContain('maria')
    expect(await redis.client.pttl(keys[0] ?? '')).toBeGreaterThan(25_000)
  })

  it('is one limit for all processes', async () => {
    const other = await connect(redisUrl ?? '')
    const limiters = [redis, other].map((each) => createLimiter({ redis: each, replicas: 2 }))
    const one = rule()
    const verdicts = await Promise.all(limiters.flatMap((each) => Array.from({ length: 25 }, () => each.take([one]))))
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10)
    await other.close()
  })
})

describe.skipIf(!hasRedisServer)('the limiter without its Redis', () => {
  it('stays bounded through kill -9, never hangs, and returns to the shared count', async () => {
    const server = await createRedisProcess()
    await server.start()
    const redis = await connect(server.url)
    let fallbacks = 0
    const limiter = createLimiter({ redis, replicas: 4, onFallback: () => (fallbacks += 1) })
    const one = rule()
    expect((await limiter.take([one])).remaining).toBe(9)

    await server.kill()
    const startedAt = performance.now()
    const verdicts = await Promise.all(Array.from({ length: 200 }, () => limiter.take([one])))
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(3)
    expect(performance.now() - startedAt).toBeLessThan(2000)
    expect(fallbacks).toBe(200)

    await server.start()
    await vi.waitFor(async () => expect((await limiter.take([rule()])).remaining).toBe(9), { timeout: 5000 })
    const shared = await Promise.all(Array.from({ length: 50 }, () => limiter.take([one])))
    expect(shared.filter((verdict) => verdict.allowed)).toHaveLength(10)
    await redis.close()
    await server.kill()
  })

  it('takes its part of a limit, and never less than one', async () => {
    const limiter = createLimiter({ redis: null, replicas: 4 })
    const allowed = async (limit: number) => {
      const one = rule({ limit })
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.take([one])))
      return verdicts.filter((verdict) => verdict.allowed).length
    }
    expect(await allowed(10)).toBe(3)
    expect(await allowed(8)).toBe(2)
    expect(await allowed(1)).toBe(1)
  })
})
