import { describe, expect, it } from 'vitest'
import { formatShare, parseShare, shareText } from './share.ts'

describe('parseShare', () => {
  it.each([
    ['1/3', 1, 3],
    [' 2 / 6 ', 1, 3],
    ['50%', 1, 2],
    ['12,5 %', 1, 8],
    ['1.2777\u00a0%', 12777, 1_000_000],
    ['100 %', 1, 1],
    ['1', 1, 1],
  ])('reads %j exactly', (text, numerator, denominator) => {
    expect(parseShare(text)).toEqual({ numerator, denominator })
  })

  it.each(['', '0', '0 %', '0/5', '3/2', '101 %', '1/0', '50', '0,5', 'half', '-1/3', '1/99999999999999'])(
    'refuses %j rather than guess',
    (text) => expect(parseShare(text)).toBeNull(),
  )
})

describe('formatShare', () => {
  it('writes an exact percentage as the locale does', () => {
    expect(formatShare({ numerator: 1, denominator: 8 }, 'en')).toBe('12.5%')
    expect(formatShare({ numerator: 1, denominator: 8 }, 'ru')).toBe('12,5\u00a0%')
  })

  it('keeps a fraction that no percentage can express', () => {
    expect(formatShare({ numerator: 2, denominator: 6 }, 'en')).toBe('1/3')
  })

  it('rounds what is neither to four places', () => {
    expect(formatShare({ numerator: 5268, denominator: 412_300 }, 'en')).toBe('1.2777%')
  })
})

describe('shareText', () => {
  it.each([
    { numerator: 1, denominator: 1 },
    { numerator: 1, denominator: 3 },
    { numerator: 5268, denominator: 412_300 },
    { numerator: 123_457, denominator: 1_000_000 },
    { numerator: 999_999_999_999, denominator: 1_000_000_000_000 },
  ])('survives being edited: $numerator/$denominator', (share) => {
    for (const locale of ['en', 'ru', 'bg']) {
      const again = parseShare(shareText(share, locale))!
      expect(BigInt(again.numerator) * BigInt(share.denominator)).toBe(
        BigInt(share.numerator) * BigInt(again.denominator),
      )
    }
  })
})
