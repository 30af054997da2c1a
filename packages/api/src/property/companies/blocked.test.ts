import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, refusal } from '../../../test/callers.ts'

const BLOCKED = refusal('FORBIDDEN', 'auth.company_blocked')
const FORBIDDEN = refusal('FORBIDDEN', 'auth.forbidden')

describe('a blocked company', () => {
  it('is read by its staff and changed by none of them; its residents and the platform read on', async () => {
    const company = await buildCompany()
    await buildComplex({ company })
    const { companies } = as(company, 'director').property
    const platform = as(null, 'platform_admin').property.companies
    await platform.setStatus({ id: company.id, version: 1, status: 'blocked', note: 'Bill 12 is not paid' })
    expect(await companies.get({ id: company.id })).toMatchObject({ status: 'blocked', version: 2 })
    await expect(companies.update({ id: company.id, version: 2, name: 'X' })).rejects.toMatchObject(BLOCKED)
    for (const role of ['resident', 'platform_admin'] as const)
      expect((await as(company, role).property.complexes.list({})).items.length).toBeGreaterThan(0)
    expect(await platform.update({ id: company.id, version: 2, name: 'Y' })).toMatchObject({ name: 'Y' })
    await platform.setStatus({ id: company.id, version: 3, status: 'grace' })
    expect(await companies.update({ id: company.id, version: 4, name: 'Z' })).toMatchObject({ status: 'grace' })
    const events = await database.lookup(
      `select after from audit_log where company_id = $1 and action = 'companies.set_status' order by id`,
      [company.id],
    )
    expect(events).toEqual([
      { after: { from: 'active', to: 'blocked', note: 'Bill 12 is not paid' } },
      { after: { from: 'blocked', to: 'grace', note: '' } },
    ])
  })

  it('is blocked by the platform alone, seen from above, and not over somebody else’s change', async () => {
    const company = await buildCompany()
    const given = { id: company.id, version: 1, status: 'blocked' as const }
    for (const caller of [as(company, 'director'), as(company, 'platform_admin'), as(null, 'platform_accountant')])
      await expect(caller.property.companies.setStatus(given)).rejects.toMatchObject(FORBIDDEN)
    const { companies } = as(null, 'platform_admin').property
    await companies.update({ id: company.id, version: 1, name: 'X' })
    await expect(companies.setStatus(given)).rejects.toMatchObject(refusal('CONFLICT', 'property.version_conflict'))
    await expect(companies.setStatus({ ...given, id: crypto.randomUUID() })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.company_not_found'),
    )
  })
})

it('says in each context how its company stands', async () => {
  const company = await buildCompany({ status: 'grace' })
  const { contexts } = await as(company, 'director').auth.me()
  expect(contexts).toMatchObject([{ key: `staff:${company.id}`, company: { status: 'grace' } }])
})
