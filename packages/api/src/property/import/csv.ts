import { parse } from 'csv-parse/sync'
import { FileRefused, MAX_COLUMNS, type SheetRow } from './sheet.ts'

const SEPARATORS = [';', ',', '\t'] as const
const SNIFFED_CHARACTERS = 16_384

const starts = (bytes: Buffer, ...mark: number[]) => mark.every((byte, index) => bytes[index] === byte)

/** UTF-16 without its mark: in text of ours every other byte of the first line is one of a few page numbers. */
const guessUtf16 = (bytes: Buffer) => {
  const head = bytes.subarray(0, 256)
  const zeros = (parity: number) => head.filter((byte, index) => index % 2 === parity && byte <= 0x04).length
  const half = head.length / 2
  if (zeros(1) > half * 0.9) return 'utf-16le'
  return zeros(0) > half * 0.9 ? 'utf-16be' : null
}

const encodingOf = (bytes: Buffer) => {
  if (starts(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8'
  if (starts(bytes, 0xff, 0xfe)) return 'utf-16le'
  if (starts(bytes, 0xfe, 0xff)) return 'utf-16be'
  const wide = guessUtf16(bytes)
  if (wide) return wide
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return 'utf-8'
  } catch {
    return 'windows-1251'
  }
}

/** UTF-8 and UTF-16 with and without a mark; what is neither can only be the old Cyrillic page. */
export const decode = (bytes: Buffer) => {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes)
  if (text.includes('\0')) throw new FileRefused('import.unsupported_format')
  return text
}

type Limits = { delimiter: string; maxRows: number }

const records = (text: string, { delimiter, maxRows }: Limits): string[][] => {
  try {
    return parse(text, {
      delimiter,
      to: maxRows,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: false,
    })
  } catch (error) {
    throw new FileRefused('import.unreadable', { cause: error })
  }
}

/** The separator that cuts the first lines into most columns, counted only where it does so line after line. */
const separatorOf = (text: string) => {
  const head = text.slice(0, SNIFFED_CHARACTERS)
  const lines = head.length < text.length ? head.slice(0, Math.max(0, head.lastIndexOf('\n'))) : head
  const score = (delimiter: string) => {
    try {
      const widths = records(lines, { delimiter, maxRows: 50 }).map((cells) => cells.length)
      return widths.reduce((sum, width, index) => sum + (width > 1 && width === widths[index - 1] ? width : 0), 0)
    } catch {
      return 0
    }
  }
  return SEPARATORS.map((separator) => ({ separator, score: score(separator) })).reduce((best, next) =>
    next.score > best.score ? next : best,
  ).separator
}

/** @throws FileRefused import.unreadable, import.unsupported_format, import.too_many_rows */
export const readCsv = (bytes: Buffer, maxRows: number): SheetRow[] => {
  const text = decode(bytes)
  const rows = records(text, { delimiter: separatorOf(text), maxRows: maxRows + 1 })
  if (rows.length > maxRows) throw new FileRefused('import.too_many_rows')
  return rows.map((cells, index) => ({ row: index + 1, cells: cells.slice(0, MAX_COLUMNS) }))
}
