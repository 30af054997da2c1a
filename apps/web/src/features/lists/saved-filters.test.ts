import { expect, it } from 'vitest'
import { filterIn, isSameFilter } from './saved-filters.ts'

it('a filter is what narrows the list, in whatever order the address has it', () => {
  expect(filterIn({ type: 'parking', q: '', complex: 'a', many: ['x', 'y'], none: null })).toEqual({
    complex: 'a',
    type: 'parking',
  })
  expect(isSameFilter({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true)
  expect(isSameFilter({ a: '1' }, { a: '1', b: '2' })).toBe(false)
})
