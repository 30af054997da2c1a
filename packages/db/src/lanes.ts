import postgres from 'postgres'

export type LaneOptions = {
  url: string
  /** Shown in pg_stat_activity and in metrics. */
  name: string
  max: number
  acquireTimeoutMs: number
  connectTimeoutMs: number
  statementTimeoutMs: number
  lockTimeoutMs: number
  idleInTransactionTimeoutMs: number
  /** A lane held longer is reported as a leak. */
  leakAfterMs?: number
  onQuery?: (query: { pool: string; text: string; durationMs: number; error: unknown }) => void
  onLeak?: (leak: { pool: string; heldMs: number }) => void
}

/** No lane became free in time, or the pool is closing: 503. */
export class PoolExhaustedError extends Error {
  override name = 'PoolExhaustedError'
}

/** The connection went away inside a transaction: nothing of it was committed, or (in COMMIT itself) nobody knows. */
export class ConnectionLostError extends Error {
  override name = 'ConnectionLostError'
}

/** A handle outlived its transaction: a forgotten `await`. */
export class HandleClosedError extends Error {
  override name = 'HandleClosedError'
}

/** The part of a postgres.js client that drizzle speaks to. */
export type DriverClient = {
  options: postgres.Sql['options']
  unsafe(text: string, params?: unknown[]): PromiseLike<unknown> & { values(): PromiseLike<unknown> }
}

type Lane = {
  sql: postgres.Sql
  /** Something was answered since the connection opened; until then BEGIN is awaited. */
  warm: boolean
  /** Connections lost so far. */
  losses: number
  heldSince: number
}

export type Transaction = { client: DriverClient; isClosed(): boolean }

export type Lanes = {
  /**
   * Runs `work` inside one transaction that starts with `opening` (complete statements, values already quoted).
   * Opening and the first query leave in one go; later ones wait for their predecessor, so that nothing can slip
   * onto a new connection once the old one is lost.
   *
   * @throws PoolExhaustedError, ConnectionLostError, or what the first failed statement threw
   */
  transaction<T>(opening: string, mode: 'read' | 'write', work: (transaction: Transaction) => Promise<T>): Promise<T>
  waiting(): number
  inUse(): number
  close(): Promise<void>
}

/** Longer texts (bulk inserts) are not worth a named statement on every connection. */
const PREPARE_UP_TO_CHARACTERS = 8_000

export const connect = (options: Omit<LaneOptions, 'acquireTimeoutMs'>, onclose?: () => void) =>
  postgres(options.url, {
    max: options.max,
    fetch_types: false,
    connect_timeout: options.connectTimeoutMs / 1000,
    max_lifetime: null,
    backoff: () => 0.25,
    onnotice: () => undefined,
    onclose,
    connection: {
      application_name: options.name,
      statement_timeout: options.statementTimeoutMs,
      lock_timeout: options.lockTimeoutMs,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
    },
  })

/** Sends a statement by name, so that PostgreSQL parses and plans it once per connection. */
export const send = (sql: postgres.Sql, text: string, params: unknown[]) =>
  // The driver's type allows only its own serialisable values; drizzle has encoded them already.
  sql.unsafe(text, params as never[], { prepare: text.length <= PREPARE_UP_TO_CHARACTERS })

const isLost = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(CONNECT|ECONN|EPIPE|57P0|53300)/.test(String(error.code))

