import { SETTINGS } from '@servai/contract/settings'
import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
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
