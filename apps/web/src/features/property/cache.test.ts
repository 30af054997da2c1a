import { afterEach, expect, it } from 'vitest'
import { queryClient } from '../../session.ts'
import { addOption, everyRow, hideRow, listedRow, propertyKeys, showRow } from './cache.ts'

type Row = { id: string; name: string }

const keys = propertyKeys('things')
const list = [...keys.lists, { q: 'a' }]
const pages = (...rows: Row[][]) => ({
  pages: rows.map((items) => ({ items, nextCursor: null })),
  pageParams: rows.map(() => undefined),
})
const a = { id: 'a', name: 'A' }
const b = { id: 'b', name: 'B' }
const c = { id: 'c', name: 'C' }

afterEach(() => queryClient.clear())

it('shows a saved row in every list, choice and page that holds it', () => {
  queryClient.setQueryData(list, pages([a], [b, c]))
  queryClient.setQueryData(keys.options('parent'), [b])
  const saved = { id: 'b', name: 'B two' }
  showRow(keys, saved)
  expect(queryClient.getQueryData(list)).toEqual(pages([a], [saved, c]))
  expect(queryClient.getQueryData(keys.options('parent'))).toEqual([saved])
  expect(queryClient.getQueryData(keys.one('b'))).toEqual(saved)
})

it('takes a removed row off every list and puts all of them back when the server refuses', () => {
  queryClient.setQueryData(list, pages([a, b], [c]))
  queryClient.setQueryData(keys.options('parent'), [a, b])
  const putBack = hideRow(keys, 'b')
  expect(queryClient.getQueryData(list)).toEqual(pages([a], [c]))
  expect(queryClient.getQueryData(keys.options('parent'))).toEqual([a])
  putBack()
  expect(queryClient.getQueryData(list)).toEqual(pages([a, b], [c]))
  expect(queryClient.getQueryData(keys.options('parent'))).toEqual([a, b])
})

it('leaves the rows of other entities alone', () => {
  const others = propertyKeys('others')
  queryClient.setQueryData(others.options('parent'), [b])
  hideRow(keys, 'b')
  expect(queryClient.getQueryData(others.options('parent'))).toEqual([b])
})

it('adds a new row to the choices of its parent, where those are loaded', () => {
  queryClient.setQueryData(keys.options('parent'), [a])
  addOption(keys, 'parent', b)
  addOption(keys, 'elsewhere', b)
  expect(queryClient.getQueryData(keys.options('parent'))).toEqual([a, b])
  expect(queryClient.getQueryData(keys.options('elsewhere'))).toBeUndefined()
})

it('finds a row that some list holds', () => {
  queryClient.setQueryData(list, pages([a], [b]))
  expect(listedRow(keys, 'b')).toEqual(b)
  expect(listedRow(keys, 'c')).toBeUndefined()
})

it('reads all pages of a short list in order', async () => {
  const answers = new Map([
    [undefined, { items: [a], nextCursor: '1' }],
    ['1', { items: [b], nextCursor: '2' }],
    ['2', { items: [c], nextCursor: null }],
  ])
  expect(await everyRow(async (cursor) => answers.get(cursor)!)).toEqual([a, b, c])
})
