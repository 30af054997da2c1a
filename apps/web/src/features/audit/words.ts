import { AUDIT_TABLES, AUDIT_VERBS, AUDIT_WHYS, auditCallOf } from '@servai/contract/audit-names'
import { localeOf } from '@servai/contract/locales'
import { TIMELINE_FIELDS } from '@servai/contract/timeline'
import { isReason } from '@servai/contract/reasons'
import { formatDateTime } from '../../i18n/format.ts'
import { i18n, LANGUAGE_NAMES, t } from '../../i18n/i18n.ts'
import type { TextKey } from '../../i18n/texts.ts'
import { idOrNone, wordOrNone } from '../property/url.ts'
import { valueInWords } from '../timeline/words.ts'
import type { AuditEntry } from './queries.ts'

const METHODS = ['password', 'totp', 'passkey', 'recovery_code'] as const

/** `null` for what only a newer server knows. */
const known = (key: string) => (i18n.global.te(key) ? t(key as TextKey) : null)

/** Of what no text tells, the name that the log itself has. */
export const actionInWords = ({ action }: Pick<AuditEntry, 'action'>) => {
  const key = action.replaceAll('.', '_')
  const event = known(`audit.event.${key}`) ?? known(`accounts.events.text.${key}`)
  if (event) return event
  const [of = '', name = ''] = action.split('.')
  const [table, verb] = [wordOrNone(AUDIT_TABLES, of), wordOrNone(AUDIT_VERBS, name)]
  if (table && verb) return `${t(`audit.table.${table}`)}: ${t(`audit.verb.${verb}`)}`
  const call = auditCallOf(action)
  return call ? t('audit.call', { area: t(`audit.area.${call.area}`), act: t(`audit.act.${call.act}`) }) : action
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

const camel = (name: string) => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** Where `kind` is somebody's role in a home; elsewhere it is of what a list consists. */
const OF_HOMES = ['residencies', 'invites', 'claims'] as const

export const fieldInWords = (field: string, entity: AuditEntry['entity'] = null) => {
  if (field === 'kind' && !wordOrNone(OF_HOMES, entity ?? '')) return t('audit.field.list')
  const ofTimeline = wordOrNone(TIMELINE_FIELDS, field) ?? wordOrNone(TIMELINE_FIELDS, camel(field))
  if (ofTimeline) return t(`registry.timeline.field.${ofTimeline}`)
  return known(`audit.field.${field}`) ?? known(`imports.count.${field}`) ?? known(`audit.table.${field}`) ?? field
}

type Value = AuditEntry['changes'][number]['after']

/** What says nothing to people: an id without a name, a fingerprint, or a column that was and stays empty. */
export const isTechnical = ({ field, before, after }: AuditEntry['changes'][number]) =>
  (isEmpty(before) && isEmpty(after)) || field === 'headers_hash' || idOrNone(after ?? before) !== undefined

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
    case 'failure':
      return isReason(value) ? t(`errors.${value}`) : null
    case 'why': {
      const why = wordOrNone(AUDIT_WHYS, value)
      return why ? t(`audit.why.${why}`) : null
    }
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
    case 'by':
      return known(`audit.onBehalf.${value}`)
    case 'side':
      return known(`audit.side.${value}`)
    case 'status':
    case 'from':
    case 'to':
      return known(`companies.status.${value}`) ?? known(`claims.status.${value}`) ?? known(`imports.status.${value}`)
    case 'kind':
      return known(`imports.kind.${value}`)
    case 'key':
      return known(`settings.key.${value}`)
    case 'fields':
      return fieldInWords(value)
    case 'locale':
      return LANGUAGE_NAMES[localeOf(value)]
    default:
      return null
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** What is nested comes as JSON; `null` for what is not. */
const recordIn = (value: Value): [string, unknown][] | null => {
  if (typeof value !== 'string' || !value.startsWith('{')) return null
  try {
    return Object.entries(JSON.parse(value) as object)
  } catch {
    return null
  }
}

/** As people count the columns of a file. */
const columnNumber = (index: unknown) => String(Number(index) + 1)

const plain = (value: unknown): Value =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value) ? (value as Value) : JSON.stringify(value)

export const auditValueInWords = (field: string, value: Value, timeZone?: string): string => {
  if (isEmpty(value)) return '—'
  const list = listIn(value)
  if (list) return list.map((each) => wordOf(field, String(each)) ?? String(each)).join(', ')
  const record = recordIn(value)
  if (record)
    return record
      .map(
        ([name, each]) =>
          `${fieldInWords(name)}: ${field === 'mapping' ? columnNumber(each) : auditValueInWords(name, plain(each), timeZone)}`,
      )
      .join('; ')
  const word = typeof value === 'string' ? wordOf(field, value) : null
  if (word === null && typeof value === 'string' && INSTANT.test(value) && field.endsWith('_at'))
    return formatDateTime(value, timeZone)
  return word ?? valueInWords(wordOrNone(TIMELINE_FIELDS, field) ?? 'note', value, timeZone)
}