export const createLanes = (options: LaneOptions): Lanes => {
  const leakAfterMs = options.leakAfterMs ?? 30_000
  const idle: Lane[] = []
  const held = new Set<Lane>()
  const waiters: { give: (lane: Lane) => void; refuse: (error: Error) => void; timer: NodeJS.Timeout }[] = []
  let closing = false

  const lanes = Array.from({ length: options.max }, () => {
    const lose = () => {
      lane.warm = false
      lane.losses += 1
    }
    const lane: Lane = { sql: connect({ ...options, max: 1 }, lose), warm: false, losses: 0, heldSince: 0 }
    idle.push(lane)
    return lane
  })

  const hold = (lane: Lane) => {
    lane.heldSince = performance.now()
    held.add(lane)
    return lane
  }

  const acquire = (): Lane | Promise<Lane> => {
    if (closing) throw new PoolExhaustedError(`pool ${options.name} is closing`)
    // The most recently used lane has the warmest caches.
    const free = idle.pop()
    if (free) return hold(free)
    return new Promise((give, refuse) => {
      const waiter = { give, refuse, timer: setTimeout(() => expire(), options.acquireTimeoutMs) }
      const expire = () => {
        waiters.splice(waiters.indexOf(waiter), 1)
        refuse(new PoolExhaustedError(`no connection of pool ${options.name} within ${options.acquireTimeoutMs} ms`))
      }
      waiters.push(waiter)
    })
  }

  const release = (lane: Lane) => {
    held.delete(lane)
    const next = waiters.shift()
    if (!next) return void idle.push(lane)
    clearTimeout(next.timer)
    next.give(hold(lane))
  }

  const leakWatch = setInterval(() => {
    const now = performance.now()
    for (const lane of held) {
      const heldMs = now - lane.heldSince
      if (heldMs > leakAfterMs) options.onLeak?.({ pool: options.name, heldMs })
    }
  }, leakAfterMs)
  leakWatch.unref()

  const observe = async <T>(text: string, query: PromiseLike<T>): Promise<T> => {
    const started = performance.now()
    try {
      const result = await query
      options.onQuery?.({ pool: options.name, text, durationMs: performance.now() - started, error: null })
      return result
    } catch (error) {
      options.onQuery?.({ pool: options.name, text, durationMs: performance.now() - started, error })
      throw error
    }
  }

  const transaction: Lanes['transaction'] = async (opening, mode, work) => {
    const lane = await acquire()
    let closed = false
    let failed: unknown
    let losses = lane.losses
    let previous = null as Promise<unknown> | null

    const doom = (error: unknown) => {
      failed ??=
        isLost(error) && !(error instanceof ConnectionLostError)
          ? new ConnectionLostError('connection lost inside a transaction', { cause: error })
          : error
    }
    const opened = observe('begin', lane.sql.unsafe(`begin${mode === 'read' ? ' read only' : ''};${opening}`)).then(
      () => {
        lane.warm = true
      },
      doom,
    )
    if (!lane.warm) {
      await opened
      losses = lane.losses
    }

    const issue = (text: string, params: unknown[], asValues: boolean) => {
      // The driver reconnects by itself; what it would run then is no part of this transaction.
      if (lane.losses !== losses) doom(new ConnectionLostError('connection lost inside a transaction'))
      if (failed) throw failed
      const query = send(lane.sql, text, params)
      return observe(text, asValues ? query.values() : query)
    }
    const run = (text: string, params: unknown[], asValues: boolean): Promise<unknown> => {
      if (closed) throw new HandleClosedError('this transaction has ended; an await is missing')
      const next = () => issue(text, params, asValues)
      const answer = previous ? previous.then(next, next) : (async () => next())()
      previous = answer
      answer.catch(doom)
      return answer
    }
    const client: DriverClient = {
      options: lane.sql.options,
      unsafe: (text, params = []) => {
        let answer: Promise<unknown> | undefined
        return {
          // drizzle awaits the query itself, or calls values() on it at once: nothing is sent before it is known which.
          // oxlint-disable-next-line unicorn/no-thenable
          then: (resolve, reject) => (answer ??= run(text, params, false)).then(resolve, reject),
          values: () => run(text, params, true),
        }
      },
    }

    const end = async (statement: 'commit' | 'rollback') => {
      try {
        await observe(statement, lane.sql.unsafe(statement))
      } finally {
        release(lane)
      }
    }

    try {
      const result = await work({ client, isClosed: () => closed })
      closed = true
      await previous?.catch(() => undefined)
      if (mode === 'write' || failed) await opened
      // A statement whose error was swallowed has aborted the transaction all the same.
      if (failed) throw failed
      if (lane.losses !== losses) throw new ConnectionLostError('connection lost inside a transaction')
      // A read has nothing to lose: its answer need not wait for the end.
      if (mode === 'read') void end('commit').catch(() => undefined)
      else
        await end('commit').catch((error) => {
          throw isLost(error) ? new ConnectionLostError('connection lost in commit', { cause: error }) : error
        })
      return result
    } catch (error) {
      closed = true
      if (held.has(lane)) {
        await previous?.catch(() => undefined)
        await opened
        if (lane.losses !== losses) release(lane)
        else await end('rollback').catch(() => undefined)
      }
      throw failed ?? error
    }
  }

  return {
    transaction,
    waiting: () => waiters.length,
    inUse: () => held.size,
    close: async () => {
      closing = true
      clearInterval(leakWatch)
      for (const waiter of waiters.splice(0)) {
        clearTimeout(waiter.timer)
        waiter.refuse(new PoolExhaustedError(`pool ${options.name} is closing`))
      }
      await Promise.all(lanes.map((lane) => lane.sql.end({ timeout: 5 })))
    },
  }
}
