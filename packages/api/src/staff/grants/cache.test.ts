import type { Principal } from '@servai/db/principal'
import { buildCompany, buildComplex, buildUser, type User } from '@servai/db/test/factories'
import { createRedis, type RedisConnection } from '@servai/redis/connection'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Services } from '../../context.ts'
import { anonymous, as, employ, refusal, signIn } from '../../../test/callers.ts'
import { unlimited } from '../../../test/identity.ts'
import { inviteTokenOf } from '../../../test/staff.ts'

const redisUrl = inject('redisUrl')
const DENIED = refusal('FORBIDDEN', 'auth.context_denied')

describe.skipIf(!redisUrl)('rights that a process has cached', () => {
  const connections: RedisConnection[] = []
  let hits = 0
  /** A process of its own, which shares nothing with another but PostgreSQL and Redis. */
  const startProcess = async (): Promise<Services> => {
    const redis = createRedis(redisUrl ?? '', { name: 'servai-test', onError: () => undefined })
    connections.push(redis)
    await vi.waitFor(async () => expect(await redis.ping()).toBe(true))
    return unlimited({ principals: createPrincipalCache<Principal>({ redis, onHit: () => (hits += 1) }) })
  }
  let [here, there] = [] as Services[]
  beforeAll(async () => {
    ;[here, there] = await Promise.all([startProcess(), startProcess()])
  })
  afterAll(() => Promise.all(connections.map((redis) => redis.close())))

  const session = async (user: User, contextKey: string | null = null) => {
    const { accessToken } = await signIn(user)
    return {
      here: anonymous({ services: here!, accessToken, contextKey }),
      there: anonymous({ services: there!, accessToken, contextKey }),
    }
  }

  const hire = async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const director = await employ(company, 'director')
    const manager = await employ(company, 'complex_manager', { complexes: [complex] })
    const boss = await session(director.user, director.contextKey)
    const member = (await boss.there.staff.members.list({ q: manager.user.email })).items[0]!
    const worker = await session(manager.user, manager.contextKey)
    await worker.here.property.complexes.list({})
    const before = hits
    expect((await worker.here.property.complexes.list({})).items).toHaveLength(1)
    expect(hits).toBe(before + 1)
    return { company, boss, worker, member }
  }

  it('end on the next request after another process has taken them away, and begin as fast', async () => {
    const { boss, worker, member } = await hire()
    const [grant] = member.grants
    await boss.there.staff.grants.revoke({ id: grant!.id })
    await expect(worker.here.property.complexes.list({})).rejects.toMatchObject(DENIED)
    const { role, complex } = grant!
    await boss.there.staff.grants.create({ memberId: member.id, role, complexIds: [complex!.id] })
    expect((await worker.here.property.complexes.list({})).items).toHaveLength(1)
  })

  it('begin for a session that was open already when an invite is accepted', async () => {
    const { boss } = await hire()
    const user = await buildUser()
    const { here: guest, there: elsewhere } = await session(user)
    expect((await guest.auth.me()).contexts).toEqual([])
    const sent = await boss.here.staff.invites.create({ email: user.email, role: 'accountant', locale: 'en' })
    await elsewhere.staff.invites.accept({ token: await inviteTokenOf(sent.id) })
    expect((await guest.auth.me()).contexts).toMatchObject([{ kind: 'staff', roles: ['accountant'] }])
  })

  it('shrink to reading on the next request after the platform has blocked the company', async () => {
    const { company, worker } = await hire()
    const { user } = await employ(null, 'platform_admin')
    const platform = await session(user, 'platform')
    await platform.there.property.companies.setStatus({ id: company.id, version: 1, status: 'blocked' })
    const { id, version } = (await worker.here.property.complexes.list({})).items[0]!
    await expect(worker.here.property.complexes.update({ id, version, name: 'X' })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.company_blocked'),
    )
    expect((await as(company, 'platform_admin').property.complexes.list({})).items).toHaveLength(1)
  })
})
