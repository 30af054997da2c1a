import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../test/redis-process.ts'
import { createRedis, type RedisConnection } from './connection.ts'
import { createPrincipalCache } from './principal-cache.ts'

interface Principal {
  roles: string[]
}

const redisUrl = inject('redisUrl')
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const director: Principal = { roles: ['director'] }

const connect = async (url: string) => {
  const redis = createRedis(url, { name: 'servai-test', onError: () => {} })
  await vi.waitFor(async () => expect(await redis.ping()).toBe(true))
  return redis
}

describe.skipIf(!redisUrl)('the principal cache', () => {
  let redis: RedisConnection
  beforeAll(async () => {
    redis = await connect(redisUrl ?? '')
  })
  afterAll(() => redis.close())

  it('gives back what was put, by user and session, and tells hits from misses', async () => {
    const seen: string[] = []
    const cache = createPrincipalCache<Principal>({
      redis,
      onHit: () => seen.push('hit'),
      onMiss: () => seen.push('miss'),
    })
    const [userId, sessionId] = [randomUUID(), randomUUID()]
    expect(await cache.get(userId, sessionId)).toBeUndefined()
    await cache.put(userId, sessionId, director)
    expect(await cache.get(userId, sessionId)).toEqual(director)
    expect(await cache.get(userId, randomUUID())).toBeUndefined()
    expect(await cache.get(randomUUID(), sessionId)).toBeUndefined()
    expect(seen).toEqual(['miss', 'hit', 'miss', 'miss'])
  })

  it('forgets all sessions of a user', async () => {
    const cache = createPrincipalCache<Principal>({ redis })
    const userId = randomUUID()
    await cache.put(userId, 'one', director)
    await cache.put(userId, 'two', director)
    await cache.forget(userId)
    expect(await cache.get(userId, 'one')).toBeUndefined()
    expect(await cache.get(userId, 'two')).toBeUndefined()
    await cache.put(userId, 'one', director)
    expect(await cache.get(userId, 'one')).toEqual(director)
  })

  it('refuses what was read before a change and is put after it', async () => {
    const cache = createPrincipalCache<Principal>({ redis, suspensionMs: 300 })
    const other = createPrincipalCache<Principal>({ redis })
    const userId = randomUUID()
    await cache.put(userId, 'one', director)
    await cache.suspend(userId)
    expect(await other.get(userId, 'one')).toBeUndefined()
    await other.put(userId, 'one', director)
    expect(await other.get(userId, 'one')).toBeUndefined()
    await sleep(400)
    await other.put(userId, 'one', { roles: [] })
    expect(await other.get(userId, 'one')).toEqual({ roles: [] })
  })

  it('lets no later session prolong the life of an entry', async () => {
    const cache = createPrincipalCache<Principal>({ redis, ttlMs: 400 })
    const userId = randomUUID()
    await cache.put(userId, 'one', director)
    await sleep(250)
    await cache.put(userId, 'two', director)
    await sleep(250)
    expect(await cache.get(userId, 'one')).toBeUndefined()
  })
})

describe('the principal cache without Redis', () => {
  it('always misses', async () => {
    const cache = createPrincipalCache<Principal>({ redis: null })
    await cache.put('u', 's', director)
    await cache.suspend('u')
    await cache.forget('u')
    expect(await cache.get('u', 's')).toBeUndefined()
  })

  it.skipIf(!hasRedisServer)('misses while Redis hangs, and keeps a suspension Redis did not hear of', async () => {
    const server = await createRedisProcess()
    await server.start()
    const redis = await connect(server.url)
    const [cache, other] = [createPrincipalCache<Principal>({ redis }), createPrincipalCache<Principal>({ redis })]
    await cache.put('u', 's', director)
    await cache.put('v', 's', director)

    server.freeze()
    expect(await cache.get('u', 's')).toBeUndefined()
    await cache.suspend('u')
    server.thaw()
    await vi.waitFor(async () => expect(await cache.get('v', 's')).toEqual(director), { timeout: 5000 })
    expect(await cache.get('u', 's')).toBeUndefined()
    await vi.waitFor(async () => expect(await other.get('u', 's')).toBeUndefined(), { timeout: 5000 })
    await cache.put('u', 's', director)
    expect(await cache.get('u', 's')).toBeUndefined()
    await redis.close()
    await server.kill()
  })
})
