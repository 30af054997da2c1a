import { randomUUID } from 'node:crypto'
import { newApiKey, readApiKey } from '@servai/auth/api-key'
import type { StaffRole } from '@servai/contract/roles'
import { buildBuilding, buildCompany, buildComplex, buildGrant, database, type User } from '@servai/db/test/factories'
import { createLimiter } from '@servai/redis/rate-limit'
import { describe, expect, it } from 'vitest'
import { anonymous, as, asUser, employ, refusal, services, signIn } from '../../test/callers.ts'
import { outcomesOf, tally, unlimited } from '../../test/identity.ts'

const alter = (sql: string) => database.system({}, 'write', (db) => db.execute(sql))
const UNAUTHENTICATED = refusal('UNAUTHORIZED', 'auth.unauthenticated')
const NOT_FOUND = refusal('NOT_FOUND', 'api_keys.not_found')

/** Calls as a program that has this key; `address` is its network. */
const withKey = (key: string, overrides: Parameters<typeof anonymous>[0] = {}) =>
  anonymous({ accessToken: key, services: unlimited(), ...overrides })

type Wanted = { access?: 'read' | 'write'; complexId?: string | null; expiresInDays?: number }

const makeKey = async (user: User, companyId: string, role: StaffRole, wanted: Wanted = {}) =>
  asUser(user, `staff:${companyId}`).apiKeys.create({ name: 'Bookkeeping', role, ...wanted })

const director = async () => {
  const company = await buildCompany()
  const { user } = await employ(company, 'director')
  return { company, user, here: asUser(user, `staff:${company.id}`) }
}

