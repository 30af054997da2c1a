import { RESIDENCY_KINDS, UNIT_TYPES, VERIFIED_LEVELS } from '@servai/contract/property'
import { formatArea, formatDateTime, formatDay, formatNumber } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import { wordOrNone } from '../property/url.ts'
import type { TimelineEntry } from './queries.ts'

type Change = TimelineEntry['changes'][number]

/** A value as people write it. */
export const valueInWords = (field: Change['field'], value: Change['after'], timeZone?: string): string => {
  if (value === null || value === '') return '—'
  if (typeof value === 'boolean') return t(value ? 'registry.timeline.yes' : 'registry.timeline.no')
  const text = String(value)
  switch (field) {
    case 'startsOn':
    case 'endsOn':
      return formatDay(text)
    case 'expiresAt':
      return formatDateTime(text, timeZone)
    case 'areaM2':
      return formatArea(text)
    case 'type': {
      const type = wordOrNone(UNIT_TYPES, text)
      return type ? t(`units.type.${type}`) : text
    }
    case 'kind': {
      const kind = wordOrNone(RESIDENCY_KINDS, text)
      return kind ? t(`people.kind.${kind}`) : text
    }
    case 'verifiedLevel': {
      const level = wordOrNone(VERIFIED_LEVELS, text)
      return level ? t(`people.verified.${level}`) : text
    }
    default:
      return typeof value === 'number' ? formatNumber(value) : text
  }
}

export const authorInWords = ({ kind, name }: TimelineEntry['actor']) =>
  name ?? t(kind === 'system' ? 'registry.timeline.system' : 'registry.timeline.other')

/** What an entry is about, where that is not the page itself. */
export const subjectInWords = ({ kind, label, building }: TimelineEntry['subject']) => {
  const noun = t(`registry.timeline.subject.${kind}`)
  if (label === null) return noun
  return `${noun}: ${building === null ? label : t('people.place', { building, number: label })}`
}
