import { newApiKey } from '@servai/auth/api-key'
import { buildCompany, database } from '@servai/db/test/factories'
import { createLimiter } from '@servai/redis/rate-limit'
import { describe, expect, it } from 'vitest'
import { anonymous, asUser, employ, refusal } from '../test/callers.ts'
import { outcomesOf, tally, unlimited } from '../test/identity.ts'
import { createKnownKeys } from './known-keys.ts'

const UNAUTHENTICATED = refusal('UNAUTHORIZED', 'auth.unauthenticated')
const LIMITED = refusal('TOO_MANY_REQUESTS', 'request.rate_limited')

const makeKey = async () => {
  const company = await buildCompany()
  const { user, contextKey } = await employ(company, 'director')
  return asUser(user, contextKey).apiKeys.create({ name: 'Program', role: 'director' })
}

/** A process of its own, which counts what it asks the database about keys. */
const createProcess = (replicas = 1) => {
  let asked = 0
  const own = unlimited({
    limiter: createLimiter({ redis: null, replicas }),
    knownKeys: createKnownKeys(100),
    database: { ...database, lookup: (text, params) => ((asked += 1), database.lookup(text, params)) },
  })
  const ask = (key: string, address: string) =>
    anonymous({ accessToken: key, address, services: own })
      .auth.me()
      .then(() => 'ok' as const)
  return { ask, asked: () => asked }
}

const HERE = '192.0.2.1'
const ELSEWHERE = '192.0.2.2'

describe('unknown keys from one address', () => {
  it('reach the database until the limit, then no more, and elsewhere nobody notices', async () => {
    const { ask, asked } = createProcess()
    const guess = () => ask(newApiKey().key, HERE)
    expect(tally(await outcomesOf(Array.from({ length: 100 }, guess)))).toEqual({
      'auth.unauthenticated': 60,
      'request.rate_limited': 40,
    })
    expect(asked()).toBe(60)
    await expect(guess()).rejects.toMatchObject(LIMITED)
    expect(asked()).toBe(60)
    await expect(ask(newApiKey().key, ELSEWHERE)).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('take nothing from a key that works there', async () => {
    const [{ key }, { ask }] = [await makeKey(), createProcess()]
    await ask(key, HERE)
    await outcomesOf(Array.from({ length: 70 }, () => ask(newApiKey().key, HERE)))
    expect(tally(await outcomesOf(Array.from({ length: 100 }, () => ask(key, HERE))))).toEqual({ ok: 100 })
  })
})

describe('a key that works', () => {
  it('is counted as no failure, not by fifty calls at once to a process that has never seen it', async () => {
    const { key } = await makeKey()
    const { ask } = createProcess(10)
    expect(tally(await outcomesOf(Array.from({ length: 50 }, () => ask(key, HERE))))).toEqual({ ok: 50 })
    expect(tally(await outcomesOf(Array.from({ length: 6 }, () => ask(newApiKey().key, HERE))))).toEqual({
      'auth.unauthenticated': 6,
    })
  })

  it('is unknown again once it was withdrawn', async () => {
    const { key, apiKey } = await makeKey()
    const { ask, asked } = createProcess()
    await ask(key, HERE)
    await database.system({}, 'write', (db) =>
      db.execute(`update api_keys set revoked_at = now() where id = '${apiKey.id}'`),
    )
    expect(tally(await outcomesOf(Array.from({ length: 5 }, () => ask(key, HERE))))).toEqual({
      'auth.unauthenticated': 5,
    })
    await outcomesOf(Array.from({ length: 60 }, () => ask(key, HERE)))
    const before = asked()
    await expect(ask(key, HERE)).rejects.toMatchObject(LIMITED)
    expect(asked()).toBe(before)
  })

  it('is not charged for a database that does not answer', async () => {
    const { key } = await makeKey()
    const services = unlimited({
      knownKeys: createKnownKeys(100),
      database: { ...database, lookup: () => Promise.reject(new Error('no connection')) },
    })
    const ask = (over = services) => anonymous({ accessToken: key, address: HERE, services: over }).auth.me()
    for (let time = 0; time < 70; time += 1)
      await expect(ask()).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
    await ask({ ...services, database })
  })
})

it('no more keys are remembered than there is room for, and the one unused for longest goes first', () => {
  const known = createKnownKeys(2)
  for (const hash of ['a', 'b', 'a', 'c']) known.remember(hash)
  expect(['a', 'b', 'c'].map((hash) => known.has(hash))).toEqual([true, false, true])
})
