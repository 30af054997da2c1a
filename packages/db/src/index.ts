import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import { createLanes, type LaneOptions, type Transaction } from './lanes.ts'
import { connect, createLink, send } from './link.ts'

export { ConnectionLostError, HandleClosedError, PoolExhaustedError } from './lanes.ts'

declare const scope: unique symbol
type Handle = PgDatabase<PostgresJsQueryResultHKT>

/** A transaction bound to one company. Only `Database.company` can make one. */
export type CompanyDb = Handle & { readonly [scope]: 'company' }
/** A transaction of the system role: sign-in, outbox relay, platform work. Only `Database.system` can make one. */
export type SystemDb = Handle & { readonly [scope]: 'system' }

/** Who acts, for row-level security and for the audit trigger. */
export type Scope = {
  companyId?: string | null
  userId?: string | null
  sessionId?: string | null
  requestId?: string | null
  address?: string | null
  /** Who acts as `userId`. */
  impersonatorId?: string | null
  apiKeyId?: string | null
}

export type Mode = 'read' | 'write'

export type Database = {
  /** @throws PoolExhaustedError, ConnectionLostError */
  company<T>(scope: Scope & { companyId: string }, mode: Mode, work: (db: CompanyDb) => Promise<T>): Promise<T>
  /** @throws PoolExhaustedError, ConnectionLostError */
  system<T>(scope: Scope, mode: Mode, work: (db: SystemDb) => Promise<T>): Promise<T>
  /** One read outside of a transaction as the system role; several share a connection and pipeline on it. */
  lookup<Row>(text: string, params: unknown[]): Promise<Row[]>
  /** Calls back on every NOTIFY of the channel, and after each (re)connection. Returns how to stop. */
  listen(channel: string, onNotify: () => void): Promise<() => Promise<void>>
  /** @throws when the database does not answer within a second */
  ping(): Promise<void>
  stats(): { pool: string; waiting: number; inUse: number }[]
  close(): Promise<void>
}

export type DatabaseOptions = Omit<LaneOptions, 'url' | 'name' | 'max'> & {
  appUrl: string
  systemUrl: string
  appMax: number
  systemMax: number
}

const SETTINGS: Record<keyof Scope, string> = {
  companyId: 'app.company_id',
  userId: 'app.user_id',
  sessionId: 'app.session_id',
  requestId: 'app.request_id',
  address: 'app.address',
  impersonatorId: 'app.impersonator_id',
  apiKeyId: 'app.api_key_id',
}

const quote = (value: string) => `'${value.replaceAll("'", "''").replaceAll('\0', '')}'`

const opening = (given: Scope) =>
  Object.entries(SETTINGS)
    .map(([key, setting]) => [setting, given[key as keyof Scope]] as const)
    .filter(([, value]) => value)
    .map(([setting, value]) => ` set local ${setting} = ${quote(value!)}`)
    .join(';')

const handleOf = (transaction: Transaction) =>
  // drizzle uses nothing of the client but `unsafe` and `options`.
  drizzle(transaction.client as unknown as postgres.Sql)

export const createDatabase = (options: DatabaseOptions): Database => {
  const app = createLanes({ ...options, url: options.appUrl, name: 'servai-app', max: options.appMax })
  const system = createLanes({ ...options, url: options.systemUrl, name: 'servai-system', max: options.systemMax })
  const reads = Array.from({ length: 2 }, () =>
    createLink({ ...options, url: options.systemUrl, name: 'servai-lookup' }),
  )
  const listeners = connect({ ...options, url: options.systemUrl, name: 'servai-listen' })
  let turn = 0

  const lookup = async <Row>(text: string, params: unknown[]) => {
    const started = performance.now()
    const report = (error: unknown) =>
      options.onQuery?.({ pool: 'servai-lookup', text, durationMs: performance.now() - started, error })
    try {
      const link = reads[turn++ % reads.length]!
      const rows = await link.run((client) => send(client, text, params))
      report(null)
      // The statement's author states the row type, as with drizzle's own `sql<T>`.
      return rows as unknown as Row[]
    } catch (error) {
      report(error)
      throw error
    }
  }

  return {
    company: (given, mode, work) =>
      // The brand is given here and nowhere else: the transaction below is bound to `given.companyId`.
      app.transaction(opening(given), mode, (transaction) => work(handleOf(transaction) as unknown as CompanyDb)),
    system: (given, mode, work) =>
      system.transaction(opening({ ...given, companyId: null }), mode, (transaction) =>
        work(handleOf(transaction) as unknown as SystemDb),
      ),
    lookup,
    listen: async (channel, onNotify) => {
      const { unlisten } = await listeners.listen(channel, onNotify, onNotify)
      return unlisten
    },
    ping: async () => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('the database did not answer within 1 s')), 1000)
      })
      await Promise.race([lookup('select 1', []), late]).finally(() => clearTimeout(timer))
    },
    stats: () => [
      { pool: 'servai-app', waiting: app.waiting(), inUse: app.inUse() },
      { pool: 'servai-system', waiting: system.waiting(), inUse: system.inUse() },
    ],
    close: async () => {
      await Promise.all([
        app.close(),
        system.close(),
        ...reads.map((link) => link.end()),
        listeners.end({ timeout: 5 }),
      ])
    },
  }
}

type Preparable = { prepare(name: string): { execute(values: Record<string, unknown>): Promise<unknown> } }

/**
 * Builds a query once per process instead of once per request; each call binds it to the transaction at hand.
 * Values go in through `sql.placeholder(name)`.
 */
export const prepared = <Query extends Preparable, Db extends CompanyDb | SystemDb = CompanyDb>(
  build: (db: Db) => Query,
) => {
  let compiled: ReturnType<Preparable['prepare']> | undefined
  return (db: Db, values: Record<string, unknown>) => {
    compiled ??= build(db).prepare('compiled')
    // drizzle's prepared query runs on its own `client`; shadowing that one property moves it to this transaction.
    const bound = Object.create(compiled, { client: { value: (db as unknown as { $client: unknown }).$client } })
    return bound.execute(values) as ReturnType<ReturnType<Query['prepare']>['execute']>
  }
}
