import { beforeAll, expect, it } from 'vitest'
import { loadStaffTexts, showLocale } from '../../i18n/i18n.ts'
import { countsInWords } from './removal.ts'

beforeAll(loadStaffTexts)

it.each([
  ['en', '2 buildings and 1 unit'],
  ['ru', '2 дома и 1 помещение'],
  ['bg', '2 сгради и 1 обект'],
] as const)('names what stands in the way, in %s', async (locale, words) => {
  await showLocale(locale)
  expect(countsInWords({ buildings: 2, units: 1, entrances: 0, unheard: 4 })).toBe(words)
})
