import { expect, it } from 'vitest'
import { decodeCursor, encodeCursor, toPage } from './page.ts'

const id = '019a0000-0000-7000-8000-000000000001'

it.each(['Блок 2А', 7, null, ''])('carries the sort value %s and the id through a cursor', (value) => {
  expect(decodeCursor(encodeCursor({ value, id }))).toEqual({ value, id })
})

it.each([
  '%%%',
  'e30',
  Buffer.from('[1,"x"]').toString('base64url'),
  Buffer.from('[{},"019a0000-0000-7000-8000-000000000001"]').toString('base64url'),
])('refuses the cursor %s, which no page has given', (cursor) => {
  expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ reason: 'request.invalid' }))
})

it('offers a next page only when there is one more row than asked for', () => {
  const rows = [1, 2, 3].map((n) => ({ id, n }))
  expect(toPage(rows, 3, (row) => row.n)).toEqual({ items: rows, nextCursor: null })
  const page = toPage(rows, 2, (row) => row.n)
  expect(page.items).toEqual(rows.slice(0, 2))
  expect(decodeCursor(page.nextCursor!)).toEqual({ value: 2, id })
})
