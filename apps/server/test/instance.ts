import { randomBytes } from 'node:crypto'
import { appRouter } from '@servai/api/root'
import { createLogger } from '@servai/telemetry/log'
import type { AnyTRPCRouter } from '@trpc/server'
import { inject, onTestFinished } from 'vitest'
import { parseEnv } from '../src/env.ts'
import { startServer } from '../src/server.ts'

const ring = () => `k1:${randomBytes(32).toString('base64')}`

/** A whole environment for one server on a free port; of this test run's database unless told otherwise. */
export const environment = (overrides: Record<string, string> = {}): Record<string, string> => ({
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  APP_URL: 'http://localhost:3000',
  DATABASE_URL: inject('databaseUrl'),
  DATABASE_SYSTEM_URL: inject('databaseSystemUrl'),
  JWT_KEYS: ring(),
  REFRESH_KEYS: ring(),
  TOKEN_KEYS: ring(),
  FACTOR_KEYS: ring(),
  PASSWORD_PEPPER_KEYS: ring(),
  DATABASE_POOL_MAX: '3',
  DATABASE_SYSTEM_POOL_MAX: '2',
  ...overrides,
})

export type Instance = {
  url: string
  port: number
  metricsPort: number | null
  /** Every line of its log so far. */
  logs(): Record<string, unknown>[]
  rawLog(): string
  stop(): Promise<void>
}

type Options = { env?: Record<string, string>; router?: AnyTRPCRouter }

/** A server of its own in this process, ready to answer. */
export const openInstance = async ({ env = {}, router = appRouter }: Options = {}): Promise<Instance> => {
  let text = ''
  const log = createLogger({
    level: 'debug',
    service: 'server',
    destination: {
      write: (line) => {
        text += line
      },
    },
  })
  const server = await startServer(parseEnv(environment(env)), log, router)
  await server.ready
  let stopping: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    metricsPort: server.metricsPort,
    rawLog: () => text,
    logs: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: () => (stopping ??= server.stop()),
  }
}

/** For one test: ends with it. */
export const useInstance = async (options?: Options): Promise<Instance> => {
  const instance = await openInstance(options)
  onTestFinished(() => instance.stop())
  return instance
}
