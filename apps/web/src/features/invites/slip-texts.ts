import type { Locale } from '@servai/contract/locales'

const LOADERS: Record<Locale, () => Promise<{ invites: { slip: Record<SlipKey, string> } }>> = {
  en: () => import('../../i18n/locales/en/invites.ts'),
  ru: () => import('../../i18n/locales/ru/invites.ts'),
  bg: () => import('../../i18n/locales/bg/invites.ts'),
}

type SlipKey = 'title' | 'text' | 'unit' | 'building' | 'entrance' | 'or' | 'until'

/** Words of a slip in the language of its reader, which need not be that of who prints it. */
export const loadSlipTexts = async (locale: Locale) => {
  const { slip } = (await LOADERS[locale]()).invites
  return (key: SlipKey, values: Record<string, string> = {}) =>
    slip[key].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

export type SlipTexts = Awaited<ReturnType<typeof loadSlipTexts>>

export const slipDay = (at: string, locale: Locale, timeZone: string) =>
  new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone,
  }).format(new Date(at))
