import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ImportKind } from '@servai/contract/imports'
import { readCsv } from './csv.ts'
import { chooseHeader, SEARCHED_ROWS, type HeaderRow } from './header.ts'
import { FileRefused, keptCells, type Sheet, type SheetRow } from './sheet.ts'
import { readXlsx } from './xlsx.ts'

const ZIP = 0x504b0304
/** What Office writes instead of an archive when it is old, or when a password protects it. */
const OLE = 0xd0cf11e0

/** Titles and blank lines that a sheet may hold beyond its rows. */
const ROOM_FOR_OTHERS = 200
/** One long text repeated in every cell is small in the file only. */
const MAX_CHARACTERS = 50_000_000

const TOTALS = /^(общо|всичко|сума|сбор|итого|всего|total|sum|subtotal|grand total)(?![\p{L}\p{N}])/iu

const firstBytes = async (path: string) => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 ? buffer.readUInt32BE(0) : null
  } finally {
    await file.close()
  }
}

/** What a file is, its first bytes say; the name must not say otherwise. */
const sheetsOf = async (fileName: string, path: string): Promise<() => Iterable<Sheet> | AsyncIterable<Sheet>> => {
  const [extension] = /\.[a-z]+$/.exec(fileName.toLowerCase()) ?? []
  const start = await firstBytes(path)
  if (start === null) throw new FileRefused('import.unreadable')
  if (extension === '.xlsx' && start === OLE) throw new FileRefused('import.encrypted')
  if (extension === '.xlsx' && start === ZIP) {
    const bytes = readFileSync(path)
    return () => readXlsx(bytes)
  }
  if ((extension === '.csv' || extension === '.txt') && start !== ZIP && start !== OLE) return () => [readCsv(path)]
  throw new FileRefused('import.unsupported_format')
}

type Opened = { header: HeaderRow; rows: Sheet }

/** The sheet whose first rows hold a header, with what follows below it. */
const openSheet = async (sheet: Sheet, kind: ImportKind, isSure: boolean): Promise<Opened | null> => {
  const head: SheetRow[] = []
  for (let next = await sheet.next(); !next.done; next = await sheet.next()) {
    head.push({ row: next.value.row, cells: keptCells(next.value.cells) })
    if (next.value.row >= SEARCHED_ROWS) break
  }
  const header = chooseHeader(kind, head, isSure)
  if (!header) {
    await sheet.return()
    return null
  }
  const below = head.filter(({ row }) => row > header.row)
  const rows = async function* (): Sheet {
    yield* below
    yield* sheet
  }
  return { header, rows: rows() }
}

const openList = async (fileName: string, path: string, kind: ImportKind): Promise<Opened> => {
  const sheets = await sheetsOf(fileName, path)
  // A sheet that names what it lists goes before one that only looks like a list: covers come first.
  for (const isSure of [true, false])
    for await (const sheet of sheets()) {
      const opened = await openSheet(sheet, kind, isSure)
      if (opened) return opened
    }
  throw new FileRefused('import.header_not_found')
}

export type FileReader = { headers: string[]; rows: Sheet }

/**
 * The header of a list and the rows below it, without blank ones and totals, as they are kept.
 *
 * @throws FileRefused, also while the rows are read
 */
export const readFile = async (
  { fileName, path, kind }: { fileName: string; path: string; kind: ImportKind },
  limits: { rows: number },
): Promise<FileReader> => {
  const { header, rows } = await openList(fileName, path, kind)
  const kept = async function* (): Sheet {
    let read = 0
    let characters = 0
    for await (const { row, cells: given } of rows) {
      const cells = keptCells(given)
      const first = cells.find((cell) => cell !== '')
      if (first === undefined || TOTALS.test(first)) continue
      if (++read > limits.rows + ROOM_FOR_OTHERS) throw new FileRefused('import.too_many_rows')
      characters += cells.reduce((sum, cell) => sum + cell.length, 0)
      if (characters > MAX_CHARACTERS) throw new FileRefused('import.too_large')
      yield { row, cells }
    }
    if (read === 0) throw new FileRefused('import.header_not_found')
  }
  return { headers: header.headers, rows: kept() }
}
