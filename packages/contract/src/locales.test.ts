import { expect, it } from 'vitest'

import { localeOf } from './locales.ts'

it.each([
  ['en', 'en'],
  ['bg', 'bg'],
  ['bg-BG', 'bg'],
  ['ru_RU', 'ru'],
  ['RU', 'ru'],
  ['bgx', 'en'],
  ['de-DE', 'en'],
  ['', 'en'],
  [null, 'en'],
  [undefined, 'en'],
])('%s is read as %s', (tag, locale) => expect(localeOf(tag)).toBe(locale))
