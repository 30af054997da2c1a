import type postgres from 'postgres'
import { ConnectionLostError, createLink, send, type Link, type LinkOptions } from './link.ts'

export { ConnectionLostError } from './link.ts'

export type LaneOptions = LinkOptions & {
  max: number
  acquireTimeoutMs: number
  /** A lane held longer is reported as a leak. */
  leakAfterMs?: number
  onQuery?: (query: { pool: string; text: string; durationMs: number; error: unknown }) => void
  onLeak?: (leak: { pool: string; heldMs: number }) => void
}

/** No lane became free in time, or the pool is closing: 503. */
export class PoolExhaustedError extends Error {
  override name = 'PoolExhaustedError'
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
  link: Link
  /** Something was answered since the connection opened; until then BEGIN is awaited. */
  warm: boolean
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

const isLost = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(CONNECT|ECONN|EPIPE|57P0|53300)/.test(String(error.code))

export const createLanes = (options: LaneOptions): Lanes => {
  const leakAfterMs = options.leakAfterMs ?? 30_000
  const idle: Lane[] = []
  const held = new Set<Lane>()
  const waiters: { give: (lane: Lane) => void; refuse: (error: Error) => void; timer: NodeJS.Timeout }[] = []
  let closing = false

  const lanes = Array.from({ length: options.max }, () => {
    const lane: Lane = { link: createLink(options, () => (lane.warm = false)), warm: false, heldSince: 0 }
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
    const { link } = lane
    let closed = false
    let failed: unknown
    let losses = link.losses()
    let previous = null as Promise<unknown> | null

    const doom = (error: unknown) => {
      failed ??=
        isLost(error) && !(error instanceof ConnectionLostError)
          ? new ConnectionLostError('connection lost inside a transaction', { cause: error })
          : error
    }
    const opened = observe(
      'begin',
      link.run((sql) => sql.unsafe(`begin${mode === 'read' ? ' read only' : ''};${opening}`)),
    ).then(() => {
      lane.warm = true
    }, doom)
    if (!lane.warm) {
      await opened
      losses = link.losses()
    }

    const issue = (text: string, params: unknown[], asValues: boolean) => {
      // The driver reconnects by itself; what it would run then is no part of this transaction.
      if (link.losses() !== losses) doom(new ConnectionLostError('connection lost inside a transaction'))
      if (failed) throw failed
      const answer = link.run<unknown>((sql) => {
        const query = send(sql, text, params)
        return asValues ? query.values() : query
      })
      return observe(text, answer)
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
      options: link.options(),
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

    const finish = (statement: 'commit' | 'rollback') =>
      observe(
        statement,
        link.run((sql) => sql.unsafe(statement)),
      )

    try {
      const result = await work({ client, isClosed: () => closed })
      closed = true
      await previous?.catch(() => undefined)
      if (mode === 'write' || failed) await opened
      // A statement whose error was swallowed has aborted the transaction all the same.
      if (failed) throw failed
      if (link.losses() !== losses) throw new ConnectionLostError('connection lost inside a transaction')
      const committed = finish('commit')
      // A read has nothing to lose: neither its answer nor the next transaction of the lane, which leaves behind the
      // COMMIT on the same connection, need wait for it.
      if (mode === 'read') committed.catch(() => undefined)
      else
        await committed.catch((error) => {
          failed = isLost(error) ? new ConnectionLostError('connection lost in commit', { cause: error }) : error
          throw failed
        })
      release(lane)
      return result
    } catch (error) {
      closed = true
      if (held.has(lane)) {
        await previous?.catch(() => undefined)
        await opened
        if (link.losses() === losses) await finish('rollback').catch(() => undefined)
        release(lane)
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
      await Promise.all(lanes.map((lane) => lane.link.end()))
    },
  }
}
