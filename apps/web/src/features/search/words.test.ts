import { expect, it } from 'vitest'
import { matches } from './words.ts'

it('every word typed is somewhere in the label', () => {
  expect(matches('New unit', '')).toBe(true)
  expect(matches('New unit', 'unit ne')).toBe(true)
  expect(matches('Оформление: Тёмное', 'тЁмное')).toBe(true)
  expect(matches('New unit', 'unit old')).toBe(false)
})
