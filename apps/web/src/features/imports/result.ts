import type { UnitImport } from '@servai/contract/property'

export type Refused = UnitImport['refused'][number]

/** `nothing`: no row was good. `partly`: some were. */
export const outcomeOf = ({ created, updated, unchanged, refused }: UnitImport): 'all' | 'partly' | 'nothing' => {
  if (created + updated + unchanged === 0) return 'nothing'
  return refused.length > 0 ? 'partly' : 'all'
}

/** In the order of the sheet; several problems of one row stay together. */
export const inSheetOrder = (refused: readonly Refused[]) => refused.toSorted((a, b) => a.row - b.row)
