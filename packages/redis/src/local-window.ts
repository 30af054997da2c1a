/** A rule by its storage key; `limit` hits in any `windowMs`. */
export interface WindowRule {
  storageKey: string
  limit: number
  windowMs: number
}

export interface WindowVerdict {
  allowed: boolean
  /** Index of the rule that refuses, or of the one with the least left. */
  rule: number
  remaining: number
  /** Until the call would be allowed; 0 when it is. */
  waitMs: number
}

export interface LocalWindows {
  take(rules: readonly WindowRule[], cost: number, at: number): WindowVerdict
  giveBack(rules: readonly WindowRule[], cost: number, at: number): void
}

/**
 * Sliding windows in the memory of one process, of at most `maxKeys` keys: beyond that the one unused for longest is
 * forgotten, so that made-up keys cannot fill the memory.
 */
export const createLocalWindows = (maxKeys: number): LocalWindows => {
  const hits = new Map<string, number[]>()

  const recent = ({ storageKey, windowMs }: WindowRule, at: number): number[] => {
    const known = hits.get(storageKey) ?? []
    const isPast = (time: number | undefined) => time !== undefined && time <= at - windowMs
    // In the order of time: while the first still counts, all do.
    const times = isPast(known[0]) ? known.filter((time) => !isPast(time)) : known
    hits.delete(storageKey)
    hits.set(storageKey, times)
    return times
  }

  const forgetOldest = (): void => {
    if (hits.size <= maxKeys) return
    for (const key of hits.keys()) {
      if (hits.size <= maxKeys) return
      hits.delete(key)
    }
  }

  return {
    take(rules, cost, at) {
      const windows = rules.map((rule) => ({ ...rule, times: recent(rule, at) }))
      forgetOldest()
      const verdicts = windows.map(({ times, limit, windowMs }, rule): WindowVerdict => {
        const remaining = limit - times.length
        if (remaining >= cost) return { allowed: true, rule, remaining: remaining - cost, waitMs: 0 }
        // the hit that has to leave the window before there is room; none when the call is larger than the limit
        const blocking = cost > limit ? at : (times[cost - remaining - 1] ?? at)
        return { allowed: false, rule, remaining: Math.max(0, remaining), waitMs: blocking + windowMs - at }
      })
      const refused = verdicts.filter((verdict) => !verdict.allowed).sort((a, b) => b.waitMs - a.waitMs)[0]
      if (refused) return refused
      for (const { times } of windows) for (let hit = 0; hit < cost; hit += 1) times.push(at)
      return (
        verdicts.sort((a, b) => a.remaining - b.remaining)[0] ?? { allowed: true, rule: 0, remaining: 0, waitMs: 0 }
      )
    },

    giveBack(rules, cost, at) {
      for (const { storageKey } of rules) {
        const times = hits.get(storageKey)
        for (let hit = 0; times && hit < cost; hit += 1) {
          const index = times.lastIndexOf(at)
          if (index >= 0) times.splice(index, 1)
        }
      }
    },
  }
}
