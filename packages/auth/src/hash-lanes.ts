export type HashLane = 'login' | 'register'

export interface HashLaneMetrics {
  /** Called whenever the number of waiting hashes of a lane changes. */
  onQueueDepth?(lane: HashLane, depth: number): void
  onShed?(lane: HashLane): void
  /** From the call to its end, the wait included. */
  onHash?(lane: HashLane, seconds: number): void
}

/** No slot within the time allowed: answer 503 with `Retry-After: retryAfterSeconds`. */
export class HashBusyError extends Error {
  override name = 'HashBusyError'
  readonly retryAfterSeconds = 1

  constructor() {
    super('too many password hashes are waiting')
  }
}

export interface HashLanesOptions {
  slots: number
  queueSeconds: number
  expectedSeconds: number
  metrics?: HashLaneMetrics | undefined
}

export interface HashLanes {
  /** @throws HashBusyError at once when the lane's queue is full, or after `queueSeconds` in it */
  run<T>(lane: HashLane, work: () => Promise<T>): Promise<T>
}

interface Waiter {
  start: () => void
  timer: NodeJS.Timeout
}

/** While both lanes wait, every so-many-th slot goes to `register`. */
const REGISTER_SHARE = 4
const SMOOTHING = 0.1

/**
 * Bounds the password hashes in flight, because they share libuv's threads with files, DNS and the other crypto, and
 * memory besides. Two queues feed the same slots, so a flood of registrations leaves sign-in three slots of four.
 */
export const createHashLanes = ({ slots, queueSeconds, expectedSeconds, metrics }: HashLanesOptions): HashLanes => {
  const queues: Record<HashLane, Waiter[]> = { login: [], register: [] }
  let free = slots
  let turn = 0
  let meanSeconds = expectedSeconds

  const capacity = (): number => Math.max(1, Math.floor((queueSeconds * slots) / meanSeconds))

  const shed = (lane: HashLane): HashBusyError => {
    metrics?.onShed?.(lane)
    return new HashBusyError()
  }

  const startNext = (): void => {
    if (free === 0) return
    turn += 1
    const order: HashLane[] = turn % REGISTER_SHARE === 0 ? ['register', 'login'] : ['login', 'register']
    const lane = order.find((name) => queues[name].length > 0)
    const waiter = lane && queues[lane].shift()
    if (!waiter) return
    clearTimeout(waiter.timer)
    metrics?.onQueueDepth?.(lane, queues[lane].length)
    free -= 1
    waiter.start()
  }

  const acquire = (lane: HashLane): Promise<void> | undefined => {
    const queue = queues[lane]
    if (free > 0) {
      free -= 1
      return undefined
    }
    if (queue.length >= capacity()) throw shed(lane)
    return new Promise((start, reject) => {
      const waiter: Waiter = {
        start,
        timer: setTimeout(() => {
          queue.splice(queue.indexOf(waiter), 1)
          metrics?.onQueueDepth?.(lane, queue.length)
          reject(shed(lane))
        }, queueSeconds * 1000),
      }
      queue.push(waiter)
      metrics?.onQueueDepth?.(lane, queue.length)
    })
  }

  return {
    async run(lane, work) {
      const askedAt = performance.now()
      await acquire(lane)
      const startedAt = performance.now()
      try {
        return await work()
      } finally {
        const endedAt = performance.now()
        meanSeconds += SMOOTHING * ((endedAt - startedAt) / 1000 - meanSeconds)
        metrics?.onHash?.(lane, (endedAt - askedAt) / 1000)
        free += 1
        startNext()
      }
    },
  }
}