describe('a key', () => {
  it('is told once, kept as a hash, and lists itself by its first characters', async () => {
    const { company, user, here } = await director()
    const { key, apiKey } = await makeKey(user, company.id, 'director', { access: 'write' })
    expect(apiKey).toMatchObject({
      name: 'Bookkeeping',
      prefix: key.slice(0, 15),
      role: 'director',
      complex: null,
      access: 'write',
      owner: { userId: user.id, name: `${user.firstName} ${user.lastName}`, isYou: true },
      state: 'active',
      lastUsedAt: null,
      allowed: ['rotate', 'revoke'],
    })
    const days = (Date.parse(apiKey.expiresAt) - Date.parse(apiKey.createdAt)) / 86_400_000
    expect(days).toBeCloseTo(90, 3)
    expect((await here.apiKeys.list({})).items).toEqual([apiKey])
    const everywhere = await database.lookup(
      `select row_to_json(k)::text as text from api_keys k where id = $1
       union all select row_to_json(a)::text from audit_log a where entity_id = $1
       union all select payload::text from outbox where payload ->> 'keyId' = $1::text`,
      [apiKey.id],
    )
    expect(everywhere).toHaveLength(3)
    const secret = key.split('_')[2]!
    expect(JSON.stringify(everywhere)).not.toContain(secret)
    expect(JSON.stringify(everywhere.slice(1))).not.toContain(readApiKey(key)!.tokenHash)
  })

  it('acts as its owner in its one role, without naming a context', async () => {
    const { company, user } = await director()
    const complex = await buildComplex({ company })
    await buildGrant(user, 'technician', { companyId: company.id, complexId: complex.id })
    await buildGrant(user, 'director', { companyId: (await buildCompany()).id })
    const { key } = await makeKey(user, company.id, 'technician', { complexId: complex.id })
    const program = withKey(key)
    expect((await program.auth.me()).contexts).toMatchObject([{ key: `staff:${company.id}`, roles: ['technician'] }])
    await expect(program.staff.members.list({})).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    expect((await program.property.buildings.list({})).items).toEqual([])
  })

  it('for reading changes nothing; one for writing changes, and the audit log names key and owner, and no session', async () => {
    const { company, user } = await director()
    const complex = await buildComplex({ company })
    const [reading, writing] = [
      await makeKey(user, company.id, 'director'),
      await makeKey(user, company.id, 'director', { access: 'write' }),
    ]
    const building = { complexId: complex.id, name: 'Keyed' }
    await expect(withKey(reading.key).property.buildings.create(building)).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.read_only'),
    )
    const { id } = await withKey(writing.key).property.buildings.create(building)
    const rows = await database.lookup(`select actor_id, api_key_id, session_id from audit_log where entity_id = $1`, [
      id,
    ])
    expect(rows).toEqual([{ actor_id: user.id, api_key_id: writing.apiKey.id, session_id: null }])
    const denials = await database.lookup(
      `select api_key_id, session_id from audit_log where action = 'property.buildings.create' and result = 'denied' and actor_id = $1`,
      [user.id],
    )
    expect(denials).toEqual([{ api_key_id: reading.apiKey.id, session_id: null }])
  })

  it('notes its use once a minute, which is neither a new version nor a row of the audit log', async () => {
    const { company, user, here } = await director()
    const { key, apiKey } = await makeKey(user, company.id, 'director')
    const stateOf = async () => {
      const [row] = await database.lookup<{ version: number; used: string | null; audited: number }>(
        `select version, last_used_at::text as used, (select count(*)::int from audit_log where entity_id = $1) as audited
         from api_keys where id = $1`,
        [apiKey.id],
      )
      return row!
    }
    expect(await stateOf()).toMatchObject({ version: 1, used: null, audited: 1 })
    await withKey(key).auth.me()
    const first = await stateOf()
    expect(first).toMatchObject({ version: 1, used: expect.any(String), audited: 1 })
    await Promise.all(Array.from({ length: 10 }, () => withKey(key).auth.me()))
    expect(await stateOf()).toEqual(first)
    await alter(`update api_keys set last_used_at = now() - interval '61 s' where id = '${apiKey.id}'`)
    await withKey(key).auth.me()
    expect((await stateOf()).used).not.toBe(first.used)
    expect((await here.apiKeys.list({})).items[0]?.lastUsedAt).not.toBeNull()
    expect(await stateOf()).toMatchObject({ version: 1, audited: 1 })
  })

  it('is for a role and a complex its maker holds, for a year at most', async () => {
    const company = await buildCompany()
    const [own, other] = [await buildComplex({ company }), await buildComplex({ company })]
    const { user } = await employ(company, 'complex_manager', { complexes: [own] })
    const NOT_HELD = refusal('FORBIDDEN', 'api_keys.role_not_held')
    const INVALID = refusal('BAD_REQUEST', 'request.invalid')
    await makeKey(user, company.id, 'complex_manager', { complexId: own.id })
    expect((await asUser(user).apiKeys.offered()).items).toEqual([
      { role: 'complex_manager', complex: { id: own.id, name: own.name } },
    ])
    for (const [role, complexId] of [
      ['director', null],
      ['accountant', null],
      ['complex_manager', other.id],
      ['technician', own.id],
    ] as const)
      await expect(makeKey(user, company.id, role, { complexId })).rejects.toMatchObject(NOT_HELD)
    for (const wrong of [
      { complexId: null },
      { complexId: own.id, expiresInDays: 366 },
      { complexId: own.id, expiresInDays: 0 },
    ])
      await expect(makeKey(user, company.id, 'complex_manager', wrong)).rejects.toMatchObject(INVALID)
  })

  it('asks for a recent proof of who makes or replaces it', async () => {
    const { company, user, here } = await director()
    const { apiKey } = await makeKey(user, company.id, 'director')
    const later = { ...services, now: () => new Date(Date.now() + 16 * 60_000) }
    const stale = refusal('FORBIDDEN', 'auth.step_up_required')
    const { accessToken } = await signIn(user)
    const caller = anonymous({ accessToken, contextKey: `staff:${company.id}`, services: later })
    await expect(caller.apiKeys.create({ name: 'Late', role: 'director' })).rejects.toMatchObject(stale)
    await expect(caller.apiKeys.rotate({ id: apiKey.id })).rejects.toMatchObject(stale)
    await caller.apiKeys.revoke({ id: apiKey.id })
    expect((await here.apiKeys.list({})).items).toEqual([])
  })
})

