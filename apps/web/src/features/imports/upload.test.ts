import { expect, it } from 'vitest'
import { contentTypeOf, isSpreadsheet } from './upload.ts'

it('tells a spreadsheet by its name, whatever the case', () => {
  const names = ['units.csv', 'Имоти.XLSX', 'units.xls', 'csv', 'units.csv.exe', 'units']
  expect(names.filter((name) => isSpreadsheet({ name }))).toEqual(['units.csv', 'Имоти.XLSX'])
})

it('names the content type by the extension', () => {
  expect(contentTypeOf('units.CSV')).toBe('text/csv')
  expect(contentTypeOf('a.xlsx')).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
  expect(contentTypeOf('a.bin')).toBe('application/octet-stream')
})
