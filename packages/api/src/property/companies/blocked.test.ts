import { buildCompany } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { as, refusal } from '../../../test/callers.ts'

it('staff of a blocked company read and change nothing; its residents and the platform read on', async () => {
  const company = await buildCompany({ status: 'blocked' })
  const { companies } = as(company, 'director').property
  expect(await companies.get({ id: company.id })).toMatchObject({ status: 'blocked' })
  await expect(companies.update({ id: company.id, version: 1, name: 'X' })).rejects.toMatchObject(
    refusal('FORBIDDEN', 'auth.company_blocked'),
  )
  for (const role of ['resident', 'platform_admin'] as const)
    expect(await as(company, role).property.complexes.list({ q: 'nowhere' })).toEqual({ items: [], nextCursor: null })
})

it('says in each context how the company stands', async () => {
  const company = await buildCompany({ status: 'grace' })
  const user = await as(company, 'director').auth.me()
  expect(user.contexts).toMatchObject([{ key: `staff:${company.id}`, company: { status: 'grace' } }])
})
