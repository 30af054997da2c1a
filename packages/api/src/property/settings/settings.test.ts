import { SETTINGS } from '@servai/contract/settings'
import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, refusal, type Caller } from '../../../test/callers.ts'
import { readSettings } from './service.ts'

it('reads what each level decided, the narrowest first, and the default where nobody did', async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const read = (complexId: string | null) =>
    database.company({ companyId: company.id }, 'read', (db) => readSettings(db, complexId))
  await database.lookup(
    `insert into settings (company_id, id, complex_id, key, value) values
      ($1, gen_random_uuid(), null, 'invites.ttlDays', '10'), ($1, gen_random_uuid(), $2, 'invites.ttlDays', '20'),
      ($1, gen_random_uuid(), null, 'invites.maxActivePerUnit', 'null')`,
    [company.id, complex.id],
  )
  const ofCompany = await read(null)
  expect(ofCompany['invites.ttlDays']).toEqual({ value: 10, source: 'company' })
  expect(ofCompany['invites.maxActivePerUnit']).toEqual({ value: null, source: 'company' })
  expect(ofCompany['claims.open']).toEqual({ value: SETTINGS['claims.open'].default, source: 'default' })
  const ofComplex = await read(complex.id)
  expect(ofComplex['invites.ttlDays']).toEqual({ value: 20, source: 'complex' })
  expect(ofComplex['invites.maxActivePerUnit']).toEqual({ value: null, source: 'company' })
})

type Item = Awaited<ReturnType<Caller['property']['settings']['get']>>['items'][number]
const item = (items: Item[], key: string) => items.find((each) => each.key === key)
const conflict = refusal('CONFLICT', 'property.version_conflict')

describe('settings', () => {
  it('are decided by company and complex, inherited again after a reset, and each shows where it comes from', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { settings } = as(company, 'director').property
    const key = 'invites.ttlDays'
    expect(item((await settings.get({})).items, key)).toEqual({
      key,
      value: 7,
      source: 'default',
      inherited: { value: 7, source: 'default' },
      version: null,
      allowed: ['set'],
    })
    await settings.set({ key, value: 14, version: null })
    expect(await settings.set({ key, value: 30, complexId: complex.id })).toEqual({
      key,
      value: 30,
      source: 'complex',
      inherited: { value: 14, source: 'company' },
      version: 1,
      allowed: ['set', 'reset'],
    })
    expect(await settings.reset({ key, complexId: complex.id, version: 1 })).toMatchObject({
      value: 14,
      source: 'company',
      version: null,
      allowed: ['set'],
    })
    expect(await settings.set({ key, value: 21, complexId: complex.id, version: null })).toMatchObject({ value: 21 })
    await settings.reset({ key, complexId: complex.id })
    await settings.reset({ key, complexId: complex.id })
    expect(item((await settings.get({ complexId: complex.id })).items, key)).toMatchObject({ value: 14 })
  })

  it('take NULL as a value of its own, unlike inheriting', async () => {
    const company = await buildCompany()
    const { settings } = as(company, 'director').property
    const key = 'invites.maxActivePerUnit'
    expect(await settings.set({ key, value: null })).toMatchObject({ value: null, source: 'company', version: 1 })
    const read = await database.company({ companyId: company.id }, 'read', (db) => readSettings(db, null))
    expect(read[key]).toEqual({ value: null, source: 'company' })
    expect(await settings.reset({ key })).toMatchObject({ value: 1, source: 'default', version: null })
  })

  it.each([
    ['invites.ttlDays', 0],
    ['invites.ttlDays', 91],
    ['invites.ttlDays', 1.5],
    ['invites.ttlDays', null],
    ['invites.ttlDays', true],
    ['invites.familyByResidents', 1],
    ['claims.open', null],
    ['claims.closed', true],
    ['__proto__', true],
  ])('%s refuses %s', async (key, value) => {
    const { settings } = as(await buildCompany(), 'director').property
    await expect(settings.set({ key, value } as never)).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })

  it('of the company are not decided for a complex', async () => {
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const { settings } = as(company, 'director').property
    expect(item((await settings.get({ complexId: complex.id })).items, 'staff.inviteTtlDays')).toBeUndefined()
    await expect(settings.set({ key: 'staff.inviteTtlDays', value: 3, complexId: complex.id })).rejects.toMatchObject({
      cause: { details: { issues: [{ path: ['key'], code: 'setting_level' }] } },
    })
  })

  it('are not overwritten by who saw an older value, and taken by one of two who saw none', async () => {
    const company = await buildCompany()
    const director = as(company, 'director')
    const set = (value: number, version: number | null) =>
      director.property.settings.set({ key: 'invites.ttlDays', value, version })
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => set(index + 1, null)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(conflict)
    await set(20, 1)
    await expect(set(21, 1)).rejects.toMatchObject(conflict)
    await expect(director.property.settings.reset({ key: 'invites.ttlDays', version: 1 })).rejects.toMatchObject(
      conflict,
    )
  })

  it('of a complex are decided by its manager, of the company by its director, and the platform only looks in', async () => {
    const company = await buildCompany()
    const [own, other] = await Promise.all([buildComplex({ company }), buildComplex({ company })])
    const key = 'claims.open'
    const manager = as(company, 'complex_manager', { complexes: [own] }).property.settings
    expect(await manager.set({ key, value: false, complexId: own.id })).toMatchObject({ value: false })
    await expect(manager.set({ key, value: false })).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const missing = refusal('NOT_FOUND', 'property.complex_not_found')
    await expect(manager.set({ key, value: false, complexId: other.id })).rejects.toMatchObject(missing)
    await expect(manager.get({ complexId: other.id })).rejects.toMatchObject(missing)
    const looking = as(company, 'platform_admin').property.settings
    expect((await looking.get({})).items.every(({ allowed }) => allowed.length === 0)).toBe(true)
    await expect(looking.set({ key, value: false })).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const stranger = as(await buildCompany(), 'director').property.settings
    await expect(stranger.get({ complexId: own.id })).rejects.toMatchObject(missing)
    await expect(stranger.set({ key, value: true, complexId: own.id })).rejects.toMatchObject(missing)
    for (const role of ['accountant', 'technician', 'guard', 'resident'] as const)
      await expect(as(company, role).property.settings.get({})).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.forbidden'),
      )
  })

  it('of the platform reach every company that has not decided, and are audited', async () => {
    const company = await buildCompany()
    const { settings } = as(null, 'platform_admin').property
    const key = 'staff.inviteTtlDays'
    try {
      expect(await settings.set({ key, value: 3 })).toMatchObject({ value: 3, source: 'platform', version: 1 })
      expect(await settings.set({ key, value: 4, version: 1 })).toMatchObject({ value: 4, version: 2 })
      const inherited = (await as(company, 'director').property.settings.get({})).items
      expect(item(inherited, key)).toMatchObject({ value: 4, source: 'platform', inherited: { value: 4 } })
    } finally {
      expect(await settings.reset({ key })).toMatchObject({ value: 7, source: 'default', allowed: ['set'] })
    }
    const events = await database.lookup(
      `select action, after from audit_log where entity = 'platform_settings' and after ->> 'key' = $1 order by id`,
      [key],
    )
    expect(events.slice(-3)).toEqual([
      { action: 'settings.set', after: { key, value: 3 } },
      { action: 'settings.set', after: { key, value: 4 } },
      { action: 'settings.reset', after: { key } },
    ])
    await expect(as(null, 'platform_accountant').property.settings.get({})).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
    await expect(settings.get({ complexId: crypto.randomUUID() })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'auth.context_required'),
    )
  })
})
