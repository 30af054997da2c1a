import { hash, randomBytes } from 'node:crypto'
import { RedisUnavailable, type RedisConnection } from './connection.ts'
import { createLocalWindows, type WindowRule, type WindowVerdict } from './local-window.ts'
import { createScript } from './script.ts'

export interface RateRule {
  /** What is limited, e.g. `login.account`; part of the storage key and the label of the metric. */
  name: string
  /** Whom it is counted for: an address, a user, an IP. Stored only as a hash. */
  key: string
  limit: number
  windowSeconds: number
}

export interface RateVerdict {
  allowed: boolean
  /** The rule that refuses for longest, else the one with the least left. */
  rule: string
  limit: number
  remaining: number
  /** 0 when allowed, at least 1 when not. */
  retryAfterSeconds: number
  /** When refused, until the next call is allowed; else until the whole limit is free again if nobody calls. */
  resetSeconds: number
  /** Returns what this call took, for an attempt that failed by no fault of the caller. Never rejects. */
  giveBack(): Promise<void>
}

export interface Limiter {
  /** Counts the call by every rule at once, or by none when any of them refuses. Never rejects. */
  take(rules: readonly [RateRule, ...RateRule[]], cost?: number): Promise<RateVerdict>
}

export interface LimiterOptions {
  /** `null`: this process counts alone. */
  redis: RedisConnection | null
  /** Processes that share the load; without Redis each counts against its part of the limit. */
  replicas: number
  onFallback?: () => void
  onExceeded?: (rule: string) => void
  now?: () => Date
}

const MAX_LOCAL_KEYS = 10_000

// KEYS: one sorted set of hits per rule. ARGV: id of the call, cost, then limit and window (ms) of each rule.
// Returns: index of the refusing rule or 0, index of the rule reported, its remaining hits, wait in ms.
const takeScript = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cost = tonumber(ARGV[2])
local refusing, wait, refusedLeft, tightest, left = 0, 0, 0, 0, math.huge
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[i * 2 + 1]), tonumber(ARGV[i * 2 + 2])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local remaining = limit - redis.call('ZCARD', key)
  if remaining < cost then
    local blocking = now
    if cost <= limit then
      local place = cost - remaining - 1
      blocking = redis.call('ZRANGE', key, place, place, 'WITHSCORES')[2]
    end
    local delay = blocking + window - now
    if delay > wait then refusing, wait, refusedLeft = i, delay, math.max(0, remaining) end
  elseif remaining - cost < left then
    tightest, left = i, remaining - cost
  end
end
if refusing > 0 then return {refusing, refusing, refusedLeft, wait} end
for i, key in ipairs(KEYS) do
  for hit = 1, cost do redis.call('ZADD', key, now, ARGV[1] .. ':' .. hit) end
  redis.call('PEXPIRE', key, ARGV[i * 2 + 2])
end
return {0, tightest, left, 0}
`)

const storageKeyOf = ({ name, key }: RateRule): string => `limit:${name}:${hash('sha256', key, 'base64url')}`

/** Sliding-window limits, exact across all processes while Redis answers, and bounded in each when it does not. */
export const createLimiter = ({
  redis,
  replicas,
  onFallback,
  onExceeded,
  now = () => new Date(),
}: LimiterOptions): Limiter => {
  const local = createLocalWindows(MAX_LOCAL_KEYS)
  const share = (limit: number): number => Math.max(1, Math.ceil(limit / replicas))

  const takeShared = async (connection: RedisConnection, rules: readonly WindowRule[], cost: number) => {
    const id = randomBytes(9).toString('base64url')
    const keys = rules.map((rule) => rule.storageKey)
    const args = rules.flatMap((rule) => [rule.limit, rule.windowMs])
    const reply = await connection.run((client) => takeScript(client, keys, [id, cost, ...args]))
    // the script returns four integers on either path
    const [refusing, rule, remaining, waitMs] = reply as [number, number, number, number]
    const members = Array.from({ length: cost }, (_, hit) => `${id}:${hit + 1}`)
    const giveBack = () =>
      connection
        .run((client) => Promise.all(keys.map((key) => client.zrem(key, ...members))))
        .then(
          () => undefined,
          () => undefined,
        )
    return { verdict: { allowed: refusing === 0, rule: rule - 1, remaining, waitMs }, giveBack }
  }

  const takeAlone = (rules: readonly WindowRule[], cost: number) => {
    const at = now().getTime()
    const shares = rules.map((rule) => ({ ...rule, limit: share(rule.limit) }))
    const verdict = local.take(shares, cost, at)
    return { verdict, giveBack: async () => local.giveBack(rules, cost, at) }
  }

  const count = async (
    rules: readonly WindowRule[],
    cost: number,
  ): Promise<{ verdict: WindowVerdict; giveBack: () => Promise<void> }> => {
    if (!redis) return takeAlone(rules, cost)
    try {
      return await takeShared(redis, rules, cost)
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error
      onFallback?.()
      return takeAlone(rules, cost)
    }
  }

  return {
    async take(rules, cost = 1) {
      const windows = rules.map((rule) => ({
        storageKey: storageKeyOf(rule),
        limit: rule.limit,
        windowMs: rule.windowSeconds * 1000,
      }))
      const { verdict, giveBack } = await count(windows, cost)
      const { name, limit, windowSeconds } = rules[verdict.rule] ?? rules[0]
      if (!verdict.allowed) onExceeded?.(name)
      let isHeld = verdict.allowed
      const waitSeconds = Math.max(1, Math.ceil(verdict.waitMs / 1000))
      return {
        allowed: verdict.allowed,
        rule: name,
        limit,
        remaining: verdict.remaining,
        retryAfterSeconds: verdict.allowed ? 0 : waitSeconds,
        resetSeconds: verdict.allowed ? windowSeconds : waitSeconds,
        async giveBack() {
          if (!isHeld) return
          isHeld = false
          await giveBack()
        },
      }
    },
  }
}
