import { expect, it } from 'vitest'
import { exceedWhole, reduce } from './fraction.ts'

const part = (numerator: number, denominator: number) => ({ numerator, denominator })

it('parts are added exactly, where floats would err', () => {
  expect(exceedWhole([])).toBe(false)
  expect(exceedWhole([part(1, 3), part(1, 3), part(1, 3)])).toBe(false)
  expect(exceedWhole(Array.from({ length: 10 }, () => part(1, 10)))).toBe(false)
  expect(exceedWhole([part(1, 3), part(2, 3), part(1, 1e12)])).toBe(true)
  expect(exceedWhole([part(1e12 - 1, 1e12), part(1, 1e12 - 11)])).toBe(true)
  expect(exceedWhole([part(1e12 - 1, 1e12), part(1, 1e12)])).toBe(false)
})

it('a fraction is brought to its lowest terms', () => {
  expect(reduce(537n, 100_000n)).toEqual(part(537, 100_000))
  expect(reduce(50n, 100n)).toEqual(part(1, 2))
})
