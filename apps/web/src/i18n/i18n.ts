import { localeOf, type Locale } from '@servai/contract/locales'
import { readonly, ref } from 'vue'
import { createI18n } from 'vue-i18n'
import type { AccountTexts, StaffTexts, TextKey, Texts, Translated } from './texts.ts'

const KEY = 'servai.locale'

const LOADERS: Record<Locale, () => Promise<Translated<Texts>>> = {
  en: () => import('./locales/en.ts').then(({ en }) => en),
  ru: () => import('./locales/ru.ts').then(({ ru }) => ru),
  bg: () => import('./locales/bg.ts').then(({ bg }) => bg),
}

type Part = 'staff' | 'account'
type Loaders<T> = Record<Locale, () => Promise<Translated<T>>>

/** What only some pages say; they wait for it, and no others do. */
const PARTS: { staff: Loaders<StaffTexts>; account: Loaders<AccountTexts> } = {
  staff: {
    en: () => import('./locales/en-staff.ts').then(({ enStaff }) => enStaff),
    ru: () => import('./locales/ru-staff.ts').then(({ ruStaff }) => ruStaff),
    bg: () => import('./locales/bg-staff.ts').then(({ bgStaff }) => bgStaff),
  },
  account: {
    en: () => import('./locales/en-account.ts').then(({ enAccount }) => enAccount),
    ru: () => import('./locales/ru-account.ts').then(({ ruAccount }) => ruAccount),
    bg: () => import('./locales/bg-account.ts').then(({ bgAccount }) => bgAccount),
  },
}

/** Names of the languages in themselves. */
export const LANGUAGE_NAMES: Record<Locale, string> = { en: 'English', ru: 'Русский', bg: 'Български' }

const slavic = (count: number, forms: number) => {
  const category = new Intl.PluralRules('ru').select(count)
  return category === 'one' ? 0 : category === 'few' || forms < 3 ? 1 : 2
}

export const i18n = createI18n({
  legacy: false,
  globalInjection: false,
  locale: '',
  missingWarn: false,
  fallbackWarn: false,
  messages: {},
  pluralRules: { ru: slavic },
})

const chosen = ref<Locale>('en')

export const locale = readonly(chosen)

const needed = new Set<Part>()
const complete = new Set<`${Locale} ${Part}`>()

const loadTexts = async (wanted: Locale) => {
  if (!i18n.global.availableLocales.includes(wanted)) i18n.global.setLocaleMessage(wanted, await LOADERS[wanted]())
  await Promise.all(
    [...needed].map(async (part) => {
      if (complete.has(`${wanted} ${part}`)) return
      i18n.global.mergeLocaleMessage(wanted, await PARTS[part][wanted]())
      complete.add(`${wanted} ${part}`)
    }),
  )
}

const loadPart = (part: Part) => {
  needed.add(part)
  return loadTexts(chosen.value)
}

/** Resolves when the page at hand can say what only the staff reads, from now on in every language. */
export const loadStaffTexts = () => loadPart('staff')

/** The same for what is said where somebody signs in or looks after their account. */
export const loadAccountTexts = () => loadPart('account')

/** For the route of such a page. */
export const withAccountTexts = async <Page>(page: Promise<Page>) => {
  await loadAccountTexts()
  return page
}

/** Loads the texts of a language and shows them; resolves when the page speaks it. */
export const showLocale = async (next: Locale) => {
  await loadTexts(next)
  i18n.global.locale.value = next
  chosen.value = next
  document.documentElement.lang = next
}

/** What the person once chose in this browser, if they did. */
export const storedLocale = (): Locale | null => {
  const value = localStorage.getItem(KEY)
  return value ? localeOf(value) : null
}

export const setLocale = async (next: Locale) => {
  localStorage.setItem(KEY, next)
  await showLocale(next)
}

// As the page was opened with; Quasar writes its own language there.
const initial = localeOf(document.documentElement.lang)

export const startLocale = () => showLocale(initial)

type Values = Record<string, string | number>

/** The text at `key`; `values.count` also selects the plural form. */
export const t = (key: TextKey, values: Values = {}): string =>
  typeof values['count'] === 'number' ? i18n.global.t(key, values, values['count']) : i18n.global.t(key, values)
