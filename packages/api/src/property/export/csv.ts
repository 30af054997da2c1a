import { neutral, wallClock, type Cell, type Sheet, type SheetColumn } from './cells.ts'

export type CsvStyle = { separator: ',' | ';' | '\t'; decimalSign: '.' | ',' }

const SPECIAL = /[",;\t\r\n]/

const quoted = (text: string) => (SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** RFC 4180 with a byte order mark, without which spreadsheet programs take UTF-8 for something else. */
export async function* writeCsv(
  { columns, timezone }: Sheet,
  pages: AsyncIterable<readonly (readonly Cell[])[]>,
  { separator, decimalSign }: CsvStyle,
): AsyncGenerator<Buffer> {
  const local = wallClock(timezone)
  const textOf = (cell: string | number, { type }: SheetColumn) => {
    switch (type) {
      case 'text':
      case 'phone':
        return neutral(String(cell), type)
      case 'decimal':
        return decimalSign === '.' ? String(cell) : String(cell).replace('.', decimalSign)
      case 'instant':
        return local(String(cell))
      case 'integer':
      case 'day':
        return String(cell)
    }
  }
  const line = (cells: readonly string[]) => `${cells.map(quoted).join(separator)}\r\n`

  yield Buffer.from(`\uFEFF${line(columns.map(({ header }) => header))}`)
  for await (const rows of pages)
    yield Buffer.from(
      rows.map((row) => line(row.map((cell, index) => (cell === null ? '' : textOf(cell, columns[index]!))))).join(''),
    )
}
