import { LOCALES } from '@servai/contract/locales'
import { REASONS } from '@servai/contract/reasons'
import { describe, expect, it } from 'vitest'
import { i18n, loadAccountTexts, loadStaffTexts, showLocale, t } from './i18n.ts'
import { bgAccount } from './locales/bg-account.ts'
import { bgStaff } from './locales/bg-staff.ts'
import { bg } from './locales/bg.ts'
import { enAccount } from './locales/en-account.ts'
import { enStaff } from './locales/en-staff.ts'
import { en } from './locales/en.ts'
import { ruAccount } from './locales/ru-account.ts'
import { ruStaff } from './locales/ru-staff.ts'
import { ru } from './locales/ru.ts'
import type { RouteRecordRaw } from 'vue-router'
import type { TextKey } from './texts.ts'

const locales = {
  en: { ...en, ...enStaff, ...enAccount },
  ru: { ...ru, ...ruStaff, ...ruAccount },
  bg: { ...bg, ...bgStaff, ...bgAccount },
}

const flatten = (texts: object, prefix = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, String(value)] as [string, string]],
  )

const texts = {
  en: new Map(flatten(locales.en)),
  ru: new Map(flatten(locales.ru)),
  bg: new Map(flatten(locales.bg)),
}

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
    await Promise.all([loadStaffTexts(), loadAccountTexts()])
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

describe('what only some pages say', () => {
  const sources: Record<string, string> = import.meta.glob('../**/*.{ts,vue}', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  const modules = import.meta.glob<{ routes: RouteRecordRaw[] }>('../features/*/routes.ts', { eager: true })
  const routes = Object.values(modules).flatMap((module) => module.routes)
  const source = (path: string) => sources[path] ?? ''
  const resolve = (from: string, path: string) => {
    const parts = `${from.replace(/[^/]*$/, '')}${path}`.split('/')
    const kept: string[] = []
    for (const part of parts) {
      if (part === '.' || part === '') continue
      if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
      else kept.push(part)
    }
    return kept[0] === '..' ? kept.join('/') : `./${kept.join('/')}`
  }

  /** These modules and the pages that are `meant`, with all they import. */
  const reachable = (starts: string[], isMeant: (route: RouteRecordRaw) => boolean) => {
    const found = new Set<string>()
    const visit = (path: string) => {
      if (found.has(path) || !(path in sources)) return
      found.add(path)
      for (const [, target] of source(path).matchAll(/^import (?!type)[^']*?'(\.[^']+)'/gm))
        visit(resolve(path, target!))
    }
    starts.forEach(visit)
    for (const route of routes) {
      // A lazy page is a function that imports it.
      const page = /features\/[^"']+\.vue/.exec(String(route.component))?.[0]
      if (page && isMeant(route)) visit(`../${page}`)
    }
    return [...found].filter((path) => !/\/(locales|routes)[./]/.test(path) && !path.endsWith('StaffShell.vue'))
  }

  const foreignOn = (pages: string[], part: object) => {
    const names = Object.keys(part).join('|')
    return pages.flatMap((path) =>
      [...source(path).matchAll(new RegExp(`['\`](?:${names})\\.[\\w.$]+`, 'g'))].map(([key]) => `${path}: ${key}`),
    )
  }

  it('is on no page of residents or visitors where it is for the staff', () => {
    const pages = reachable(
      ['../main.ts', '../shells/ResidentShell.vue', '../shells/AuthShell.vue'],
      ({ component, meta }) => meta?.shell !== 'staff' && !String(component).includes('withStaffTexts'),
    )
    expect(pages).toEqual(
      expect.arrayContaining(['../features/homes/HomesPage.vue', '../features/homes/components/HomeCard.vue']),
    )
    expect(foreignOn(pages, enStaff)).toEqual([])
  })

  it('is on no page that has not waited for it where it is of the account', () => {
    const pages = reachable(
      ['../main.ts', '../shells/ResidentShell.vue', '../shells/AuthShell.vue', '../shells/StaffShell.vue'],
      ({ component }) => !String(component).includes('withAccountTexts'),
    )
    expect(pages).toContain('../shells/PersonMenu.vue')
    expect(foreignOn(pages, enAccount)).toEqual([])
  })
})
