import { readCsv } from './csv.ts'
import { FileRefused, type SheetRow } from './sheet.ts'
import { readUnitRows, type UnitFile } from './unit-rows.ts'
import { readXlsx } from './xlsx.ts'

const isZip = (bytes: Buffer) => bytes.readUInt32BE(0) === 0x504b0304
const isOldOffice = (bytes: Buffer) => bytes.readUInt32BE(0) === 0xd0cf11e0

/** Titles, blank lines and totals that a sheet may hold beyond its units. */
const ROOM_FOR_OTHERS = 200

const sheetsOf = (fileName: string, bytes: Buffer, maxRows: number): Iterable<SheetRow[]> => {
  const [extension] = /\.[a-z]+$/.exec(fileName.toLowerCase()) ?? []
  if (bytes.length < 4) throw new FileRefused('import.unreadable')
  // What a file is, its first bytes say; the name must not say otherwise.
  if (extension === '.xlsx' && isZip(bytes)) return readXlsx(bytes, maxRows)
  if ((extension === '.csv' || extension === '.txt') && !isZip(bytes) && !isOldOffice(bytes))
    return [readCsv(bytes, maxRows)]
  throw new FileRefused('import.unsupported_format')
}

/** @throws FileRefused */
export const readUnitFile = (fileName: string, bytes: Buffer, limits: { rows: number }): UnitFile => {
  for (const sheet of sheetsOf(fileName, bytes, limits.rows + ROOM_FOR_OTHERS)) {
    const found = tryRead(sheet)
    if (!found) continue
    if (found.rows.length > limits.rows) throw new FileRefused('import.too_many_rows')
    return found
  }
  throw new FileRefused('import.header_not_found')
}

/** A cover sheet without a header is passed over. */
const tryRead = (sheet: SheetRow[]): UnitFile | null => {
  try {
    return readUnitRows(sheet)
  } catch (error) {
    if (error instanceof FileRefused && error.reason === 'import.header_not_found') return null
    throw error
  }
}
