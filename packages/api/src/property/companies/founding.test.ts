import { buildCompany, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, refusal } from '../../../test/callers.ts'
import { newEmail } from '../../../test/identity.ts'

let serial = 0
const particulars = () => ({
  name: 'Morska Gradina',
  legalName: 'Morska Gradina OOD',
  registrationNumber: `founding-${process.pid}-${++serial}`,
  country: 'BG',
  currency: 'EUR',
  locale: 'bg' as const,
  timezone: 'Europe/Sofia',
})
const platform = () => as(null, 'platform_admin').property.companies

const invitesOf = (companyId: string) =>
  database.lookup(
    `select i.email, i.role, i.locale, o.topic from staff_invites i
     left join outbox o on o.payload ->> 'inviteId' = i.id::text where i.company_id = $1 order by i.role desc`,
    [companyId],
  )

describe('a new company', () => {
  it('invites its director and its accountant with it, or neither stands', async () => {
    const invite = {
      director: { email: newEmail(), locale: 'bg' as const },
      accountant: { email: newEmail(), locale: 'en' as const },
    }
    const given = particulars()
    const { id } = await platform().create({ ...given, invite })
    const topic = 'staff.invited'
    expect(await invitesOf(id)).toEqual([
      { email: invite.director.email, role: 'director', locale: 'bg', topic },
      { email: invite.accountant.email, role: 'accountant', locale: 'en', topic },
    ])
    await expect(platform().create({ ...given, invite })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.registration_taken'),
    )
    const sent = await database.lookup('select 1 from staff_invites where email = $1', [invite.director.email])
    expect(sent).toHaveLength(1)
    expect((await as({ id }, 'platform_admin').staff.invites.list({})).items).toHaveLength(2)
  })

  it('keeps what it is reached and paid by, as it is written on an invoice', async () => {
    const company = await platform().create({
      ...particulars(),
      vatNumber: 'bg 200 000 017',
      email: 'office@example.test',
      phone: '+359 52 123456',
      bankName: 'BNB',
      iban: 'bg80 bnbg 9661 1020 3456 78',
      bic: 'bnbgbgsf',
    })
    expect(company).toMatchObject({ vatNumber: 'BG200000017', iban: 'BG80BNBG96611020345678', bic: 'BNBGBGSF' })
  })

  it.each([
    ['vatNumber', 'BG123', 'vat_number'],
    ['vatNumber', '200000017', 'vat_number'],
    ['iban', 'BG80BNBG96611020345679', 'iban'],
    ['bic', 'BNB', 'bic'],
    ['email', 'office', 'invalid_format'],
  ])('refuses %s %s', async (field, value, code) => {
    await expect(platform().create({ ...particulars(), [field]: value })).rejects.toMatchObject({
      cause: { reason: 'request.invalid', details: { issues: [{ path: [field], code }] } },
    })
  })
})

it('a director changes bank details and VAT number, which is held to the form of the company’s country', async () => {
  const company = await buildCompany()
  const { companies } = as(company, 'director').property
  const { id } = company
  expect(
    await companies.update({ id, version: 1, iban: 'BG80 BNBG 9661 1020 3456 78', bankName: 'BNB', phone: '1' }),
  ).toMatchObject({ iban: 'BG80BNBG96611020345678', bankName: 'BNB', phone: '1' })
  await expect(companies.update({ id, version: 2, vatNumber: 'RO123456' })).rejects.toMatchObject({
    cause: { reason: 'request.invalid', details: { issues: [{ path: ['vatNumber'], code: 'vat_number' }] } },
  })
  expect(await companies.update({ id, version: 2, vatNumber: null, iban: null })).toMatchObject({ iban: null })
})
