import { getHeapStatistics } from 'node:v8'
import type { RedisConnection } from '@servai/redis/connection'
import { KEEPS_JOBS, readEvictionPolicy } from '@servai/redis/eviction'
import type { Database } from '@servai/db'
import { reply, replyJson, type Exchange } from './exchange.ts'
import type { AnswerHeaders } from './headers.ts'

/** Until `serving` the process migrates and checks itself; `stopping` begins with the first signal. */
export type Phase = 'starting' | 'serving' | 'stopping'

/** Answers are at most this old, so that a flood of probes cannot become one of queries. */
const MAX_AGE_MS = 1_000
const INTEGRATIONS_MAX_AGE_MS = 30_000
const HEAP_HIGH = 0.9

const fresh = <T>(maxAgeMs: number, read: () => Promise<T>) => {
  let value: T | undefined
  let readAt = 0
  let reading: Promise<T> | undefined
  return (): T | Promise<T> => {
    if (value !== undefined && performance.now() - readAt < maxAgeMs) return value
    reading ??= read().then((result) => {
      value = result
      readAt = performance.now()
      reading = undefined
      return result
    })
    return reading
  }
}

const isMemoryHigh = () => {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used > limit * HEAP_HIGH
}

export type HealthOptions = {
  database: Pick<Database, 'ping'>
  redis: Pick<RedisConnection, 'ping' | 'client'> | null
  /** Rejects when the provider cannot be reached or does not accept the credentials. */
  mail: { transport: string; check: () => Promise<void> }
  phase: () => Phase
  headers: AnswerHeaders
}

export const createHealthHandler = ({ database, redis, mail, phase, headers }: HealthOptions) => {
  const state = fresh(MAX_AGE_MS, async () => {
    const [isDatabaseUp, isRedisUp] = await Promise.all([
      database.ping().then(
        () => true,
        () => false,
      ),
      redis ? redis.ping() : null,
    ])
    const checks = {
      database: isDatabaseUp ? 'up' : 'down',
      redis: isRedisUp === null ? 'disabled' : isRedisUp ? 'up' : 'down',
      memory: isMemoryHigh() ? 'high' : 'ok',
    }
    const status = isDatabaseUp ? (isRedisUp === false ? 'degraded' : 'ok') : 'unavailable'
    return { status, code: isDatabaseUp ? 200 : 503, checks, body: JSON.stringify({ status, checks }) }
  })

  const integrations = fresh(INTEGRATIONS_MAX_AGE_MS, async () => {
    const [isRedisUp, evictionPolicy, isMailUp] = await Promise.all([
      redis ? redis.ping() : false,
      redis ? readEvictionPolicy(redis) : null,
      mail.check().then(
        () => true,
        () => false,
      ),
    ])
    return {
      mail: { transport: mail.transport, configured: mail.transport !== 'mailbox', reachable: isMailUp },
      redis: {
        configured: redis !== null,
        reachable: isRedisUp,
        evictionPolicy,
        keepsJobs: evictionPolicy === null ? null : evictionPolicy === KEEPS_JOBS,
      },
    }
  })

  const readiness = async (exchange: Exchange) => {
    const current = phase()
    if (current !== 'serving') return replyJson(exchange, 503, headers.json, { status: current })
    const { status, code } = await state()
    replyJson(exchange, code, headers.json, { status: code === 200 && status === 'ok' ? 'ready' : status })
  }

  const handlers: Record<string, (exchange: Exchange) => void | Promise<void>> = {
    '/health': async (exchange) => {
      const held = state()
      const { code, body } = held instanceof Promise ? await held : held
      reply(exchange, code, headers.json, body)
    },
    '/health/liveness': (exchange) => replyJson(exchange, 200, headers.json, { status: 'alive' }),
    '/health/readiness': readiness,
    '/health/integrations': async (exchange) => replyJson(exchange, 200, headers.json, await integrations()),
  }
  return handlers
}
