import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { expect, it } from 'vitest'
import type { Cell, Sheet } from './cells.ts'
import { writeCsv } from './csv.ts'
import { writeXlsx } from './xlsx.ts'

const sheet: Sheet = {
  title: 'Обекти [2026]: a/b',
  timezone: 'Europe/Sofia',
  columns: [
    { header: 'Text', type: 'text', width: 12 },
    { header: 'Phone', type: 'phone', width: 12 },
    { header: 'Floor', type: 'integer', width: 12 },
    { header: 'Area', type: 'decimal', width: 12 },
    { header: 'Day', type: 'day', width: 12 },
    { header: 'At', type: 'instant', width: 12 },
  ],
}

async function* pagesOf(...pages: Cell[][][]) {
  yield* pages
}
const bytesOf = async (content: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(content))

const csv = async (rows: Cell[][], separator: ',' | ';' | '\t' = ',', decimalSign: '.' | ',' = '.') => {
  const text = (await bytesOf(writeCsv(sheet, pagesOf(rows), { separator, decimalSign }))).toString()
  return { text, rows: parse(text, { bom: true, delimiter: separator }) as string[][] }
}
const xlsx = async (...pages: Cell[][][]) => {
  const { sheets } = await readXlsx(await bytesOf(writeXlsx(sheet, pagesOf(...pages))))
  return { name: sheets[0]!.name, rows: sheets[0]!.rows }
}

const only = (text: string): Cell[] => [text, null, null, null, null, null]

it.each([
  ["=cmd|' /C calc'!A0"],
  ['+1+1'],
  ['-2+3'],
  ['@SUM(1)'],
  ['\t=1'],
  ['\r=1'],
  ['\n=1'],
  [' =1'],
  ['\u00a0=1'],
  ['＝1+1'],
  ['＋1'],
  ['－1'],
  ['＠x'],
  ['=HYPERLINK("http://x","y")'],
])('%j is text in both formats', async (attack) => {
  expect((await csv([only(attack)])).rows[1]![0]).toBe(`'${attack}`)
  expect((await xlsx([only(attack)])).rows[1]![0]).toBe(`'${attack}`)
})

it('a phone number keeps its plus, and nothing that only looks like one does', async () => {
  const phones = ['+359 88 123 4567', '+359 (88) 1-2/3.4', "+1|' /C", '+1+1', '+A1']
  const rows = phones.map((phone): Cell[] => ['', phone, null, null, null, null])
  const shown = ['+359 88 123 4567', '+359 (88) 1-2/3.4', "'+1|' /C", "'+1+1", "'+A1"]
  expect((await csv(rows)).rows.slice(1).map((row) => row[1])).toEqual(shown)
  expect((await xlsx(rows)).rows.slice(1).map((row) => row[1])).toEqual(shown)
})

it('numbers are numbers and dates dates, on the clock of the company', async () => {
  const row: Cell[] = ['007', null, -1, '54.30', '2026-02-03', '2026-07-01T21:30:00.000Z']
  const winter: Cell[] = [null, null, 0, null, null, '2026-12-01T00:00:00.000Z']
  expect((await xlsx([row], [winter])).rows).toEqual([
    ['Text', 'Phone', 'Floor', 'Area', 'Day', 'At'],
    ['007', null, -1, 54.3, new Date('2026-02-03T00:00:00.000Z'), new Date('2026-07-02T00:30:00.000Z')],
    [null, null, 0, null, null, new Date('2026-12-01T02:00:00.000Z')],
  ])
  expect((await csv([row, winter], ';', ',')).text).toBe(
    '\uFEFFText;Phone;Floor;Area;Day;At\r\n007;;-1;"54,30";2026-02-03;2026-07-02 00:30\r\n;;0;;;2026-12-01 02:00\r\n',
  )
})

it('any text comes back as it was', async () => {
  const texts = ['a"b', 'a,b;c', 'two\nlines', '<a>&amp;</a>', ' spaces ', "O'Brien", '_x0041_', 'Ёж 🏠', ']]>', "''"]
  const rows = texts.map(only)
  for (const separator of [',', ';', '\t'] as const)
    expect((await csv(rows, separator)).rows.slice(1).map(([text]) => text)).toEqual(texts)
  expect((await xlsx(rows)).rows.slice(1).map(([text]) => text)).toEqual(texts)
})

it('what XML cannot hold is left out, and a sheet is called by what one may be called', async () => {
  const { name, rows } = await xlsx([only('a\u0001b\ud800c'), only('x'.repeat(40_000))])
  expect(rows[1]![0]).toBe('ab\ufffdc')
  expect(rows[2]![0]).toHaveLength(32_767)
  expect(name).toBe('Обекти  2026   a b')
})

it('an empty list is a header', async () => {
  expect((await xlsx()).rows).toEqual([['Text', 'Phone', 'Floor', 'Area', 'Day', 'At']])
  expect((await csv([])).rows).toEqual([['Text', 'Phone', 'Floor', 'Area', 'Day', 'At']])
})

it('leaving early ends the reading', async () => {
  let isEnded = false
  async function* endless(): AsyncGenerator<Cell[][]> {
    try {
      for (;;) yield [only('x')]
    } finally {
      isEnded = true
    }
  }
  let chunks = 0
  for await (const chunk of writeXlsx(sheet, endless())) if (chunk.length > 0 && ++chunks > 20) break
  expect(isEnded).toBe(true)
})
