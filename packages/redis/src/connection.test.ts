import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../test/redis-process.ts'
import { createRedis, RedisUnavailable, workerConnectionOptions, type RedisConnection } from './connection.ts'

const elapsedMs = async (work: () => Promise<unknown>) => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const untilUp = (redis: RedisConnection) =>
  vi.waitFor(async () => expect(await redis.run((client) => client.ping())).toBe('PONG'), { timeout: 5000 })

describe.skipIf(!hasRedisServer)('the connection of the request path', () => {
  let server: Awaited<ReturnType<typeof createRedisProcess>>
  let redis: RedisConnection
  const errors: Error[] = []
  beforeAll(async () => {
    server = await createRedisProcess()
    await server.start()
    redis = createRedis(server.url, { name: 'servai-test', onError: (error) => errors.push(error) })
    await untilUp(redis)
  })
  afterAll(async () => {
    await redis.close()
    await server.kill()
  })

  it('gives results and its name', async () => {
    expect(await redis.run((client) => client.set('key', 'value'))).toBe('OK')
    expect(await redis.run((client) => client.get('key'))).toBe('value')
    expect(await redis.client.call('CLIENT', 'GETNAME')).toBe('servai-test')
    expect(await redis.ping()).toBe(true)
  })

  it('stays in use after a command that Redis refuses', async () => {
    await redis.run((client) => client.set('text', 'a'))
    await expect(redis.run((client) => client.incr('text'))).rejects.toBeInstanceOf(RedisUnavailable)
    expect(await redis.run((client) => client.get('text'))).toBe('a')
  })

  it('fails at once while Redis is dead, and works again within seconds of its return', async () => {
    await server.kill()
    await expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(RedisUnavailable)
    expect(await redis.ping()).toBe(false)
    const took = await elapsedMs(async () => {
      for (let call = 0; call < 1000; call += 1) {
        await expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(RedisUnavailable)
      }
    })
    expect(took).toBeLessThan(1000)
    await server.start()
    expect(await elapsedMs(() => untilUp(redis))).toBeLessThan(5000)
    expect(errors.length).toBeGreaterThan(0)
  })

  it('waits once, not every time, for a Redis that hangs', async () => {
    server.freeze()
    const first = await elapsedMs(() =>
      expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(RedisUnavailable),
    )
    expect(first).toBeLessThan(1000)
    const next = await elapsedMs(async () => {
      for (let call = 0; call < 100; call += 1) {
        await expect(redis.run((client) => client.get('key'))).rejects.toThrow('Redis does not answer')
      }
    })
    expect(next).toBeLessThan(200)
    server.thaw()
    await untilUp(redis)
  })
})

describe('createRedis', () => {
  it('neither throws nor hangs without a server, and closes', async () => {
    const redis = createRedis('redis://127.0.0.1:1', { name: 'nobody', onError: () => {} })
    await expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(RedisUnavailable)
    expect(await redis.ping()).toBe(false)
    await redis.close()
    await expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(RedisUnavailable)
  })
})

describe('workerConnectionOptions', () => {
  it('never gives up', () => {
    const options = workerConnectionOptions('redis://user:secret@redis.test:6380/2')
    expect(options).toMatchObject({ url: 'redis://user:secret@redis.test:6380/2', maxRetriesPerRequest: null })
    expect([1, 5, 100].map(options.retryStrategy)).toEqual([100, 1600, 2000])
  })
})
