import { LOCALES } from '@servai/contract/locales'
import { REASONS } from '@servai/contract/reasons'
import { describe, expect, it } from 'vitest'
import { i18n, showLocale, t } from './i18n.ts'
import { bg } from './locales/bg.ts'
import { en } from './locales/en.ts'
import { ru } from './locales/ru.ts'
import type { TextKey } from './texts.ts'

const locales = { en, ru, bg }

const flatten = (texts: object, prefix = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, String(value)] as [string, string]],
  )

const texts = { en: new Map(flatten(en)), ru: new Map(flatten(ru)), bg: new Map(flatten(bg)) }

/** Each once: a plural form may write its number out, as in "One home | {count} homes". */
const placeholdersOf = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].toSorted().join()
const formsOf = (text: string) => text.split(' | ')

describe.each(LOCALES)('%s', (locale) => {
  it('has every text and none besides', () => {
    expect([...texts[locale].keys()].toSorted()).toEqual([...texts.en.keys()].toSorted())
  })

  it('says something everywhere', () => {
    expect([...texts[locale]].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('has a text for every reason', () => {
    const missing = [...REASONS, 'client.unreachable'].filter((reason) => !texts[locale].has(`errors.${reason}`))
    expect(missing).toEqual([])
  })

  it('uses the values that English uses', () => {
    const different = [...texts[locale]].filter(
      ([key, text]) => placeholdersOf(text) !== placeholdersOf(texts.en.get(key) ?? ''),
    )
    expect(different).toEqual([])
  })

  it('has a plural form for every count', () => {
    const wanted = locale === 'ru' ? 3 : 2
    const counted = [...texts[locale]].filter(([key]) => formsOf(texts.en.get(key) ?? '').length > 1)
    expect(counted.filter(([, text]) => formsOf(text).length !== wanted)).toEqual([])
  })

  it('can be shown, all of it', async () => {
    await showLocale(locale)
    const values = { count: 5, n: 5 }
    const broken = [...texts[locale].keys()].filter((key) => {
      // The keys of the English texts are the type.
      const shown = t(key as TextKey, values)
      return shown === '' || shown === key
    })
    expect(broken).toEqual([])
    expect(document.documentElement.lang).toBe(locale)
  })
})

it('counts as Russian does', async () => {
  await showLocale('ru')
  expect([1, 2, 5, 11, 21, 104].map((count) => t('homes.lead', { count }))).toEqual([
    '1 помещение',
    '2 помещения',
    '5 помещений',
    '11 помещений',
    '21 помещение',
    '104 помещения',
  ])
})

it('keeps only the languages that were asked for', () => {
  expect(i18n.global.availableLocales.toSorted()).toEqual(Object.keys(locales).toSorted())
})
