import type { ImportColumn, ImportMapping, ImportProblem, RowProblem } from '@servai/contract/imports'
import type { ImportKind } from '@servai/contract/imports'

/** What only a whole column tells. */
export type Hints = {
  /** Numbers of its shares are percentages though no sign says so. */
  isPercentColumn: boolean
  /** Its dates with slashes put the month first. */
  isMonthFirst: boolean
}

export type ReaderOptions = { kind: ImportKind; mapping: ImportMapping; headers: readonly string[]; hints: Hints }

/** `null`: a line that is no row of the list. */
export type Reading = { data: Record<string, unknown> | null; problems: RowProblem[]; cells: string[] } | null

/** For the rows of one file in their order. */
export type RowReader = (cells: string[]) => Reading

const MAX_SHOWN = 100

export const problemOf = (
  column: ImportColumn | null,
  problem: ImportProblem,
  value: string,
  sameAsRow: number | null = null,
): RowProblem => ({ column, problem, value: value.slice(0, MAX_SHOWN), sameAsRow })

/** What is put before a text so that no spreadsheet computes it, in our own files of refused rows. */
const NEUTRALISED = /^'(?=[\s\u00a0]*[=+\-@＝＋－＠]|[\t\r\n])/

/** Cells by what they say; a column that nobody has is blank. */
export const createCells = (mapping: ImportMapping) => (cells: readonly string[], column: ImportColumn) => {
  const index = mapping[column]
  return index === undefined ? '' : (cells[index] ?? '').replace(NEUTRALISED, '')
}

const CARRIED = ['complex', 'building'] as const

/**
 * A row that does not say where it belongs belongs to where the row above does. It is kept with what it was given, so
 * that it means the same on its own.
 */
export const createCarrier = (mapping: ImportMapping) => {
  const above = new Map<ImportColumn, string>()
  return (cells: string[]): string[] => {
    let carried = cells
    for (const column of CARRIED) {
      const index = mapping[column]
      if (index === undefined) continue
      const text = cells[index] ?? ''
      const kept = text === '' ? above.get(column) : undefined
      if (text !== '' && text !== above.get(column)) {
        above.set(column, text)
        // Another complex has other buildings.
        if (column === 'complex') above.delete('building')
      }
      if (kept === undefined) continue
      carried = carried === cells ? [...cells] : carried
      while (carried.length < index) carried.push('')
      carried[index] = kept
    }
    return carried
  }
}
