import { localeOf, type Locale } from '@servai/contract/locales'
import { readonly, ref } from 'vue'
import { createI18n } from 'vue-i18n'
import type { StaffTexts, TextKey, Texts, Translated } from './texts.ts'

const KEY = 'servai.locale'

const LOADERS: Record<Locale, () => Promise<Translated<Texts>>> = {
  en: () => import('./locales/en.ts').then(({ en }) => en),
  ru: () => import('./locales/ru.ts').then(({ ru }) => ru),
  bg: () => import('./locales/bg.ts').then(({ bg }) => bg),
}

const STAFF_LOADERS: Record<Locale, () => Promise<Translated<StaffTexts>>> = {
  en: () => import('./locales/en-staff.ts').then(({ enStaff }) => enStaff),
  ru: () => import('./locales/ru-staff.ts').then(({ ruStaff }) => ruStaff),
  bg: () => import('./locales/bg-staff.ts').then(({ bgStaff }) => bgStaff),
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

let needsStaffTexts = false
const complete = new Set<Locale>()

const loadTexts = async (wanted: Locale) => {
  if (!i18n.global.availableLocales.includes(wanted)) i18n.global.setLocaleMessage(wanted, await LOADERS[wanted]())
  if (!needsStaffTexts || complete.has(wanted)) return
  i18n.global.mergeLocaleMessage(wanted, await STAFF_LOADERS[wanted]())
  complete.add(wanted)
}

/** Resolves when the page at hand can say what only the staff reads, from now on in every language. */
export const loadStaffTexts = () => {
  needsStaffTexts = true
  return loadTexts(chosen.value)
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
