import { buildCompany, database } from '@servai/db/test/factories'
import type { AnyTRPCProcedure } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { anonymous, asUser, employ, type Caller } from '../../test/callers.ts'
import { unlimited } from '../../test/identity.ts'
import { appRouter } from '../root.ts'
import type { Meta } from '../trpc.ts'

// tRPC types the procedures one by one; here they are walked as what they have in common.
const walked = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>
const procedures = Object.entries(walked)
  .map(([name, { _def }]) => ({ name, type: _def.type, meta: (_def.meta ?? {}) as Meta }))
  .filter(({ meta }) => meta.access !== 'public')

/** Not by the rule under test, but by what it is for: nothing of an account, and nothing that asks for a fresh proof. */
const isForPrograms = ({ access, fresh, oneself }: Meta) => Array.isArray(access) && !fresh && !oneself

const call = async (caller: Caller, name: string): Promise<string> => {
  // The names were read off the same router.
  const target = name.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], caller as unknown)
  return (target as (given: unknown) => Promise<unknown>)({}).then(
    () => 'ok',
    ({ cause }: { cause?: { reason?: string } }) => cause?.reason ?? 'unexpected',
  )
}

const programOf = async (access: 'read' | 'write') => {
  const company = await buildCompany()
  const { user, contextKey } = await employ(company, 'director')
  const { key, apiKey } = await asUser(user, contextKey).apiKeys.create({ name: 'Walk', role: 'director', access })
  return { user, apiKey, program: anonymous({ accessToken: key, services: unlimited() }) }
}

describe('a key of a director that may do everything', () => {
  it('finds every door of an account closed, and every one that asks for a fresh proof', async () => {
    const { program, user, apiKey } = await programOf('write')
    const closed = procedures.filter(({ meta }) => !isForPrograms(meta) && !meta.anyBearer)
    expect(closed.length).toBeGreaterThan(10)
    for (const { name } of closed) expect([name, await call(program, name)]).toEqual([name, 'auth.session_required'])
    const audited = await database.lookup<{ action: string }>(
      `select distinct action from audit_log where actor_id = $1 and api_key_id = $2 and result = 'denied'`,
      [user.id, apiKey.id],
    )
    expect(new Set(audited.map(({ action }) => action))).toEqual(new Set(closed.map(({ name }) => name)))
  })

  it('may only look who it is of what is open to any bearer', () => {
    expect(procedures.filter(({ meta }) => meta.anyBearer).map(({ name }) => name)).toEqual(['auth.me'])
  })
})

it('a key for reading is refused by every procedure that changes something', async () => {
  const { program } = await programOf('read')
  const changing = procedures.filter(({ type, meta }) => type === 'mutation' && isForPrograms(meta))
  expect(changing.length).toBeGreaterThan(20)
  for (const { name } of changing) expect([name, await call(program, name)]).toEqual([name, 'auth.read_only'])
})
