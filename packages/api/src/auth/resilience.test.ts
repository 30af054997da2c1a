import type { Principal } from '@servai/db/principal'
import { createRedis, type RedisConnection } from '@servai/redis/connection'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { createLimiter } from '@servai/redis/rate-limit'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Services } from '../context.ts'
import { anonymous, refusal } from '../../test/callers.ts'
import {
  outcomesOf,
  OTHER_PASSWORD,
  PASSWORD,
  register,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
} from '../../test/identity.ts'

const redisUrl = inject('redisUrl')
const connect = (url: string) => createRedis(url, { name: 'servai-test', onError: () => undefined })
const revoked = refusal('UNAUTHORIZED', 'auth.session_revoked')

describe.skipIf(!redisUrl)('with cached principals', () => {
  let redis: RedisConnection
  let services: Services
  let hits = 0
  beforeAll(async () => {
    redis = connect(redisUrl ?? '')
    await vi.waitFor(async () => expect(await redis.ping()).toBe(true))
    const principals = createPrincipalCache<Principal>({ redis, onHit: () => (hits += 1) })
    services = unlimited({ principals })
  })
  afterAll(() => redis.close())

  const start = async (email: string) => {
    const { as, refreshToken } = await signInAs(email, { services })
    const caller = as({ services })
    await caller.auth.me()
    const before = hits
    await caller.auth.me()
    expect(hits).toBe(before + 1)
    return { caller, refreshToken }
  }

  it('a session that ended is refused on the next request, whatever ended it', async () => {
    const ends: ((session: Awaited<ReturnType<typeof start>>, email: string) => Promise<unknown>)[] = [
      ({ caller }) => caller.auth.logout(),
      ({ refreshToken }) => anonymous({ services }).auth.logout({ refreshToken }),
      ({ caller }) => caller.auth.logoutAll(),
      ({ caller }) => caller.auth.changePassword({ currentPassword: PASSWORD, newPassword: OTHER_PASSWORD }),
      async (_, email) => {
        await anonymous({ services }).reset.request({ email })
        const token = await tokenOf(email, 'reset_password')
        await anonymous({ services }).reset.reset({ token, newPassword: OTHER_PASSWORD })
      },
    ]
    for (const end of ends) {
      const email = await registerVerified()
      const session = await start(email)
      await end(session, email)
      await expect(session.caller.auth.me()).rejects.toMatchObject(revoked)
    }
  })

  it('a proven address and a new name are seen on the next request', async () => {
    const email = await register()
    const { caller } = await start(email)
    await caller.verification.verify({ token: await tokenOf(email, 'verify_email') })
    expect(await caller.verification.status()).toEqual({ verified: true })
    await caller.auth.updateProfile({ firstName: 'Eva' })
    expect(await caller.auth.me()).toMatchObject({ firstName: 'Eva', emailVerified: true })
  })

  it('requests that race the end of their session cannot bring it back into the cache', async () => {
    const { caller } = await start(await registerVerified())
    const racing = Array.from({ length: 50 }, () => caller.auth.me())
    const ended = caller.auth.logoutAll()
    racing.push(...Array.from({ length: 50 }, () => caller.auth.me()))
    await Promise.allSettled([...racing, ended])
    await expect(caller.auth.me()).rejects.toMatchObject(revoked)
  })
})

describe('without the Redis it was configured with', () => {
  it('sign-in works from the database, and its limits stay bounded', async () => {
    const redis = connect('redis://127.0.0.1:1')
    const services = unlimited({
      limiter: createLimiter({ redis, replicas: 2 }),
      principals: createPrincipalCache<Principal>({ redis }),
    })
    const email = await registerVerified()
    const { as, refreshToken } = await signInAs(email, { services })
    const caller = as({ services })
    expect(await caller.auth.me()).toMatchObject({ email })
    await anonymous({ services }).auth.refresh({ refreshToken })
    const guesses = Array.from({ length: 20 }, () =>
      anonymous({ services, address: '203.0.113.9' }).auth.login({ email, password: OTHER_PASSWORD }),
    )
    expect(tally(await outcomesOf(guesses))).toEqual({ 'auth.invalid_credentials': 5, 'request.rate_limited': 15 })
    await caller.auth.logoutAll()
    await expect(caller.auth.me()).rejects.toMatchObject(revoked)
    await redis.close()
  })
})
