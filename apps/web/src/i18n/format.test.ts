import { beforeEach, describe, expect, it } from 'vitest'
import { formatArea, formatDay, formatMoney, formatRecent, formatShare } from './format.ts'
import { showLocale } from './i18n.ts'

const plain = (text: string) => text.replaceAll(/\s/g, ' ')

describe.each([
  ['en', '21 November 2026', '1,234.5 m²', '€12,345.60', '33.33%', '5 minutes ago'],
  ['ru', '21 ноября 2026 г.', '1 234,5 м²', '12 345,60 €', '33,33 %', '5 минут назад'],
  ['bg', '21 ноември 2026 г.', '1234,5 м²', '12 345,60 €', '33,33%', 'преди 5 минути'],
] as const)('%s', (locale, day, area, money, share, recent) => {
  beforeEach(() => showLocale(locale))

  it('writes a date with the month as a word, the same in every zone', () => expect(formatDay('2026-11-21')).toBe(day))
  it('writes an area from exact text', () => expect(plain(formatArea('1234.50'))).toBe(area))
  it('writes money from minor units', () => expect(plain(formatMoney(1_234_560, 'EUR'))).toBe(money))
  it('writes a share of a whole', () => expect(plain(formatShare({ numerator: 1, denominator: 3 }))).toBe(share))
  it('is relative under a day', () =>
    expect(formatRecent('2026-11-21T10:00:00Z', new Date('2026-11-21T10:05:30Z'))).toBe(recent))
})

it('knows currencies without minor units', async () => {
  await showLocale('en')
  expect(formatMoney(500, 'JPY')).toBe('JP¥500')
})

it('shows a dash for what is not known', () => {
  expect([formatArea(null), formatDay(null), formatShare(null)]).toEqual(['—', '—', '—'])
})
