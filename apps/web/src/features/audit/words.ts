import { TIMELINE_FIELDS } from '@servai/contract/timeline'
import { isReason } from '@servai/contract/reasons'
import { i18n, t } from '../../i18n/i18n.ts'
import type { TextKey } from '../../i18n/texts.ts'
import { idOrNone, wordOrNone } from '../property/url.ts'
import { valueInWords } from '../timeline/words.ts'
import type { AuditEntry } from './queries.ts'

const VERBS = ['create', 'update', 'remove', 'restore', 'delete'] as const
const TABLES = [
  'api_keys',
  'buildings',
  'claims',
  'companies',
  'complexes',
  'entrances',
  'import_mappings',
  'imports',
  'invite_uses',
  'invites',
  'people',
  'platform_settings',
  'residencies',
  'role_grants',
  'settings',
  'staff_invites',
  'staff_profiles',
  'unit_types',
  'unit_views',
  'units',
] as const
const EVENTS = [
  'auth_challenge_open',
  'auth_device_distrust',
  'auth_device_trust',
  'auth_email_change',
  'auth_email_change_cancel',
  'auth_email_change_confirm',
  'auth_email_change_decline',
  'auth_email_change_start',
  'auth_erase',
  'auth_login',
  'auth_logout',
  'auth_passkey_added',
  'auth_passkey_counter',
  'auth_passkey_rename',
  'auth_password_change',
  'auth_personal_data_download',
  'auth_personal_data_export',
  'auth_password_lock',
  'auth_profile_update',
  'auth_recovery_code_use',
  'auth_recovery_codes_replace',
  'auth_refresh_ahead',
  'auth_refresh_reuse',
  'auth_register',
  'auth_second_factor',
  'auth_second_factor_lock',
  'auth_session_evict',
  'auth_step_up',
  'auth_totp_replay',
  'companies_set_status',
  'invites_accept',
  'property_export',
  'property_export_download',
  'property_person_erase',
  'reset_complete',
  'reset_request',
  'seed_large',
  'settings_reset',
  'settings_set',
  'staff_grant_revoke',
  'staff_invite',
  'staff_invite_accept',
  'verification_resend',
  'verification_verify',
] as const
/** Columns without a place in the timeline that people ask about. */
const FIELDS = [
  'reason',
  'why',
  'method',
  'rows',
  'format',
  'status',
  'role',
  'user_id',
  'complex_id',
  'unit_id',
  'created_by',
  'specialisations',
  'title',
  'scopes',
  'access',
] as const
const METHODS = ['password', 'totp', 'passkey', 'recovery_code'] as const

/** `null` for what only a newer server knows. */
const known = (key: string) => (i18n.global.te(key) ? t(key as TextKey) : null)

/** Of what no text tells, the name that the log itself has. */
export const actionInWords = ({ action }: Pick<AuditEntry, 'action'>) => {
  const key = action.replaceAll('.', '_')
  const event = wordOrNone(EVENTS, key)
  if (event) return t(`audit.event.${event}`)
  const ofAccount = known(`accounts.events.text.${key}`)
  if (ofAccount) return ofAccount
  const [of = '', name = ''] = action.split('.')
  const [table, verb] = [wordOrNone(TABLES, of), wordOrNone(VERBS, name)]
  return table && verb ? `${t(`audit.table.${table}`)}: ${t(`audit.verb.${verb}`)}` : action
}

export const actorInWords = ({ actor: { kind, name } }: Pick<AuditEntry, 'actor'>) => {
  if (name !== null) return name
  return kind === 'system'
    ? t('registry.timeline.system')
    : t(kind === 'nobody' ? 'audit.nobody' : 'registry.timeline.other')
}

/** Who really was at work, where that was not the actor alone. */
export const behindInWords = ({ impersonator, apiKey }: Pick<AuditEntry, 'impersonator' | 'apiKey'>) => {
  if (impersonator) return t('audit.by', { name: impersonator.name ?? t('audit.support') })
  return apiKey ? t('audit.withKey', { name: apiKey.name ?? '…' }) : ''
}

export const fieldInWords = (field: string) => {
  const ofTimeline = wordOrNone(TIMELINE_FIELDS, field)
  if (ofTimeline) return t(`registry.timeline.field.${ofTimeline}`)
  const own = wordOrNone(FIELDS, field)
  return own ? t(`audit.field.${own}`) : field
}

type Value = AuditEntry['changes'][number]['after']

/** What says nothing to people: an id without a name, or a column that was and stays empty. */
export const isTechnical = ({ before, after }: AuditEntry['changes'][number]) =>
  (isEmpty(before) && isEmpty(after)) || idOrNone(after ?? before) !== undefined

const isEmpty = (value: Value) => value === null || value === '' || value === '[]' || value === '{}'

/** Lists come as JSON. */
const listIn = (value: Value): unknown[] | null => {
  if (typeof value !== 'string' || !value.startsWith('[')) return null
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) && parsed.every((each) => typeof each === 'string') ? parsed : null
  } catch {
    return null
  }
}

const wordOf = (field: string, value: string): string | null => {
  switch (field) {
    case 'reason':
      return isReason(value) ? t(`errors.${value}`) : null
    case 'role':
      return known(`shell.roles.${value}`)
    case 'specialisations':
      return known(`staff.specialisation.${value}`)
    case 'access':
      return known(`apiKeys.access.${value}`)
    case 'method': {
      const method = wordOrNone(METHODS, value)
      return method ? t(`audit.method.${method}`) : null
    }
    default:
      return null
  }
}

export const auditValueInWords = (field: string, value: Value, timeZone?: string): string => {
  if (isEmpty(value)) return '—'
  const list = listIn(value)
  if (list) return list.map((each) => wordOf(field, String(each)) ?? String(each)).join(', ')
  const word = typeof value === 'string' ? wordOf(field, value) : null
  return word ?? valueInWords(wordOrNone(TIMELINE_FIELDS, field) ?? 'note', value, timeZone)
}
