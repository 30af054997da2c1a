import { reasonOf } from '../../errors.ts'
import { locale, t } from '../../i18n/i18n.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { hideRow, refreshProperty, type PropertyKeys } from './cache.ts'

const NOUNS = {
  complexes: 'complexes.count',
  buildings: 'buildings.count',
  entrances: 'buildings.entranceCount',
  units: 'units.count',
  residencies: 'people.count',
} as const

const isNoun = (key: string): key is keyof typeof NOUNS => Object.hasOwn(NOUNS, key)

/** "2 buildings and 40 units", of the counts that come with `property.has_children`. */
export const countsInWords = (counts: Record<string, number>) =>
  new Intl.ListFormat(locale.value).format(
    Object.entries(counts).flatMap(([key, count]) => (isNoun(key) && count > 0 ? [t(NOUNS[key], { count })] : [])),
  )

type Removal = {
  keys: PropertyKeys
  row: { id: string; version: number }
  remove: (row: { id: string; version: number }) => Promise<unknown>
  restore: (row: { id: string }) => Promise<unknown>
  texts: { removed: string; restored: string; refused: (counts: string) => string }
}

/** Removes at once and offers to undo it; `false` when the server refused, which the person was told. */
export const removeWithUndo = async ({ keys, row, remove, restore, texts }: Removal): Promise<boolean> => {
  const putBack = hideRow(keys, row.id)
  try {
    await remove({ id: row.id, version: row.version })
  } catch (error) {
    putBack()
    refreshProperty()
    const failure = reasonOf(error)
    if (failure.reason === 'property.has_children') notifyRefused(texts.refused(countsInWords(failure.counts)))
    else notifyError(failure)
    return false
  }
  refreshProperty()
  notifyDone(texts.removed, () => restoreRow(() => restore({ id: row.id }), texts.restored))
  return true
}

/** Brings a removed row back and says so. */
export const restoreRow = async (work: () => Promise<unknown>, restored: string) => {
  try {
    await work()
    notifyDone(restored)
  } catch (error) {
    notifyError(reasonOf(error))
  }
}
