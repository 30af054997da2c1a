import type { UnitImport } from '@servai/contract/property'
import { expect, it } from 'vitest'
import { inSheetOrder, outcomeOf, type Refused } from './result.ts'

const refused = (row: number): Refused => ({
  row,
  column: 'areaM2',
  problem: 'area_missing',
  value: '',
  sameAsRow: null,
})
const result = (counts: Partial<UnitImport>): UnitImport => ({
  created: 0,
  updated: 0,
  unchanged: 0,
  buildingsCreated: 0,
  entrancesCreated: 0,
  refused: [],
  columns: [],
  ...counts,
})

it('calls an import whole only when no row was refused', () => {
  expect(outcomeOf(result({ created: 3 }))).toBe('all')
  expect(outcomeOf(result({ unchanged: 3 }))).toBe('all')
  expect(outcomeOf(result({ updated: 1, refused: [refused(2)] }))).toBe('partly')
  expect(outcomeOf(result({ refused: [refused(2)] }))).toBe('nothing')
  expect(outcomeOf(result({}))).toBe('nothing')
})

it('lists refused rows as the spreadsheet has them and leaves the answer as it came', () => {
  const given = [refused(90), refused(2), refused(14)]
  expect(inSheetOrder(given).map(({ row }) => row)).toEqual([2, 14, 90])
  expect(given.map(({ row }) => row)).toEqual([90, 2, 14])
})
