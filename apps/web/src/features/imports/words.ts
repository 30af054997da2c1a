import type { ImportCounts, ImportStatus } from '@servai/contract/imports'
import { formatNumber } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import type { ImportRow, ImportSummary } from './queries.ts'

export const STATUS_KINDS: Record<ImportStatus, 'good' | 'caution' | 'bad' | 'info' | 'plain'> = {
  reading: 'info',
  ready: 'caution',
  queued: 'info',
  running: 'info',
  done: 'good',
  done_with_errors: 'caution',
  failed: 'bad',
  cancelled: 'plain',
  undoing: 'info',
  undone: 'plain',
}

/** What an import has come to, or will, in one line. */
export const countsInWords = ({ status, counts }: Pick<ImportSummary, 'status' | 'counts'>) => {
  const named = (names: readonly (keyof ImportCounts)[]) =>
    names
      .filter((name) => counts[name] > 0)
      .map((name) => `${t(`imports.count.${name as 'new'}`)} ${formatNumber(counts[name])}`)
      .join(', ')
  if (status === 'undone') return named(['undone'])
  if (status === 'reading') return counts.rows > 0 ? named(['rows']) : ''
  return named(
    status === 'ready' || status === 'queued'
      ? ['new', 'changed', 'unchanged', 'refused']
      : ['created', 'updated', 'unchanged', 'refused'],
  )
}

/** 0 to 1; `undefined` while it cannot be told. */
export const partDone = ({ status, counts }: Pick<ImportSummary, 'status' | 'counts'>) => {
  if (status === 'undoing') return counts.applied > 0 ? counts.undone / counts.applied : undefined
  const total = counts.new + counts.changed
  return status === 'running' && total > 0 ? Math.min(1, counts.applied / total) : undefined
}

export const problemInWords = ({ problem, value, sameAsRow }: ImportRow['problems'][number]) => {
  const said = t(`imports.problem.${problem}`)
  const shown = value === '' ? said : t('imports.problemValue', { problem: said, value })
  return sameAsRow === null ? shown : `${shown} ${t('imports.sameAsRow', { row: sameAsRow })}`
}

/** The words of a closed list are in the language of the page, everything else is what stands in the file. */
const valueInWords = (field: string, value: string | number | null) => {
  if (value === null || value === '') return t('imports.nothing')
  if (field === 'type') return t(`units.type.${value as 'studio'}`)
  if (field === 'kind') return t(`people.kind.${value as 'owner'}`)
  return String(value)
}

export const changesOf = ({ changes }: Pick<ImportRow, 'changes'>) =>
  Object.entries(changes).flatMap(([field, change]) =>
    change
      ? [
          {
            field,
            label: t(`imports.field.${field as 'floor'}`),
            before: valueInWords(field, change[0]),
            after: valueInWords(field, change[1]),
          },
        ]
      : [],
  )
