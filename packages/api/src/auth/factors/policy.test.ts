import type { Principal } from '@servai/db/principal'
import { buildCompany, buildGrant, database } from '@servai/db/test/factories'
import { createRedis, type RedisConnection } from '@servai/redis/connection'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Services } from '../../context.ts'
import { anonymous, as, employ, refusal, signIn } from '../../../test/callers.ts'
import { registerVerified, signInAs, unlimited, userIdOf } from '../../../test/identity.ts'
import { challengeOf, enrol } from '../../../test/second-factor.ts'

const key = 'security.staffSecondFactor'
const CLOSED = refusal('FORBIDDEN', 'auth.second_factor_required')
const redisUrl = inject('redisUrl')

describe('a company that asks its staff for a second factor', () => {
  it('closes everything of it to staff without one, but not the way to set one up', async () => {
    const company = await buildCompany()
    const email = await registerVerified()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId: company.id })
    const session = await signInAs(email)
    expect(session.user.contexts).toMatchObject([{ key: `staff:${company.id}`, needsSecondFactor: true }])
    await expect(session.as().property.complexes.list({})).rejects.toMatchObject(CLOSED)
    await expect(session.as().staff.members.list({})).rejects.toMatchObject(CLOSED)

    const { as: proved } = await enrol(email)
    expect((await proved().auth.me()).contexts).toMatchObject([{ needsSecondFactor: false }])
    expect(await proved().property.complexes.list({})).toMatchObject({ items: [] })
    expect((await challengeOf(email)).methods).toEqual(['totp', 'recovery_code'])
  })

  it('closes nothing to its residents', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'resident')
    const { accessToken } = await signIn(user, { secondFactorAt: null })
    const resident = anonymous({ accessToken, contextKey })
    expect((await resident.auth.me()).contexts).toMatchObject([{ kind: 'resident', needsSecondFactor: false }])
    await resident.property.complexes.list({})
  })

  it('a session whose factor was removed has proved none', async () => {
    const company = await buildCompany()
    const email = await registerVerified()
    const { as: proved } = await enrol(email)
    const { accessToken } = await proved().auth.factors.removeTotp()
    await buildGrant({ id: await userIdOf(email) }, 'director', { companyId: company.id })
    await expect(anonymous({ accessToken }).property.complexes.list({})).rejects.toMatchObject(CLOSED)
  })
})

describe('the setting', () => {
  const PROVE = refusal('FORBIDDEN', 'auth.step_up_required')
  const decide = (accessToken: string, contextKey: string) => {
    const { settings } = anonymous({ accessToken, contextKey }).property
    return [() => settings.set({ key, value: false }), () => settings.reset({ key })]
  }

  it('is decided by who has proved who they are in the last quarter of an hour', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'director')
    const { accessToken } = await signIn(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    for (const change of decide(accessToken, contextKey)) await expect(change()).rejects.toMatchObject(PROVE)
    const { settings } = anonymous({ accessToken, contextKey }).property
    await settings.set({ key: 'invites.ttlDays', value: 5 })
  })

  it('is decided by no key, and by nobody in the name of somebody else', async () => {
    const company = await buildCompany()
    const { user, contextKey } = await employ(company, 'director')
    const { accessToken } = await signIn(user)
    const { apiKeys } = anonymous({ accessToken, contextKey })
    const made = await apiKeys.create({ name: 'Settings', role: 'director', access: 'write' })
    for (const change of decide(made.key, contextKey))
      await expect(change()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.session_required'))
    const impersonated = await as(null, 'platform_admin').accounts.impersonations.start({
      id: user.id,
      reason: 'They cannot find the setting',
      access: 'write',
    })
    for (const change of decide(impersonated.accessToken, contextKey))
      await expect(change()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.impersonating'))
  })
})

describe.skipIf(!redisUrl)('the setting, where principals are cached', () => {
  const connections: RedisConnection[] = []
  const startProcess = async (): Promise<Services> => {
    const redis = createRedis(redisUrl ?? '', { name: 'servai-test', onError: () => undefined })
    connections.push(redis)
    await vi.waitFor(async () => expect(await redis.ping()).toBe(true))
    return unlimited({ principals: createPrincipalCache<Principal>({ redis }) })
  }
  let [here, there] = [] as Services[]
  beforeAll(async () => {
    ;[here, there] = await Promise.all([startProcess(), startProcess()])
  })
  afterAll(() => Promise.all(connections.map((redis) => redis.close())))

  const work = async (company: { id: string }, role: 'director' | 'technician', secondFactorAt: Date | null) => {
    const { user, contextKey } = await employ(company, role)
    const { accessToken } = await signIn(user, { secondFactorAt })
    return (services: Services) => anonymous({ services, accessToken, contextKey })
  }

  it('switched on by a director closes the next call of staff without a factor, in another process too', async () => {
    const company = await buildCompany()
    const director = await work(company, 'director', new Date())
    const technician = await work(company, 'technician', null)
    await director(here!).property.settings.set({ key, value: false, version: null })
    for (let time = 0; time < 3; time += 1) await technician(there!).property.complexes.list({})
    await director(here!).property.settings.set({ key, value: true })
    await expect(technician(there!).property.complexes.list({})).rejects.toMatchObject(CLOSED)
    await director(here!).property.settings.set({ key, value: false })
    await technician(there!).property.complexes.list({})
    await director(here!).property.settings.reset({ key })
    await expect(technician(there!).property.complexes.list({})).rejects.toMatchObject(CLOSED)
  })

  it('is decided by director and platform, and by nobody below', async () => {
    const company = await buildCompany()
    await expect(
      as(company, 'technician').property.settings.set({ key, value: false, version: null }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const admin = as(null, 'platform_admin')
    const suspended = new Set<string>()
    const technician = await employ(company, 'technician')
    const { accessToken } = await signIn((await employ(null, 'platform_admin')).user)
    const principals = {
      ...here!.principals,
      suspend: async (userId: string) => {
        suspended.add(userId)
        await here!.principals.suspend(userId)
      },
    }
    const [before] = await database.lookup<{ value: unknown }>('select value from platform_settings where key = $1', [
      key,
    ])
    const platform = anonymous({ services: { ...here!, principals }, accessToken, contextKey: 'platform' })
    await platform.property.settings.set({ key, value: before?.value !== false })
    expect(suspended.has(technician.user.id)).toBe(true)
    if (!before) await admin.property.settings.reset({ key })
  })
})
