import type { z } from 'zod'
import { t } from '../i18n/i18n.ts'
import type { TextKey } from '../i18n/texts.ts'

/** Texts of one field for kinds of problems, instead of the general ones. */
export type IssueTexts = Partial<Record<string, TextKey>>

const GENERAL = [
  'too_small',
  'too_big',
  'invalid_type',
  'invalid_format',
  'invalid_value',
  'invalid_union',
  'control_characters',
  'link_in_name',
  'date_out_of_range',
  'timezone',
  'share_above_whole',
  'not_positive',
  'not_text',
  'empty',
] as const

type Code = (typeof GENERAL)[number]

const isGeneral = (code: string): code is Code => (GENERAL as readonly string[]).includes(code)

const generalText = (code: string) => t(isGeneral(code) ? `ui.issues.${code}` : 'ui.issues.other')

/** For a problem that only the server saw: its code is all there is. */
export const serverIssueText = (code: string, own: IssueTexts = {}) => {
  const key = own[code]
  return key ? t(key) : generalText(code)
}

/** In words that say what to do. */
export const issueText = (issue: z.core.$ZodIssue, own: IssueTexts = {}): string => {
  const code = issue.code === 'custom' ? String(issue.params?.['code'] ?? 'other') : issue.code
  if (code === 'too_small' && issue.code === 'too_small') {
    const minimum = Number(issue.minimum)
    if (issue.origin !== 'string') return own[code] ? t(own[code]) : t('ui.issues.tooLow', { limit: minimum })
    return minimum <= 1 ? t('ui.issues.required') : t('ui.issues.tooShort', { count: minimum })
  }
  if (own[code]) return t(own[code])
  if (issue.code === 'too_big')
    return issue.origin === 'string'
      ? t('ui.issues.tooLong', { count: Number(issue.maximum) })
      : t('ui.issues.tooHigh', { limit: Number(issue.maximum) })
  return generalText(code)
}
