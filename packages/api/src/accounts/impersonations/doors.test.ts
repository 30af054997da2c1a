import { buildCompany, database } from '@servai/db/test/factories'
import type { AnyTRPCProcedure } from '@trpc/server'
import { expect, it } from 'vitest'
import { anonymous, as, employ, type Caller } from '../../../test/callers.ts'
import { unlimited } from '../../../test/identity.ts'
import { appRouter } from '../../root.ts'
import type { Meta } from '../../trpc.ts'

// tRPC types the procedures one by one; here they are walked as what they have in common.
const walked = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>
const procedures = Object.entries(walked)
  .map(([name, { _def }]) => ({ name, type: _def.type, meta: (_def.meta ?? {}) as Meta }))
  .filter(({ meta }) => meta.access !== 'public')

const call = async (caller: Caller, name: string): Promise<string> => {
  // The names were read off the same router.
  const target = name.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], caller as unknown)
  return (target as (given: unknown) => Promise<unknown>)({}).then(
    () => 'ok',
    ({ cause }: { cause?: { reason?: string } }) => cause?.reason ?? 'unexpected',
  )
}

const viewOf = async (access: 'read' | 'write') => {
  const { user, contextKey } = await employ(await buildCompany(), 'director')
  const { accessToken } = await as(null, 'platform_admin').accounts.impersonations.start({
    id: user.id,
    reason: 'Walks through every door',
    access,
  })
  return { user, view: anonymous({ accessToken, contextKey, services: unlimited() }) }
}

/** Not by the rule under test, but by what it is for: of a role, with nothing in it that proves or secures. */
const isOfTheWork = ({ access, fresh, oneself }: Meta) => Array.isArray(access) && !fresh && !oneself

it('whoever acts as somebody else finds every door of the account closed, and every one that asks for a fresh proof', async () => {
  const { view, user } = await viewOf('write')
  const closed = procedures.filter(({ meta }) => !isOfTheWork(meta) && !meta.anyBearer)
  expect(closed.length).toBeGreaterThan(30)
  const credentials = () =>
    database.lookup(
      `select u.token_version, u.email_key, u.status, u.first_name, c.password_hash from users u left join credentials c on c.user_id = u.id where u.id = $1`,
      [user.id],
    )
  const before = await credentials()
  for (const { name } of closed) expect([name, await call(view, name)]).toEqual([name, 'auth.impersonating'])
  expect(await credentials()).toEqual(before)
})

it('of what is open to any bearer it is only who one is', () => {
  expect(procedures.filter(({ meta }) => meta.anyBearer).map(({ name }) => name)).toEqual(['auth.me'])
})

it('whoever only looks is refused by every procedure that changes something', async () => {
  const { view } = await viewOf('read')
  const changing = procedures.filter(({ type, meta }) => type === 'mutation' && isOfTheWork(meta))
  expect(changing.length).toBeGreaterThan(20)
  for (const { name } of changing) expect([name, await call(view, name)]).toEqual([name, 'auth.read_only'])
})
