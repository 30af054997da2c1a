import { TIMELINE_FIELDS } from '@servai/contract/timeline'
import { isReason } from '@servai/contract/reasons'
import { t } from '../../i18n/i18n.ts'
import { wordOrNone } from '../property/url.ts'
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
  'auth_login',
  'auth_passkey_added',
  'auth_passkey_rename',
  'auth_password_change',
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
  'companies_set_status',
  'invites_accept',
  'property_export',
  'property_export_download',
  'reset_complete',
  'reset_request',
  'staff_grant_revoke',
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
] as const

/** Of what no text tells, the name that the log itself has. */
export const actionInWords = ({ action }: Pick<AuditEntry, 'action'>) => {
  const event = wordOrNone(EVENTS, action.replaceAll('.', '_'))
  if (event) return t(`audit.event.${event}`)
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
  const known = wordOrNone(TIMELINE_FIELDS, field)
  if (known) return t(`registry.timeline.field.${known}`)
  const own = wordOrNone(FIELDS, field)
  return own ? t(`audit.field.${own}`) : field
}

export const auditValueInWords = (
  field: string,
  value: AuditEntry['changes'][number]['after'],
  timeZone?: string,
): string => {
  if (field === 'reason' && typeof value === 'string' && isReason(value)) return t(`errors.${value}`)
  return valueInWords(wordOrNone(TIMELINE_FIELDS, field) ?? 'note', value, timeZone)
}
