import type { Invite } from './queries.ts'
import { formatNumber } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'

export const STATUS_KINDS = {
  active: 'good',
  orphaned: 'plain',
  expired: 'plain',
  exhausted: 'info',
  revoked: 'plain',
} as const

export const usesInWords = ({ usedCount, maxUses }: Pick<Invite, 'usedCount' | 'maxUses'>) =>
  maxUses === null
    ? t('invites.usesUnlimited', { used: formatNumber(usedCount) })
    : t('invites.usesOf', { used: formatNumber(usedCount), max: formatNumber(maxUses) })

export const personInWords = ({ person }: Pick<Invite, 'person'>) =>
  person ? `${person.firstName} ${person.lastName}` : t('invites.anybody')

/** Choices of how many may come in; the empty word is for any number. */
export const useChoices = () => [
  ...[1, 2, 3, 5, 10].map((count) => ({ value: String(count), label: t('invites.people', { count }) })),
  { value: '', label: t('invites.unlimited') },
]

export const ttlChoices = () =>
  [1, 3, 7, 14, 30, 90].map((count) => ({ value: String(count), label: t('invites.days', { count }) }))
