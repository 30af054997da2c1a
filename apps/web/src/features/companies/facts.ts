import { formatDate } from '../../i18n/format.ts'
import { LANGUAGE_NAMES, locale, t } from '../../i18n/i18n.ts'
import type { Company } from './queries.ts'

const named = (type: 'region' | 'currency', code: string) =>
  new Intl.DisplayNames(locale.value, { type }).of(code) ?? code

/** In groups of four, as it stands on a bill. */
export const ibanInGroups = (iban: string) => iban.replace(/(.{4})(?=.)/g, '$1 ')

export const legalFacts = (company: Company) => [
  { key: 'legalName', label: t('companies.field.legalName'), text: company.legalName },
  { key: 'registrationNumber', label: t('companies.field.registrationNumber'), text: company.registrationNumber },
  { key: 'vatNumber', label: t('companies.field.vatNumber'), text: company.vatNumber ?? '' },
  { key: 'address', label: t('companies.field.address'), text: company.address },
]

export const contactFacts = () => [
  { key: 'email', label: t('companies.field.email') },
  { key: 'phone', label: t('companies.field.phone') },
]

export const bankFacts = (company: Company) => [
  { key: 'bankName', label: t('companies.field.bankName'), text: company.bankName },
  { key: 'iban', label: t('companies.field.iban'), text: company.iban ? ibanInGroups(company.iban) : '' },
  { key: 'bic', label: t('companies.field.bic'), text: company.bic ?? '' },
]

export const regionalFacts = (company: Company) => [
  { key: 'country', label: t('companies.field.country'), text: named('region', company.country) },
  {
    key: 'currency',
    label: t('companies.field.currency'),
    text: `${company.currency} · ${named('currency', company.currency)}`,
  },
  { key: 'locale', label: t('companies.field.locale'), text: LANGUAGE_NAMES[company.locale] },
  { key: 'timezone', label: t('companies.field.timezone'), text: company.timezone.replaceAll('_', ' ') },
  { key: 'createdAt', label: t('companies.since'), text: formatDate(company.createdAt) },
]