describe('what is no live key', () => {
  it('gets one answer, whatever is wrong with it', async () => {
    const { company, user, here } = await director()
    const revoked = await makeKey(user, company.id, 'director')
    await here.apiKeys.revoke({ id: revoked.apiKey.id })
    const expired = await makeKey(user, company.id, 'director')
    await alter(`update api_keys set expires_at = now() where id = '${expired.apiKey.id}'`)
    const live = await makeKey(user, company.id, 'director')
    const mistyped = live.key.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    const answers = await Promise.all(
      [revoked.key, expired.key, mistyped, newApiKey().key, 'servai_', 'servai_x_y_z'].map(async (key) => {
        const error: unknown = await withKey(key)
          .auth.me()
          .catch((thrown: unknown) => thrown)
        const { code, message, cause } = error as { code: string; message: string; cause: object }
        return JSON.stringify({ code, message, cause })
      }),
    )
    expect(new Set(answers).size).toBe(1)
    await expect(withKey(mistyped).auth.me()).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('is counted for its network and in the metrics, and holds nobody up whose key has worked', async () => {
    const { company, user } = await director()
    const { key } = await makeKey(user, company.id, 'director')
    const using = unlimited()
    const from = { address: '203.0.113.9', services: using }
    await withKey(key, from).auth.me()
    const before = (await services.metrics.apiKeyFailures.get()).values[0]?.value ?? 0
    const outcomes = await outcomesOf(Array.from({ length: 70 }, () => withKey('servai_wrong', from).auth.me()))
    expect(tally(outcomes)).toEqual({ 'auth.unauthenticated': 60, 'request.rate_limited': 10 })
    expect((await services.metrics.apiKeyFailures.get()).values[0]?.value).toBe(before + 70)
    expect(await withKey(key, from).auth.me()).toMatchObject({ id: user.id })
    await expect(withKey('servai_wrong', { ...from, address: '203.0.113.10' }).auth.me()).rejects.toMatchObject(
      UNAUTHENTICATED,
    )
  })

  it('is over as soon as key, grant, account or role end, and back with the grant', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { user } = await employ(company, 'guard', { complexes: [complex] })
    const { key, apiKey } = await makeKey(user, company.id, 'guard', { complexId: complex.id })
    const call = () => withKey(key).property.complexes.list({})
    const states = async () => (await as(company, 'director').apiKeys.list({ whose: 'company' })).items[0]?.state
    expect((await call()).items).toHaveLength(1)

    await alter(`update role_grants set expires_at = now() where user_id = '${user.id}'`)
    await expect(call()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    expect(await states()).toBe('powerless')
    await alter(`delete from role_grants where user_id = '${user.id}'`)
    await expect(call()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    await buildGrant(user, 'guard', { companyId: company.id, complexId: complex.id })
    await call()

    await alter(`update users set status = 'disabled' where id = '${user.id}'`)
    await expect(call()).rejects.toMatchObject(UNAUTHENTICATED)
    await alter(`update users set status = 'active', email_verified_at = null where id = '${user.id}'`)
    await expect(call()).rejects.toMatchObject(UNAUTHENTICATED)
    await alter(`update users set email_verified_at = now() where id = '${user.id}'`)
    await call()

    await as(company, 'director').apiKeys.revoke({ id: apiKey.id })
    await expect(call()).rejects.toMatchObject(UNAUTHENTICATED)
  })
})

describe('a blocked company', () => {
  it('is for its keys what it is for its staff: to be read', async () => {
    const { company, user, here } = await director()
    const complex = await buildComplex({ company })
    const { key, apiKey } = await makeKey(user, company.id, 'director', { access: 'write' })
    await alter(`update companies set status = 'blocked' where id = '${company.id}'`)
    expect((await withKey(key).property.complexes.list({})).items).toHaveLength(1)
    await expect(withKey(key).property.buildings.create({ complexId: complex.id, name: 'B' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.company_blocked'),
    )
    await expect(makeKey(user, company.id, 'director')).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.company_blocked'),
    )
    expect(await here.apiKeys.revoke({ id: apiKey.id })).toEqual({ ok: true })
  })
})

describe('replacing a key', () => {
  it('makes a new one at once and leaves the old one a day, or less where it had less', async () => {
    const { company, user, here } = await director()
    const old = await makeKey(user, company.id, 'director', { access: 'write' })
    const fresh = await here.apiKeys.rotate({ id: old.apiKey.id, expiresInDays: 30 })
    expect(fresh.apiKey).toMatchObject({ name: 'Bookkeeping', role: 'director', access: 'write', state: 'active' })
    expect(fresh.key).not.toBe(old.key)
    for (const { key } of [old, fresh]) expect((await withKey(key).auth.me()).id).toBe(user.id)
    const { items } = await here.apiKeys.list({})
    expect(items.map(({ id, state, allowed }) => [id, state, allowed])).toEqual([
      [fresh.apiKey.id, 'active', ['rotate', 'revoke']],
      [old.apiKey.id, 'replaced', ['revoke']],
    ])
    const hours = (Date.parse(items[1]!.expiresAt) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24)
    await here.apiKeys.revoke({ id: old.apiKey.id })
    await expect(withKey(old.key).auth.me()).rejects.toMatchObject(UNAUTHENTICATED)
    await withKey(fresh.key).auth.me()

    const brief = await makeKey(user, company.id, 'director', { expiresInDays: 1 })
    await alter(`update api_keys set expires_at = now() + interval '1 hour' where id = '${brief.apiKey.id}'`)
    await here.apiKeys.rotate({ id: brief.apiKey.id })
    const left = (await here.apiKeys.list({})).items.find(({ id }) => id === brief.apiKey.id)
    expect(Date.parse(left!.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000)
  })

  it('happens once, also 10 times at once', async () => {
    const { company, user, here } = await director()
    const { apiKey } = await makeKey(user, company.id, 'director')
    const outcomes = await outcomesOf(Array.from({ length: 10 }, () => here.apiKeys.rotate({ id: apiKey.id })))
    expect(tally(outcomes)).toEqual({ ok: 1, 'api_keys.already_replaced': 9 })
    await here.apiKeys.revoke({ id: apiKey.id })
    await expect(here.apiKeys.rotate({ id: apiKey.id })).rejects.toMatchObject(refusal('CONFLICT', 'api_keys.not_live'))
  })

  it('is for its owner alone, who still has to hold the role', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { user } = await employ(company, 'guard', { complexes: [complex] })
    await buildGrant(user, 'technician', { companyId: company.id, complexId: complex.id })
    const { apiKey } = await makeKey(user, company.id, 'guard', { complexId: complex.id })
    const boss = as(company, 'director').apiKeys
    await expect(boss.rotate({ id: apiKey.id })).rejects.toMatchObject(NOT_FOUND)
    await alter(`delete from role_grants where user_id = '${user.id}' and role = 'guard'`)
    await expect(asUser(user).apiKeys.rotate({ id: apiKey.id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'api_keys.role_not_held'),
    )
  })
})

describe('who sees and withdraws keys', () => {
  it('everybody their own, a director those of the company, a stranger none', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { user: guard } = await employ(company, 'guard', { complexes: [complex] })
    const { user: colleague } = await employ(company, 'guard', { complexes: [complex] })
    const { apiKey } = await makeKey(guard, company.id, 'guard', { complexId: complex.id })
    const ids = async (caller: ReturnType<typeof as>, whose: 'own' | 'company') =>
      (await caller.apiKeys.list({ whose })).items.map(({ id }) => id)
    expect(await ids(asUser(guard), 'own')).toEqual([apiKey.id])
    expect(await ids(asUser(colleague), 'own')).toEqual([])
    await expect(ids(asUser(colleague), 'company')).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const boss = as(company, 'director')
    expect(await ids(boss, 'own')).toEqual([])
    const { items } = await boss.apiKeys.list({ whose: 'company' })
    expect(items).toMatchObject([{ id: apiKey.id, owner: { isYou: false }, allowed: ['revoke'] }])

    const stranger = as(await buildCompany(), 'director')
    expect(await ids(stranger, 'company')).toEqual([])
    for (const caller of [asUser(colleague), stranger])
      await expect(caller.apiKeys.revoke({ id: apiKey.id })).rejects.toMatchObject(NOT_FOUND)
    await expect(boss.apiKeys.revoke({ id: randomUUID() })).rejects.toMatchObject(NOT_FOUND)
    expect(await boss.apiKeys.revoke({ id: apiKey.id })).toEqual({ ok: true })
    expect(await boss.apiKeys.revoke({ id: apiKey.id })).toEqual({ ok: true })
    expect(await ids(boss, 'company')).toEqual([])
    const ended = await asUser(guard).apiKeys.list({ state: 'ended' })
    expect(ended.items).toMatchObject([{ id: apiKey.id, state: 'revoked', allowed: [] }])
  })

  it('one person has 20 at once, however many are asked for together; one that is replaced counts no more', async () => {
    const { company, user, here } = await director()
    await Promise.all(Array.from({ length: 15 }, () => makeKey(user, company.id, 'director')))
    const outcomes = await outcomesOf(Array.from({ length: 10 }, () => makeKey(user, company.id, 'director')))
    expect(tally(outcomes)).toEqual({ ok: 5, 'api_keys.too_many': 5 })

    const { items } = await here.apiKeys.list({})
    const { apiKey } = await here.apiKeys.rotate({ id: items[0]!.id })
    await expect(makeKey(user, company.id, 'director')).rejects.toMatchObject(refusal('CONFLICT', 'api_keys.too_many'))
    await here.apiKeys.revoke({ id: apiKey.id })
    await makeKey(user, company.id, 'director')
  })

  it('pages hold every key once', async () => {
    const { company, user, here } = await director()
    for (let made = 0; made < 5; made += 1) await makeKey(user, company.id, 'director')
    const first = await here.apiKeys.list({ limit: 3 })
    const second = await here.apiKeys.list({ limit: 3, cursor: first.nextCursor! })
    expect(second.nextCursor).toBeNull()
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(5)
  })
})

it('no business transaction makes a key act for somebody else, in another role, further, or by another secret', async () => {
  const { company, user } = await director()
  const { apiKey } = await makeKey(user, company.id, 'director')
  const change = (what: string) =>
    database.company({ companyId: company.id }, 'write', (db) =>
      db.execute(`update api_keys set ${what} where id = '${apiKey.id}'`),
    )
  for (const what of [
    'user_id = gen_random_uuid()',
    "role = 'accountant'",
    'complex_id = gen_random_uuid()',
    "access = 'write'",
    "token_hash = 'known'",
  ])
    await expect(change(what), what).rejects.toMatchObject({ code: '42501' })
  await change('revoked_at = now()')
})

describe('limits', () => {
  it('a key has its own: 600 calls a minute, and none of its owner’s', async () => {
    const { company, user } = await director()
    const { key } = await makeKey(user, company.id, 'director')
    const shared = { ...services, limiter: createLimiter({ redis: null, replicas: 1 }) }
    const building = await buildBuilding({ complex: await buildComplex({ company }) })
    const calls = Array.from({ length: 605 }, () => withKey(key, { services: shared }).auth.me())
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 600, 'request.rate_limited': 5 })
    const { accessToken } = await signIn(user)
    const person = anonymous({ accessToken, contextKey: `staff:${company.id}`, services: shared })
    expect(await person.property.buildings.get({ id: building.id })).toMatchObject({ id: building.id })
  })
})
