import type { LimitName } from '@servai/api/limits'
import type { Limiter, RateVerdict } from '@servai/redis/rate-limit'
import type { Exchange } from './exchange.ts'

export const RATE_HEADERS = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const

/** Limits of the caller's own. How much is left of another may be about somebody else's account or address. */
const TOLD = new Set<string>(['api', 'api_key', 'anonymous', 'import'] satisfies LimitName[])

/** The limiter, noting for the answer what it said of this request. */
export const watchLimiter = ({ take }: Limiter, exchange: Exchange): Limiter => ({
  take: async (rules, cost) => {
    const verdict = await take(rules, cost)
    if (!verdict.allowed) exchange.refusal = verdict
    else if (TOLD.has(verdict.rule) && verdict.remaining < (exchange.quota?.remaining ?? Infinity))
      exchange.quota = verdict
    return verdict
  },
})

const list = ({ limit, remaining, resetSeconds }: RateVerdict) => [
  'ratelimit-limit',
  String(limit),
  'ratelimit-remaining',
  String(remaining),
  'ratelimit-reset',
  String(resetSeconds),
]

/** Of the limit that refused, or of the caller's own with the least left; none where nothing was counted. */
export const rateHeaders = ({ quota, refusal }: Pick<Exchange, 'quota' | 'refusal'>, status: number) => {
  const told = status === 429 ? (refusal ?? quota) : quota
  return told ? list(told) : []
}
