import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../test/redis-process.ts'
import { createRedis } from './connection.ts'
import { readEvictionPolicy, watchEviction } from './eviction.ts'

describe.skipIf(!hasRedisServer)('the eviction policy', () => {
  let server: Awaited<ReturnType<typeof createRedisProcess>>
  beforeAll(async () => {
    server = await createRedisProcess()
    await server.start()
  })
  afterAll(() => server.kill())

  const connect = (url = server.url) => {
    const redis = createRedis(url, { name: 'servai-test', onError: () => undefined })
    onTestFinished(() => redis.close())
    const unsafe: string[] = []
    watchEviction(redis, (policy) => unsafe.push(policy))
    return { redis, unsafe, isUp: () => vi.waitFor(async () => expect(await redis.ping()).toBe(true)) }
  }

  it('is told of at every connection while it may lose jobs, and not where it keeps them', async () => {
    const { redis, unsafe, isUp } = connect()
    await isUp()
    expect([await readEvictionPolicy(redis), unsafe]).toEqual(['noeviction', []])
    await redis.client.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await readEvictionPolicy(redis)).toBe('allkeys-lru')
    redis.client.disconnect(true)
    await vi.waitFor(() => expect(unsafe).toEqual(['allkeys-lru']))
  })

  it('is not known of a Redis that does not tell, or is not there', async () => {
    const { redis, isUp } = connect()
    await isUp()
    await redis.client.call('ACL', 'SETUSER', 'tenant', 'on', '>secret', '~*', '+@all', '-config')
    const tenant = connect(server.url.replace('redis://', 'redis://tenant:secret@'))
    await tenant.isUp()
    expect([await readEvictionPolicy(tenant.redis), tenant.unsafe]).toEqual([null, []])
    expect(await readEvictionPolicy(connect('redis://127.0.0.1:1').redis)).toBeNull()
  })
})
