import { Redis, type RedisOptions } from 'ioredis'

/** Redis gave no answer in time, or is known to be gone: go on without it. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable'
}

export interface RedisConnection {
  /** For work that has to be tried even while the circuit is open; its errors are ioredis's own. */
  readonly client: Redis
  /**
   * Bounded in time: 200 ms a command, and nothing at all while the circuit is open.
   * @throws RedisUnavailable for every failure, the cause inside
   */
  run<T>(work: (client: Redis) => Promise<T>): Promise<T>
  ping(): Promise<boolean>
  /** Answers what is in flight, then hangs up; never rejects. */
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  /** Called for each lost connection and each failed command, never while the circuit is open. */
  onError: (error: Error) => void
  /** Shown by CLIENT LIST. */
  name: string
}

const COMMAND_TIMEOUT_MS = 200
const PROBE_INTERVAL_MS = 500
/** Also hangs up a connection that a partition left half open, which TCP alone notices after minutes. */
const SILENCE_TIMEOUT_MS = 2000
const CONNECT_TIMEOUT_MS = 2000

const retryStrategy = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000)

const requestOptions = (name: string): RedisOptions => ({
  connectionName: name,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SILENCE_TIMEOUT_MS,
  maxRetriesPerRequest: 1,
  // A command whose answer was lost may have run; the caller has gone on without it.
  autoResendUnfulfilledCommands: false,
  retryStrategy,
})

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** A refusal by a Redis that answers (wrong type, out of memory, loading) says nothing about the connection. */
const isAnswer = (error: Error): boolean => error.name === 'ReplyError'

/**
 * The connection of the request path. It reconnects for ever and never lets a request wait for that: the first command
 * that gets no answer opens the circuit, and a PING in the background closes it again.
 */
export const createRedis = (url: string, { onError, name }: RedisConnectionOptions): RedisConnection => {
  const client = new Redis(url, requestOptions(name))
  let probe: NodeJS.Timeout | undefined

  const ping = async (): Promise<boolean> => {
    try {
      return (await client.ping()) === 'PONG'
    } catch {
      return false
    }
  }

  const openCircuit = (): void => {
    if (client.status === 'end') return
    probe ??= setInterval(async () => {
      if (await ping()) closeCircuit()
    }, PROBE_INTERVAL_MS).unref()
  }

  const closeCircuit = (): void => {
    clearInterval(probe)
    probe = undefined
  }

  client.on('error', onError)
  client.on('ready', closeCircuit)

  return {
    client,
    ping,

    async run(work) {
      if (probe) throw new RedisUnavailable('Redis does not answer')
      try {
        return await work(client)
      } catch (cause) {
        const error = asError(cause)
        if (!isAnswer(error)) openCircuit()
        onError(error)
        throw new RedisUnavailable(error.message, { cause })
      }
    },

    async close() {
      closeCircuit()
      await client.quit().catch(() => undefined)
      client.disconnect()
    },
  }
}

/** For BullMQ, which waits for Redis instead of failing: blocking commands have no time-out and are retried for ever. */
export const workerConnectionOptions = (url: string) => ({ url, maxRetriesPerRequest: null, retryStrategy })
