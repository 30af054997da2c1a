import { randomUUID } from 'node:crypto'
import { deriveToken } from '@servai/auth/one-time-token'
import { loadPasswordLists } from '@servai/auth/password-policy'
import type { TokenPurpose } from '@servai/db/schema/enums'
import { database } from '@servai/db/test/factories'
import { createLimiter } from '@servai/redis/rate-limit'
import { beforeAll } from 'vitest'
import type { RequestContext, Services } from '../src/context.ts'
import { anonymous, services } from './callers.ts'

beforeAll(loadPasswordLists)

export const PASSWORD = 'plum trees over the old river'
export const OTHER_PASSWORD = 'seven grey herons at dusk'

export const newEmail = () => `person-${randomUUID()}@example.test`

/** The same process with counters of its own, for what is behind a limit. */
export const unlimited = (overrides: Partial<Services> = {}): Services => ({
  ...services,
  limiter: createLimiter({ redis: null, replicas: 1 }),
  ...overrides,
})

/** A browser: keeps the cookies it is given, and the time it may keep them. */
export const createBrowser = (given: string | null = null) => {
  const kept = { token: given, maxAgeSeconds: 0, device: null as string | null, deviceMaxAgeSeconds: 0 }
  const refreshCookie: RequestContext['refreshCookie'] = {
    read: () => kept.token,
    write: (token, maxAgeSeconds) => {
      Object.assign(kept, { token, maxAgeSeconds })
    },
    clear: () => {
      kept.token = null
    },
  }
  const deviceCookie: RequestContext['deviceCookie'] = {
    read: () => kept.device,
    write: (device, deviceMaxAgeSeconds) => {
      Object.assign(kept, { device, deviceMaxAgeSeconds })
    },
  }
  return { kept, refreshCookie, deviceCookie }
}

export const userIdOf = async (email: string) => {
  const [user] = await database.lookup<{ id: string }>(
    'select id from users where email_key = $1 and deleted_at is null',
    [email.toLowerCase()],
  )
  if (!user) throw new Error('no such account')
  return user.id
}

/** The token in the newest message of this purpose, made as the worker makes it. */
export const tokenOf = async (email: string, purpose: TokenPurpose) => {
  const [row] = await database.lookup<{ id: string; nonce: string; kid: string }>(
    `select t.id, t.nonce, t.key_id as kid from auth_tokens t join users u on u.id = t.user_id
     where u.email_key = $1 and t.purpose = $2 order by t.created_at desc, t.id desc limit 1`,
    [email.toLowerCase(), purpose],
  )
  if (!row) throw new Error('no message was sent')
  return deriveToken(services.tokenKeys, { purpose, ...row })
}

/** Topics of the events about an account, in order. */
export const eventsOf = async (email: string) => {
  const rows = await database.lookup<{ topic: string }>(
    `select topic from outbox where payload ->> 'userId' = $1 order by created_at, id`,
    [await userIdOf(email)],
  )
  return rows.map((row) => row.topic)
}

type AuditRow = { action: string; result: string; after: Record<string, unknown> | null }

export const auditOf = async (email: string) =>
  database.lookup<AuditRow>(
    `select action, result, after from audit_log where $1::uuid in (entity_id, actor_id) order by id`,
    [await userIdOf(email)],
  )

export const register = async (email = newEmail(), password = PASSWORD) => {
  await anonymous().auth.register({ email, password, firstName: 'Ana', lastName: 'Koleva' })
  return email
}

/** A registered account whose address is proven. */
export const registerVerified = async (email = newEmail()) => {
  await register(email)
  await anonymous().verification.verify({ token: await tokenOf(email, 'verify_email') })
  return email
}

/** The session of a sign-in that asked for no second factor. */
export const signedIn = <T extends object>(answer: T): Exclude<T, { challenge: unknown }> => {
  if ('challenge' in answer) throw new Error('a second factor was asked for')
  // What has no challenge has a session.
  return answer as Exclude<T, { challenge: unknown }>
}

/** A program that signs in; `as` calls with its access token. */
export const signInAs = async (email: string, overrides: Partial<RequestContext> = {}, password = PASSWORD) => {
  const caller = anonymous({ services: unlimited(), ...overrides })
  const answer = signedIn(await caller.auth.login({ email, password, delivery: 'body' }))
  const { accessToken, refreshToken } = answer
  if (refreshToken === undefined) throw new Error('delivery body gives the refresh token in the answer')
  return {
    ...answer,
    refreshToken,
    as: (more: Partial<RequestContext> = {}) => anonymous({ accessToken, ...more }),
  }
}

/** Everything a refused sign-in tells, as one text. */
export const refusedLogin = async (email: string, password: string) => {
  const error: unknown = await anonymous({ services: unlimited() })
    .auth.login({ email, password })
    .catch((thrown: unknown) => thrown)
  const { code, message, cause } = error as { code: string; message: string; cause: object }
  return JSON.stringify({ code, message, cause })
}

/** What each of parallel calls came to: its value, or the reason it was refused with. */
export const outcomesOf = async <T>(calls: Promise<T>[]) => {
  const settled = await Promise.allSettled(calls)
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value
    const { cause } = result.reason as { cause?: { reason?: string } }
    return cause?.reason ?? String(result.reason)
  })
}

export const tally = (outcomes: unknown[]) => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) {
    const key = typeof outcome === 'string' ? outcome : 'ok'
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
