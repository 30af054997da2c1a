import { describe, expect, it } from 'vitest'
import { companyForm, createInputOf } from './company-form.ts'

const typed = {
  name: 'Dom',
  legalName: 'Dom OOD',
  registrationNumber: '1',
  vatNumber: 'bg 200 000 017',
  country: 'BG',
  currency: 'EUR',
  locale: 'bg',
  timezone: 'Europe/Sofia',
  address: '',
  email: null,
  phone: null,
  bankName: '',
  iban: null,
  bic: null,
  directorEmail: null as string | null,
  directorLocale: 'bg',
  accountantEmail: null as string | null,
  accountantLocale: 'en',
}

const faultsOf = (values: object) => companyForm.safeParse(values).error?.issues.map(({ path }) => path.join('.'))

describe('the form of a company', () => {
  it('asks the server for the invites of those who were named', () => {
    const both = companyForm.parse({ ...typed, directorEmail: 'd@x.test', accountantEmail: 'a@x.test' })
    expect(createInputOf(both)).toMatchObject({
      vatNumber: 'BG200000017',
      invite: { director: { email: 'd@x.test', locale: 'bg' }, accountant: { email: 'a@x.test', locale: 'en' } },
    })
    expect(createInputOf(companyForm.parse(typed))).not.toHaveProperty('invite')
    expect(createInputOf(both)).not.toHaveProperty('directorEmail')
  })

  it('blames the field that is wrong', () => {
    expect(faultsOf({ ...typed, vatNumber: 'BG1' })).toEqual(['vatNumber'])
    expect(faultsOf({ ...typed, iban: 'BG80BNBG96611020345679' })).toEqual(['iban'])
    expect(faultsOf({ ...typed, accountantEmail: 'a@x.test' })).toEqual(['directorEmail'])
    expect(faultsOf({ ...typed, directorEmail: 'nobody' })).toEqual(['directorEmail'])
  })
})
