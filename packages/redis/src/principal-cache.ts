import type { RedisConnection } from './connection.ts'
import { createScript } from './script.ts'

export interface PrincipalCache<T> {
  /** `undefined` for a miss, and for every failure. */
  get(userId: string, sessionId: string): Promise<T | undefined>
  /** Does nothing while the user is suspended. Never rejects. */
  put(userId: string, sessionId: string, principal: T): Promise<void>
  /**
   * Forgets the user and keeps the cache empty for 15 s, longer than any transaction lives. Call it BEFORE the commit of a
   * change to the user's sessions, roles or state: whoever read the old state just before cannot put it back. Never rejects.
   */
  suspend(userId: string): Promise<void>
  /** For a change that only has to be seen soon; it does not hold off a concurrent `put`. Never rejects. */
  forget(userId: string): Promise<void>
  close(): void
}

export interface PrincipalCacheOptions {
  /** `null`: every `get` is a miss. */
  redis: RedisConnection | null
  onHit?: () => void
  onMiss?: () => void
  /** Entry of the cache; shortened by tests. */
  ttlMs?: number
  suspensionMs?: number
}

const RETRY_INTERVAL_MS = 250

// The life of a user's entries is set once: a later session must not keep an earlier one's entry alive.
const putScript = createScript(`
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3], 'NX')
return 1
`)

const suspendScript = createScript(`
redis.call('SET', KEYS[2], '1', 'PX', ARGV[1])
return redis.call('DEL', KEYS[1])
`)

const entriesOf = (userId: string): string => `principal:${userId}`
const tombstoneOf = (userId: string): string => `principal:${userId}:suspended`

/** Who a session belongs to and what they may do, as JSON, for up to 60 s; the truth stays in PostgreSQL. */
export const createPrincipalCache = <T>({
  redis,
  onHit,
  onMiss,
  ttlMs = 60_000,
  suspensionMs = 15_000,
}: PrincipalCacheOptions): PrincipalCache<T> => {
  /** Suspensions Redis has not heard of, each until every entry it may still hold has expired. */
  const pending = new Map<string, number>()
  let retry: NodeJS.Timeout | undefined

  // Past the circuit breaker: an entry left standing is a session that outlives its end.
  const bury = (connection: RedisConnection, userId: string): Promise<boolean> =>
    suspendScript(connection.client, [entriesOf(userId), tombstoneOf(userId)], [suspensionMs]).then(
      () => true,
      () => false,
    )

  const retryLater = (connection: RedisConnection): void => {
    retry ??= setTimeout(async () => {
      for (const [userId, until] of pending) {
        if ((await bury(connection, userId)) || performance.now() > until) pending.delete(userId)
      }
      retry = undefined
      if (pending.size > 0) retryLater(connection)
    }, RETRY_INTERVAL_MS).unref()
  }

  return {
    async get(userId, sessionId) {
      const text =
        redis && !pending.has(userId)
          ? await redis.run((client) => client.hget(entriesOf(userId), sessionId)).catch(() => null)
          : null
      if (text === null) {
        onMiss?.()
        return undefined
      }
      onHit?.()
      // written by `put` of the same release or of one that kept the shape
      return JSON.parse(text) as T
    },

    async put(userId, sessionId, principal) {
      if (!redis || pending.has(userId)) return
      const keys = [entriesOf(userId), tombstoneOf(userId)]
      const args = [sessionId, JSON.stringify(principal), ttlMs]
      await redis.run((client) => putScript(client, keys, args)).catch(() => undefined)
    },

    async suspend(userId) {
      if (!redis || (await bury(redis, userId))) return
      pending.set(userId, performance.now() + ttlMs)
      retryLater(redis)
    },

    async forget(userId) {
      await redis?.run((client) => client.del(entriesOf(userId))).catch(() => undefined)
    },

    close() {
      clearTimeout(retry)
      pending.clear()
    },
  }
}
