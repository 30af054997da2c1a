import { createDatabase } from '@servai/db'
import { buildCompany, buildComplex, buildUser, database, databaseOptions, type User } from '@servai/db/test/factories'
import { createLimiter } from '@servai/redis/rate-limit'
import { describe, expect, it } from 'vitest'
import { anonymous, employ, refusal, signIn } from '../test/callers.ts'
import { outcomesOf, tally, unlimited } from '../test/identity.ts'

const STRANGE_ID = '0199a5a0-0000-7000-8000-000000000001'

type Denial = { action: string; company_id: string | null; entity_id: string | null; after: { reason: string } }

const denialsOf = ({ id }: { id: string }) =>
  database.lookup<Denial>(
    `select action, company_id, session_id, request_id, address, entity_id, after from audit_log
     where actor_id = $1 and result = 'denied' order by id`,
    [id],
  )

/** Somebody signed in, with limits of their own. */
const start = async (user: User, contextKey: string | null = null, services = unlimited()) => {
  const { accessToken, sessionId } = await signIn(user)
  const origin = { requestId: 'asked-1', address: '203.0.113.5' }
  return { caller: anonymous({ accessToken, contextKey, services, ...origin }), sessionId }
}

describe('a denial', () => {
  it('of what is not there for the caller is written down: who, where, which procedure, which row', async () => {
    const company = await buildCompany()
    const foreign = await buildComplex()
    const { user, contextKey } = await employ(company, 'director')
    const { caller, sessionId } = await start(user, contextKey)
    await expect(caller.property.complexes.get({ id: foreign.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await denialsOf(user)).toEqual([
      {
        action: 'property.complexes.get',
        company_id: company.id,
        session_id: sessionId,
        request_id: 'asked-1',
        address: '203.0.113.5',
        entity_id: foreign.id,
        after: { reason: 'property.complex_not_found' },
      },
    ])
  })

  it('of a role, of a foreign company and of an unproven address is written down too', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { user: guard, contextKey } = await employ(company, 'guard', { complexes: [complex] })
    const inOwn = await start(guard, contextKey)
    await expect(inOwn.caller.property.buildings.create({ complexId: complex.id, name: 'B' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
    const abroad = await start(guard, `staff:${(await buildCompany()).id}`)
    await expect(abroad.caller.property.units.list({})).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.context_denied'),
    )
    const summary = ({ action, company_id: companyId, after: { reason } }: Denial) => [action, companyId, reason]
    expect((await denialsOf(guard)).map(summary)).toEqual([
      ['property.buildings.create', company.id, 'auth.forbidden'],
      ['property.units.list', null, 'auth.context_denied'],
    ])

    const unproven = await buildUser({ emailVerifiedAt: null })
    await expect((await start(unproven)).caller.auth.updateProfile({ locale: 'bg' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.email_not_verified'),
    )
    expect((await denialsOf(unproven)).map(summary)).toEqual([['auth.updateProfile', null, 'auth.email_not_verified']])
  })

  it('is written once a minute for each account and procedure, however often it happens', async () => {
    const company = await buildCompany()
    const clock = { at: new Date() }
    const using = unlimited({ limiter: createLimiter({ redis: null, replicas: 1, now: () => clock.at }) })
    const { user, contextKey } = await employ(company, 'director')
    const { caller } = await start(user, contextKey, using)
    const probe = () => caller.property.complexes.get({ id: STRANGE_ID })
    expect(tally(await outcomesOf(Array.from({ length: 20 }, probe)))).toEqual({ 'property.complex_not_found': 20 })
    expect(await denialsOf(user)).toHaveLength(1)

    await outcomesOf([caller.property.buildings.get({ id: STRANGE_ID })])
    const other = await employ(company, 'director')
    await outcomesOf([
      (await start(other.user, other.contextKey, using)).caller.property.complexes.get({ id: STRANGE_ID }),
    ])
    expect([await denialsOf(user), await denialsOf(other.user)].map((rows) => rows.length)).toEqual([2, 1])

    clock.at = new Date(clock.at.getTime() + 61_000)
    await outcomesOf([probe(), probe()])
    expect(await denialsOf(user)).toHaveLength(3)
  })

  it('is not what invalid input, success or a call of nobody is', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'director')
    const { caller } = await start(user, contextKey)
    await caller.auth.sessions()
    await outcomesOf([caller.property.buildings.get({ id: '*' })])
    expect(await denialsOf(user)).toEqual([])
    const count = async () =>
      (
        await database.lookup(
          `select 1 from audit_log where action = 'auth.sessions' and result = 'denied' and actor_id is null`,
          [],
        )
      ).length
    await expect(anonymous().auth.sessions()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(await count()).toBe(0)
  })

  it('is answered all the same when it cannot be written', async () => {
    const { user, contextKey } = await employ(await buildCompany(), 'director')
    const unreachable = createDatabase(databaseOptions({ systemUrl: 'postgres://nobody:nothing@127.0.0.1:1/none' }))
    const using = unlimited({ database: { ...database, system: unreachable.system } })
    const { caller } = await start(user, contextKey, using)
    await expect(caller.property.complexes.get({ id: STRANGE_ID })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await unreachable.close()
  })
})
