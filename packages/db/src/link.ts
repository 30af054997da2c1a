import postgres from 'postgres'

export type LinkOptions = {
  url: string
  /** Shown in pg_stat_activity and in metrics. */
  name: string
  connectTimeoutMs: number
  statementTimeoutMs: number
  lockTimeoutMs: number
  idleInTransactionTimeoutMs: number
}

/** The connection went away under a statement: it did not commit, or (when it was the COMMIT) nobody knows. */
export class ConnectionLostError extends Error {
  override name = 'ConnectionLostError'
}

export type Link = {
  /** Rejects at the latest when the connection closes. @throws ConnectionLostError */
  run<T>(issue: (client: postgres.Sql) => PromiseLike<T>): Promise<T>
  options(): postgres.Sql['options']
  /** Connections lost so far. */
  losses(): number
  end(): Promise<void>
}

/** Longer texts (bulk inserts) are not worth a named statement on every connection. */
const PREPARE_UP_TO_CHARACTERS = 8_000

export const connect = (options: LinkOptions, onclose?: () => void) =>
  postgres(options.url, {
    max: 1,
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
export const send = (client: postgres.Sql, text: string, params: unknown[]) =>
  // The driver's type allows only its own serialisable values; drizzle has encoded them already.
  client.unsafe(text, params as never[], { prepare: text.length <= PREPARE_UP_TO_CHARACTERS })

/**
 * One connection, opened by its first statement and again after a loss. postgres.js never answers a statement issued
 * between the error and the close of its socket, and such a client hangs for ever: it is thrown away with the
 * connection, and what it still owed fails.
 */
export const createLink = (options: LinkOptions, onLoss: () => void = () => undefined): Link => {
  const owed = new Set<(error: Error) => void>()
  let losses = 0
  let isEnding = false

  const open = (): postgres.Sql => {
    const opened = connect(options, () => {
      if (opened !== client || isEnding) return
      client = open()
      losses += 1
      onLoss()
      // After the driver's own handler, which is still at work on the old client.
      setImmediate(() => void opened.end({ timeout: 0 }).catch(() => undefined))
      for (const fail of owed) fail(new ConnectionLostError(`connection of ${options.name} lost`))
    })
    return opened
  }
  let client = open()

  return {
    run: (issue) =>
      new Promise((resolve, reject) => {
        const settle =
          <A>(end: (value: A) => void) =>
          (value: A) => {
            owed.delete(reject)
            end(value)
          }
        owed.add(reject)
        issue(client).then(settle(resolve), settle(reject))
      }),
    options: () => client.options,
    losses: () => losses,
    end: async () => {
      isEnding = true
      await client.end({ timeout: 5 })
    },
  }
}
