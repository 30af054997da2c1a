import type { Reason } from '@servai/contract/reasons'

/** A row as the spreadsheet numbers it, from 1; cells are text, in place, blank ones empty. */
export type SheetRow = { row: number; cells: string[] }

/** More columns than any list of homes has; what stands further right is not looked at. */
export const MAX_COLUMNS = 50

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
