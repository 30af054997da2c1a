import { formatDateTime } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import { session } from '../../session.ts'
import type { Account, FactorReset } from './queries.ts'

type Named = { firstName: string; lastName: string }

export const accountName = ({ firstName, lastName }: Named) => `${firstName} ${lastName}`

/** Where the company is; for the platform, where the reader is. */
export const momentOf = (at: string | null) => formatDateTime(at, session.context?.company?.timezone)

export const companyOf = ({ company }: Pick<FactorReset, 'company'>) => company?.name ?? 'servAI'

type Event = Account['events'][number]

export const eventName = ({ action }: Event) =>
  // Keys of texts hold no dots.
  t(`accounts.events.text.${action.replaceAll('.', '_') as 'auth_login'}`)

export const eventAuthor = ({ by, name }: Event) => {
  if (by === null) return ''
  if (by === 'owner') return t('accounts.events.byOwner')
  return name === null ? t('accounts.events.byPlatform') : t('accounts.events.bySomebody', { name })
}
