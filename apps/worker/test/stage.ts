import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { emit } from '@servai/api/events'
import type { Events, Topic } from '@servai/api/events'
import { parseKeyRing } from '@servai/auth/key-ring'
import { deriveToken, hashToken, newNonce } from '@servai/auth/one-time-token'
import { createDatabase } from '@servai/db'
import { migrate } from '@servai/db/migrate'
import { provision } from '@servai/db/provision'
import type { TokenPurpose } from '@servai/db/schema/enums'
import { outbox } from '@servai/db/schema/outbox'
import { authTokens } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { inject } from 'vitest'
import { readEnv } from '../src/env.ts'
import { startWorker } from '../src/worker.ts'
import type { WorkerOptions } from '../src/worker.ts'
import { startProvider } from './provider.ts'

export const KEYS = `k1:${randomBytes(32).toString('base64')}`
const AUDIT_KEYS = `a1:${randomBytes(32).toString('base64')}`
const ring = parseKeyRing(KEYS)

/** Impatient, so that a test need not wait. */
export const QUICK: WorkerOptions = {
  retries: { maxAttempts: 3, firstDelayMs: 60, maxDelayMs: 1_000 },
  relay: { pollMs: 50, lostAfterMs: 60_000 },
}

export type Backend = 'postgres' | 'redis'
export const BACKENDS: Backend[] = inject('redisUrl') === null ? ['postgres'] : ['postgres', 'redis']

/** Polls until `isTrue`, at most `timeoutMs`. */
export const until = async (isTrue: () => boolean | Promise<boolean>, timeoutMs = 10_000) => {
  for (const deadline = performance.now() + timeoutMs; !(await isTrue()); await sleep(20))
    if (performance.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${isTrue.toString()}`)
}

const createDatabaseOfItsOwn = async (isMigrated: boolean) => {
  const name = `worker_${randomBytes(4).toString('hex')}`
  const logins = { owner: inject('databaseOwnerUrl'), app: inject('databaseUrl'), system: inject('databaseSystemUrl') }
  const password = (url: string) => decodeURIComponent(new URL(url).password)
  const passwords = { owner: password(logins.owner), app: password(logins.app), system: password(logins.system) }
  await provision(inject('adminUrl'), { database: name, passwords })
  const urlOf = (login: string) => Object.assign(new URL(login), { pathname: `/${name}` }).href
  if (isMigrated) await migrate(urlOf(logins.owner))
  const drop = async () => {
    const admin = postgres(inject('adminUrl'), { max: 1, onnotice: () => {} })
    await admin`drop database ${admin(name)} with (force)`
    await admin.end()
  }
  return { appUrl: urlOf(logins.app), systemUrl: urlOf(logins.system), ownerUrl: urlOf(logins.owner), drop }
}

/** A database, a mail provider and (for `redis`) a Redis database of their own, with people who may get mail. */
export const openStage = async (
  backend: Backend,
  { isMigrated = true, redis: redisAt = inject('redisUrl') }: { isMigrated?: boolean; redis?: string | null } = {},
) => {
  const [own, provider] = await Promise.all([createDatabaseOfItsOwn(isMigrated), startProvider()])
  const redisUrl = backend === 'redis' ? Object.assign(new URL(redisAt!), { pathname: '/11' }).href : undefined
  const redis = redisUrl ? new Redis(redisUrl) : undefined
  redis?.on('error', () => {})
  await redis?.flushdb()
  const sql = postgres(own.systemUrl, { max: 2, onnotice: () => {} })
  const database = createDatabase({
    appUrl: own.appUrl,
    systemUrl: own.systemUrl,
    appMax: 1,
    systemMax: 4,
    acquireTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 2_000,
    idleInTransactionTimeoutMs: 10_000,
  })
  const logs: string[] = []
  const workers: Awaited<ReturnType<typeof startWorker>>[] = []

  const variables = (more: Record<string, string> = {}): Record<string, string> => ({
    NODE_ENV: 'development',
    APP_URL: 'https://homes.example',
    DATABASE_URL: own.appUrl,
    DATABASE_SYSTEM_URL: own.systemUrl,
    TOKEN_KEYS: KEYS,
    AUDIT_KEYS,
    EMAIL_TRANSPORT: 'resend',
    EMAIL_FROM: 'no-reply@homes.example',
    RESEND_API_KEY: 're_test_key',
    RESEND_BASE_URL: provider.url,
    ...(redisUrl && { REDIS_URL: redisUrl }),
    ...more,
  })

  return {
    ...own,
    provider,
    redis,
    sql,
    database,
    variables,
    logs,

    async start(more: Record<string, string> = {}, options: WorkerOptions = {}) {
      const logDestination = { write: (line: string) => void logs.push(line) }
      const worker = await startWorker(readEnv(variables(more)), { ...QUICK, logDestination, ...options })
      workers.push(worker)
      return worker
    },

    async addUser(more: Partial<typeof users.$inferInsert> = {}) {
      const email = `Person.${randomBytes(4).toString('hex')}@example.com`
      const values = {
        email,
        emailKey: email.toLowerCase(),
        firstName: 'Anna',
        lastName: 'Ivanova',
        locale: 'en',
        ...more,
      }
      return database.system({}, 'write', async (db) => (await db.insert(users).values(values).returning())[0]!)
    },

    /** Also answers the token, which only the reader of the mail may ever see. */
    async addToken(
      user: { id: string; emailKey: string },
      purpose: TokenPurpose,
      more: Partial<typeof authTokens.$inferInsert> = {},
    ) {
      const id = crypto.randomUUID()
      const nonce = newNonce()
      const token = deriveToken(ring, { purpose, id, nonce, kid: 'k1' })
      const lifetimeHours = purpose === 'verify_email' ? 24 : 1
      const row = {
        id,
        userId: user.id,
        purpose,
        nonce,
        keyId: 'k1',
        tokenHash: hashToken(token),
        emailKey: user.emailKey,
        expiresAt: new Date(Date.now() + lifetimeHours * 3_600_000),
        ...more,
      }
      await database.system({}, 'write', (db) => db.insert(authTokens).values(row))
      return { id, token }
    },

    emit: <T extends Topic>(topic: T, payload: Events[T]) =>
      database.system({}, 'write', (db) => emit({ db, requestId: 'req-1' }, topic, payload)),

    rows: () => database.system({}, 'read', (db) => db.select().from(outbox).orderBy(outbox.id)),

    isSettled: async () => {
      const [row] = await sql`select count(*)::int as open from outbox where done_at is null and failed_at is null`
      return row!.open === 0
    },

    /** As if leases had run out and the time that the relay waits for a lost row had passed. */
    letTimePass: () =>
      sql`update outbox set available_at = available_at - interval '5 minutes', relayed_at = relayed_at - interval '5 minutes'
          where done_at is null and failed_at is null`,

    async close() {
      provider.release()
      await Promise.all(workers.map((worker) => worker.stop()))
      await Promise.all([provider.close(), database.close(), sql.end(), redis?.disconnect()])
      await own.drop()
    },
  }
}

export type Stage = Awaited<ReturnType<typeof openStage>>
