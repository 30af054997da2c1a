import { API_KEY_DAYS, type AccessLevel } from '@servai/contract/api-keys'
import { t } from '../../i18n/i18n.ts'
import type { ApiKey, OfferedRole } from './queries.ts'

export const placeOf = ({ role, complex }: Pick<OfferedRole, 'role' | 'complex'>) =>
  complex ? `${t(`shell.roles.${role}`)}: ${complex.name}` : t(`shell.roles.${role}`)

export const accessOf = ({ access }: { access: AccessLevel }) => t(`apiKeys.access.${access}`)

const KINDS = {
  active: 'good',
  replaced: 'caution',
  powerless: 'caution',
  expired: 'plain',
  revoked: 'bad',
} as const satisfies Record<ApiKey['state'], string>

export const stateOf = ({ state }: Pick<ApiKey, 'state'>) => ({
  kind: KINDS[state],
  label: t(`apiKeys.state.${state}`),
})

const LIVES = [7, 30, API_KEY_DAYS.default, 180, API_KEY_DAYS.max]

/** How long a key may live, for a list of choices. */
export const lives = () => LIVES.map((days) => ({ value: String(days), label: t('apiKeys.days', { count: days }) }))
