import { expect, it } from 'vitest'
import { numberIn } from './stated-number.ts'

it.each([
  ['31', '31'],
  ['кв. 31, 5 этаж', '31'],
  ['ап. 14', '14'],
  ['flat 12A', '12A'],
  ['паркомясто П7', 'П7'],
  ['12/3', '12/3'],
  ['5th floor, no. 40', '40'],
])('%s is searched for as %s', (stated, number) => {
  expect(numberIn(stated)).toBe(number)
})

it.each(['the one above the shop', 'кв31', ''])('"%s", which holds no number of its own, stays as it is', (stated) => {
  expect(numberIn(stated)).toBe(stated)
})
