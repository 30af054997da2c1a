import { describe, expect, it } from 'vitest'
import { compact, isBic, isIban, isVatNumber } from './company-numbers.ts'

describe('an IBAN', () => {
  // Examples of the SWIFT registry.
  it.each([
    'BG80BNBG96611020345678',
    'DE89370400440532013000',
    'GB29NWBK60161331926819',
    'FR1420041010050500013M02606',
    'MT84MALT011000012345MTLCAST001S',
    'NO9386011117947',
    'QA58DOHB00001234567890ABCDEFG',
  ])('%s is one', (text) => {
    expect(isIban(text)).toBe(true)
  })
  it.each([
    ['a wrong digit', 'BG80BNBG96611020345679'],
    ['two digits in the wrong order', 'BG80BNBG96611020346578'],
    ['a length that its country does not use', 'DE8937040044053201300000'],
    ['spaces', 'BG80 BNBG 9661 1020 3456 78'],
    ['small letters', 'bg80bnbg96611020345678'],
    ['nothing', ''],
  ])('with %s is none', (_fault, text) => {
    expect(isIban(text)).toBe(false)
  })
  it('is written as people write it', () => {
    expect(isIban(compact('bg80 bnbg 9661.1020-3456 78'))).toBe(true)
  })
})

it('a BIC has 8 or 11 characters', () => {
  for (const text of ['BNBGBGSF', 'BNBGBGSD', 'DEUTDEFF500']) expect(isBic(text)).toBe(true)
  for (const text of ['BNBGBGS', 'BNBGBGSFX', '1NBGBGSF', 'BNBG12SF', '']) expect(isBic(text)).toBe(false)
})

describe('a VAT number', () => {
  it.each([
    ['BG', 'BG200000017'],
    ['GR', 'EL123456789'],
    ['NL', 'NL123456789B01'],
    ['AT', 'ATU12345678'],
    ['IE', 'IE1234567FA'],
    ['RS', '101134702'],
    ['GB', 'GB900000042'],
  ])('of %s: %s', (country, text) => {
    expect(isVatNumber(country, text)).toBe(true)
  })
  it.each([
    ['BG', 'BG123'],
    ['BG', '200000017'],
    ['BG', 'RO200000017'],
    ['GR', 'GR123456789'],
    ['RS', 'a b'],
  ])('of %s is not %s', (country, text) => {
    expect(isVatNumber(country, text)).toBe(false)
  })
})
