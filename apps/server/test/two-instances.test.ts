import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import { parseKeyRing } from '@servai/auth/key-ring'
import { deriveToken } from '@servai/auth/one-time-token'
import { database } from '@servai/db/test/factories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisProcess, hasRedisServer } from '../../../packages/redis/test/redis-process.ts'
import { environment, openInstance, type Instance } from './instance.ts'
import { send, type Answer } from './send.ts'

const PASSWORD = 'plum trees over the old river'
const ROUNDS = 20
/** What one session may be refreshed in a minute. */
const CONTENDERS = 30

type Tokens = { accessToken: string; refreshToken: string }

describe.skipIf(!hasRedisServer)('two servers on one PostgreSQL and one Redis', { timeout: 120_000 }, () => {
  let redis: Awaited<ReturnType<typeof createRedisProcess>>
  let servers: Instance[]
  let keys: Record<string, string>
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let addresses = 0

  beforeAll(async () => {
    redis = await createRedisProcess()
    await redis.start()
    keys = environment({
      REDIS_URL: redis.url,
      TRUST_PROXY_HOPS: '1',
      REPLICAS: '2',
      DATABASE_POOL_MAX: '5',
      DATABASE_SYSTEM_POOL_MAX: '10',
      ARGON2_MEMORY_KIB: '8192',
      ARGON2_TIME_COST: '1',
    })
    servers = await Promise.all([openInstance({ env: keys }), openInstance({ env: keys })])
  }, 60_000)
  afterAll(async () => {
    agent.destroy()
    await Promise.all(servers.map((server) => server.stop()))
    await redis.kill()
  })

  const ask = (server: number, path: string, json: object | undefined, accessToken?: string, from?: string) => {
    const address = from ?? `10.9.${(++addresses >> 8) & 255}.${addresses & 255}`
    const headers = { 'x-forwarded-for': address, ...(accessToken && { authorization: `Bearer ${accessToken}` }) }
    return send(`${servers[server % 2]!.url}/api/v1${path}`, { headers, agent, ...(json && { json }) })
  }
  const me = (server: number, { accessToken }: Tokens) => ask(server, '/auth/me', undefined, accessToken)
  const refresh = (server: number, { refreshToken }: Tokens) => ask(server, '/auth/refresh', { refreshToken })

  const register = async () => {
    const email = `p.${randomUUID()}@example.test`
    await ask(0, '/auth/register', { email, password: PASSWORD, firstName: 'Olga', lastName: 'K' })
    const [row] = await database.lookup<{ id: string; nonce: string; kid: string }>(
      `select t.id, t.nonce, t.key_id as kid from auth_tokens t join users u on u.id = t.user_id where u.email_key = $1`,
      [email],
    )
    const token = deriveToken(parseKeyRing(keys['TOKEN_KEYS']!), { purpose: 'verify_email', ...row! })
    await ask(1, '/email-verification/verify', { token })
    return email
  }
  const signIn = async (server: number, email: string) => {
    const answer = await ask(server, '/auth/login', { email, password: PASSWORD, delivery: 'body' })
    expect(answer.status).toBe(200)
    return answer.json() as Tokens
  }
  const sessionIdOf = async (tokens: Tokens) => {
    const { items } = (await ask(0, '/auth/sessions', undefined, tokens.accessToken)).json() as {
      items: { id: string; current: boolean }[]
    }
    return items.find(({ current }) => current)!.id
  }
  const statuses = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))].sort()

  it(`give ${CONTENDERS} tabs that refresh at once the same successor, ${ROUNDS} times over, and end no session`, async () => {
    const email = await register()
    for (let round = 0; round < ROUNDS; round++) {
      const tokens = await signIn(round, email)
      await Promise.all([me(0, tokens), me(1, tokens)])
      const answers = await Promise.all(Array.from({ length: CONTENDERS }, (_, index) => refresh(index, tokens)))
      expect(statuses(answers)).toEqual([200])
      const successors = answers.map((answer) => answer.json() as Tokens)
      expect(new Set(successors.map(({ refreshToken }) => refreshToken)).size).toBe(1)
      expect((await me(round + 1, successors[0]!)).status).toBe(200)
    }
  })

  it('end a session on both, whichever of them is told, on the very next request', async () => {
    const email = await register()
    for (let round = 0; round < ROUNDS; round++) {
      const [victim, other] = [await signIn(round, email), await signIn(round + 1, email)]
      expect(statuses(await Promise.all([me(0, victim), me(1, victim)]))).toEqual([200])
      const id = await sessionIdOf(victim)
      const url = `${servers[round % 2]!.url}/api/v1/auth/sessions/${id}`
      const headers = { authorization: `Bearer ${other.accessToken}` }
      expect((await send(url, { method: 'DELETE', headers, agent })).status).toBe(204)
      const after = await Promise.all([me(0, victim), me(1, victim), refresh(0, victim), refresh(1, victim)])
      expect(after.map((answer) => [answer.status, answer.reason()])).toEqual(
        Array.from({ length: 4 }, () => [401, 'auth.session_revoked']),
      )
    }
  })

  it('count attempts together: ten guesses from one place, however they are spread', async () => {
    const email = await register()
    const guess = (server: number) =>
      ask(server, '/auth/login', { email, password: 'seven grey herons at dusk' }, undefined, '203.0.113.77')
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => guess(index)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20)
  })

  it('lose Redis in the middle: nobody sees a fault, and what ends then has ended on both', async () => {
    const email = await register()
    const [victim, other] = [await signIn(0, email), await signIn(1, email)]
    const id = await sessionIdOf(victim)
    expect(statuses(await Promise.all([me(0, victim), me(1, victim)]))).toEqual([200])

    const traffic = Array.from({ length: 60 }, (_, index) => me(index, other))
    await redis.kill()
    traffic.push(...Array.from({ length: 60 }, (_, index) => me(index, other)))
    expect(statuses(await Promise.all(traffic))).toEqual([200])

    const headers = { authorization: `Bearer ${other.accessToken}` }
    const url = `${servers[0]!.url}/api/v1/auth/sessions/${id}`
    expect((await send(url, { method: 'DELETE', headers, agent })).status).toBe(204)
    const answers = await Promise.all([me(0, victim), me(1, victim), refresh(0, victim), refresh(1, victim)])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect((await signIn(0, await register())).accessToken).toBeTypeOf('string')

    // What Redis still remembered of the session when it died may not come back with it.
    await redis.start()
    for (const deadline = Date.now() + 3_000; Date.now() < deadline;)
      expect(statuses(await Promise.all([me(0, victim), me(1, victim)]))).toEqual([401])
    expect((await me(0, other)).status).toBe(200)
  })
})
