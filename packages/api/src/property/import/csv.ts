import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { parse as parseStream } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { FileRefused, type Sheet } from './sheet.ts'

const SEPARATORS = [';', ',', '\t', '|'] as const
const SNIFFED_BYTES = 65_536
const SNIFFED_CHARACTERS = 16_384
const MAX_RECORD_CHARACTERS = 1_000_000

const starts = (bytes: Uint8Array, ...mark: number[]) => mark.every((byte, index) => bytes[index] === byte)

/** UTF-16 without its mark: in text of ours every other byte of the first line is one of a few page numbers. */
const guessUtf16 = (bytes: Uint8Array) => {
  const head = bytes.subarray(0, 256)
  const zeros = (parity: number) => head.filter((byte, index) => index % 2 === parity && byte <= 0x04).length
  const half = head.length / 2
  if (zeros(1) > half * 0.9) return 'utf-16le'
  return zeros(0) > half * 0.9 ? 'utf-16be' : null
}

const markedEncoding = (bytes: Uint8Array) => {
  if (starts(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8'
  if (starts(bytes, 0xff, 0xfe)) return 'utf-16le'
  if (starts(bytes, 0xfe, 0xff)) return 'utf-16be'
  return guessUtf16(bytes)
}

const headOf = async (path: string) => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** UTF-8 and UTF-16 with and without a mark; what is neither can only be the old Cyrillic page. */
const encodingOf = async (path: string) => {
  const marked = markedEncoding(await headOf(path))
  if (marked) return marked
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of createReadStream(path)) decoder.decode(chunk as Buffer, { stream: true })
    decoder.decode()
    return 'utf-8'
  } catch (error) {
    if (error instanceof TypeError) return 'windows-1251'
    throw error
  }
}

/** @throws FileRefused import.unsupported_format */
async function* decoded(path: string, encoding: string) {
  const decoder = new TextDecoder(encoding)
  const checked = (text: string) => {
    if (text.includes('\0')) throw new FileRefused('import.unsupported_format')
    return text
  }
  for await (const chunk of createReadStream(path)) yield checked(decoder.decode(chunk as Buffer, { stream: true }))
  yield checked(decoder.decode())
}

const OPTIONS = {
  relax_quotes: true,
  relax_column_count: true,
  skip_empty_lines: false,
  max_record_size: MAX_RECORD_CHARACTERS,
} as const

/** The separator that cuts the first lines into most columns, line after line; else the one that cuts at all. */
const separatorOf = (text: string) => {
  const head = text.slice(0, SNIFFED_CHARACTERS)
  const lines = head.length < text.length ? head.slice(0, head.lastIndexOf('\n')) : head
  const score = (delimiter: string) => {
    try {
      const widths = parse(lines, { ...OPTIONS, delimiter, to: 50 }).map((cells: string[]) => cells.length)
      const steady = widths.reduce(
        (sum, width, index) => sum + (width > 1 && width === widths[index - 1] ? width : 0),
        0,
      )
      return steady || 1 - 1 / Math.max(1, ...widths)
    } catch {
      return 0
    }
  }
  return SEPARATORS.map((separator) => ({ separator, score: score(separator) })).reduce((best, next) =>
    next.score > best.score ? next : best,
  ).separator
}

/** @throws FileRefused import.unreadable, import.unsupported_format */
export async function* readCsv(path: string): Sheet {
  const encoding = await encodingOf(path)
  const delimiter = separatorOf(new TextDecoder(encoding).decode(await headOf(path)))
  const source = Readable.from(decoded(path, encoding))
  const parser = parseStream({ ...OPTIONS, delimiter })
  source.once('error', (error) => parser.destroy(error)).pipe(parser)
  let row = 0
  try {
    for await (const cells of parser) {
      row++
      // Without `columns` a record is a list of texts.
      yield { row, cells: cells as string[] }
    }
  } catch (error) {
    throw error instanceof FileRefused ? error : new FileRefused('import.unreadable', { cause: error })
  } finally {
    source.destroy()
  }
}
