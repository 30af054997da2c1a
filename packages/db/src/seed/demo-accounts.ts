import type { Role, Specialisation } from '../schema/enums.ts'

export const DEMO_PASSWORD = 'quiet-harbour-lantern'

export const DEMO_COMPANIES = { dvor: 'Дом и Двор', northbank: 'Northbank Residential' } as const
export const DEMO_COMPLEXES = {
  lozenets: 'Лозенец Парк',
  sea: 'Морска градина',
  quay: 'Northbank Quay',
} as const

export type DemoAccount = {
  email: string
  role: Role
  /** Name of the company; null for the platform. */
  company: string | null
  /** Name of the complex, for roles that hold in one. */
  complex?: string
  firstName: string
  lastName: string
  locale: 'en' | 'ru' | 'bg'
  trade?: { title: string; specialisations: Specialisation[] }
  /** Further roles of the same person. */
  also?: { role: Role; company: string; complex?: string }[]
}

const { dvor, northbank } = DEMO_COMPANIES
const { lozenets, sea, quay } = DEMO_COMPLEXES

const account = (
  name: string,
  role: Role,
  company: string | null,
  [firstName, lastName]: [string, string],
  locale: DemoAccount['locale'],
  more: Pick<DemoAccount, 'complex' | 'also' | 'trade'> = {},
): DemoAccount => ({ email: `${name}@demo.servai.example`, role, company, firstName, lastName, locale, ...more })

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  account('admin', 'platform_admin', null, ['Anna', 'Keller'], 'en'),
  account('finance', 'platform_accountant', null, ['Martin', 'Hale'], 'en'),
  account('director', 'director', dvor, ['Мария', 'Димитрова'], 'bg'),
  account('accountant', 'accountant', dvor, ['Стоян', 'Георгиев'], 'bg'),
  account('manager', 'complex_manager', dvor, ['Ирина', 'Соколова'], 'ru', { complex: lozenets }),
  account('technician', 'technician', dvor, ['Петър', 'Иванов'], 'bg', {
    complex: lozenets,
    trade: { title: 'Старши водопроводчик', specialisations: ['plumber', 'heating'] },
  }),
  account('guard', 'guard', dvor, ['Николай', 'Тодоров'], 'bg', { complex: lozenets }),
  account('owner', 'resident', dvor, ['Елена', 'Петрова'], 'bg', { complex: lozenets }),
  account('tenant', 'resident', dvor, ['Сергей', 'Волков'], 'ru', { complex: sea }),
  account('north.director', 'director', northbank, ['Olivia', 'Bennett'], 'en'),
  account('north.manager', 'complex_manager', northbank, ['James', 'Carter'], 'en', { complex: quay }),
  account('north.technician', 'technician', northbank, ['Daniel', 'Wright'], 'en', {
    complex: quay,
    trade: { title: 'Electrician', specialisations: ['electrician', 'lifts'] },
  }),
  account('north.guard', 'guard', northbank, ['Алексей', 'Морозов'], 'ru', { complex: quay }),
  account('north.owner', 'resident', northbank, ['Grace', 'Turner'], 'en', { complex: quay }),
  account('several', 'complex_manager', dvor, ['Виктория', 'Ангелова'], 'bg', {
    complex: sea,
    also: [
      { role: 'accountant', company: northbank },
      { role: 'resident', company: northbank, complex: quay },
    ],
  }),
]
