import { reasonOf } from '../../errors.ts'
import { locale, t } from '../../i18n/i18n.ts'
import { confirm } from '../../ui/confirm.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { hideRow, refreshProperty, type PropertyKeys } from './cache.ts'

const NOUNS = {
  complexes: 'complexes.count',
  buildings: 'buildings.count',
  entrances: 'buildings.entranceCount',
  units: 'units.count',
  residencies: 'people.count',
  invites: 'registry.count.invites',
  claims: 'registry.count.claims',
} as const

const isNoun = (key: string): key is keyof typeof NOUNS => Object.hasOwn(NOUNS, key)

/** "2 buildings and 40 units", of the counts that come with `property.has_children`. */
export const countsInWords = (counts: Record<string, number>) =>
  new Intl.ListFormat(locale.value).format(
    Object.entries(counts).flatMap(([key, count]) => (isNoun(key) && count > 0 ? [t(NOUNS[key], { count })] : [])),
  )

type Target = { id: string; version: number; cascade?: boolean }

type Removal = {
  keys: PropertyKeys
  row: { id: string; version: number }
  remove: (target: Target) => Promise<unknown>
  restore: (row: { id: string }) => Promise<unknown>
  texts: { removed: string; restored: string }
  /** What is asked when more would go: the row by name and the verb. Missing where nothing may go along. */
  along?: { name: string; action: string }
  /** What is said when more would go and may not. */
  refused?: (counts: string) => string
}

/** Asked once, with what goes along in numbers. */
export const agreesToRemove = ({ name, action }: { name: string; action: string }, counts: Record<string, number>) =>
  confirm({
    title: t('registry.removal.title', { name }),
    text: t('registry.removal.text', { counts: countsInWords(counts) }),
    action,
    isDangerous: true,
  })

/**
 * Removes at once and offers to undo it. Where others hang on the row, asks first and then takes those along; `false`
 * when nothing was removed, which the person was told.
 */
export const removeWithUndo = async (removal: Removal): Promise<boolean> => {
  const { keys, row, remove, restore, texts, along, refused } = removal
  const attempt = async (cascade: boolean): Promise<boolean> => {
    const putBack = hideRow(keys, row.id)
    try {
      await remove({ id: row.id, version: row.version, ...(cascade && { cascade }) })
    } catch (error) {
      putBack()
      const failure = reasonOf(error)
      if (failure.reason === 'property.has_children' && !cascade) {
        if (along) return (await agreesToRemove(along, failure.counts)) && attempt(true)
        if (refused) notifyRefused(refused(countsInWords(failure.counts)))
      } else notifyError(failure)
      refreshProperty()
      return false
    }
    refreshProperty()
    notifyDone(texts.removed, () => restoreRow(() => restore({ id: row.id }), texts.restored))
    return true
  }
  return attempt(false)
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
