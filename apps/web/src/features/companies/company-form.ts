import { email } from '@servai/contract/auth'
import { isVatNumber } from '@servai/contract/company-numbers'
import { LOCALES } from '@servai/contract/locales'
import { createCompanyInput } from '@servai/contract/property'
import { z } from 'zod'

const { invite: _invite, ...particulars } = createCompanyInput.shape

/** The fields side by side, as a form has them: an invite inside the input has no field of its own to blame. */
export const companyForm = z
  .strictObject({
    ...particulars,
    directorEmail: email.nullable(),
    directorLocale: z.enum(LOCALES),
    accountantEmail: email.nullable(),
    accountantLocale: z.enum(LOCALES),
  })
  .refine(({ country, vatNumber }) => vatNumber === null || isVatNumber(country, vatNumber), {
    path: ['vatNumber'],
    params: { code: 'vat_number' },
  })
  .refine(({ directorEmail, accountantEmail }) => accountantEmail === null || directorEmail !== null, {
    path: ['directorEmail'],
    params: { code: 'director_first' },
  })

type CompanyForm = z.output<typeof companyForm>

export const particularsOf = ({
  directorEmail: _director,
  directorLocale: _directorLocale,
  accountantEmail: _accountant,
  accountantLocale: _accountantLocale,
  ...rest
}: CompanyForm) => rest

export const createInputOf = (form: CompanyForm) => {
  const { directorEmail, directorLocale, accountantEmail, accountantLocale } = form
  if (directorEmail === null) return particularsOf(form)
  const director = { email: directorEmail, locale: directorLocale }
  const accountant = accountantEmail === null ? undefined : { email: accountantEmail, locale: accountantLocale }
  return { ...particularsOf(form), invite: { director, ...(accountant && { accountant }) } }
}
