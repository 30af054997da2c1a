import { IMPORT_LIMITS } from '@servai/contract/imports'
import type { Reason } from '@servai/contract/reasons'

/** A row as the spreadsheet numbers it, from 1; cells are text, in place, blank ones empty. */
export type SheetRow = { row: number; cells: string[] }

/** The rows of one sheet in ascending order, blank ones left out. */
export type Sheet = AsyncGenerator<SheetRow, void, void>

/** What stands further right is not looked at. */
export const MAX_COLUMNS = IMPORT_LIMITS.columns

/** A file that is not, or only pretends to be, what is asked for. */
export class FileRefused extends Error {
  override name = 'FileRefused'
  readonly reason: Extract<Reason, `import.${string}`>

  constructor(reason: FileRefused['reason'], options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}

/** Line breaks inside a cell, tabs and non-breaking spaces are one space. */
// oxlint-disable-next-line no-control-regex
export const tidy = (text: string) => text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()

const MAX_CELL_CHARACTERS = 500
const isBlank = (cell: string | undefined) => cell === undefined || cell.trim() === ''

/**
 * The cells of a row as they are kept: tidy, without blanks at the end, and never more than anybody reads.
 *
 * @throws FileRefused import.too_many_columns
 */
export const keptCells = (cells: readonly string[]) => {
  if (cells.length > MAX_COLUMNS && cells.filter((cell) => !isBlank(cell)).length > MAX_COLUMNS)
    throw new FileRefused('import.too_many_columns')
  const kept = cells
    .slice(0, MAX_COLUMNS)
    .map((cell) => (cell ? tidy(cell).slice(0, MAX_CELL_CHARACTERS).toWellFormed() : ''))
  return kept.slice(0, kept.findLastIndex((cell) => cell !== '') + 1)
}
