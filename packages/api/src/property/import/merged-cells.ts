import { placeOf } from './place.ts'
import { FileRefused, MAX_COLUMNS, type SheetRow } from './sheet.ts'
import { createParser, textOf } from './xml.ts'

/** Of one column, by rows. */
type Range = { first: number; last: number }
export type MergedCells = {
  /** For rows in ascending order: a cell merged over several rows says the same of each of them. */
  fill(row: SheetRow): SheetRow
}

/** One for every row that a list may have. */
const MAX_MERGED = 50_000
const MARK = 'mergeCell'

const readRanges = async (pieces: AsyncIterable<Buffer>) => {
  const ranges = new Map<number, Range[]>()
  let count = 0
  const parser = createParser({
    open: ({ name, attributes }) => {
      if (name !== MARK) return
      if (++count > MAX_MERGED) throw new FileRefused('import.suspicious')
      const [from, to] = (attributes.ref ?? '').split(':', 2).map(placeOf)
      if (!from || !to || from.column !== to.column || from.column >= MAX_COLUMNS) return
      const range = { first: from.row, last: to.row }
      const others = ranges.get(from.column)
      if (others) others.push(range)
      else ranges.set(from.column, [range])
    },
  })
  for await (const text of textOf(pieces)) parser.write(text)
  parser.close()
  return ranges
}

const createColumn = (column: number, ranges: Range[]) => {
  ranges.sort((a, b) => a.first - b.first)
  let next = 0
  let last = 0
  let text = ''
  return ({ row, cells }: SheetRow) => {
    for (let range = ranges[next]; range && range.first <= row; range = ranges[++next])
      if (range.first === row && cells[column]) {
        last = range.last
        text = cells[column]
      }
    if (row > last || cells[column]) return
    while (cells.length < column) cells.push('')
    cells[column] = text
  }
}

/** @throws FileRefused import.suspicious, import.unreadable */
export const readMergedCells = async (pieces: AsyncIterable<Buffer>): Promise<MergedCells> => {
  const columns = [...(await readRanges(pieces))].map(([column, ranges]) => createColumn(column, ranges))
  return {
    fill: (row) => {
      for (const fill of columns) fill(row)
      return row
    },
  }
}
