export const LOCALES = ['en', 'ru', 'bg'] as const

export type Locale = (typeof LOCALES)[number]

export const DEFAULT_LOCALE: Locale = 'en'

/** The supported locale of a BCP 47 tag (`bg`, `bg-BG`, `ru_RU`); the default for anything else. */
export const localeOf = (tag: string | null | undefined): Locale => {
  const language = tag?.split(/[-_]/, 1)[0]?.toLowerCase()
  return LOCALES.find((locale) => locale === language) ?? DEFAULT_LOCALE
}
