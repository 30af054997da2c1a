import type { ResidencyKind } from '@servai/db/schema/enums'
import { dateOfSerial } from './serial-date.ts'

const KINDS: [RegExp, ResidencyKind][] = [
  [
    /член|семь|семей|супруг|съпруг|жена|муж|сын|син$|дочь|дъщеря|дете|роднин|родственник|family|spouse|relative|child|household/,
    'family',
  ],
  [/наемател|наем|аренд|съемщик|сънаемател|нанимател|квартирант|tenant|renter|lessee|lodger/, 'tenant'],
  [/собствен|владел|титуляр|owner|proprietor|landlord/, 'owner'],
]

export const parseKind = (text: string): ResidencyKind | null => {
  const lower = text.toLowerCase().replaceAll('ё', 'е')
  return KINDS.find(([pattern]) => pattern.test(lower))?.[1] ?? null
}

const YES = /^(y|yes|true|1|\+|x|х|✓|да|д)$/
const NO = /^(n|no|false|0|-|−|нет|не|н)$/

/** `null` for what is neither. */
export const parseYesNo = (text: string): boolean | null => {
  const lower = text.trim().toLowerCase()
  return YES.test(lower) ? true : NO.test(lower) ? false : null
}

const isDay = (year: number, month: number, day: number) => {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year >= 1900 && year < 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

const pad = (figure: number) => String(figure).padStart(2, '0')
const dayOf = (year: number, month: number, day: number) =>
  isDay(year, month, day) ? `${year}-${pad(month)}-${pad(day)}` : null

const fullYear = (text: string) =>
  text.length === 2 ? 2000 + Number(text) - (Number(text) > 69 ? 100 : 0) : Number(text)

/** Serials of the years 1927 to 2064: no other figure in a column of dates is meant so. */
const SERIAL = /^\d{5}(\.\d+)?$/

/**
 * `2026-02-01`, `01.02.2026`, `1/2/26` and Excel's count of days as a date; with slashes the day comes first, unless
 * the column is known to put the month there. A time after the date is left out.
 */
export const parseDay = (text: string, isMonthFirst = false): string | null => {
  const compact = text
    .trim()
    .replace(/[\sT]\d{1,2}:\d{2}.*$/, '')
    .replace(/\s*(г|год|года|г\.)\.?$/u, '')
    .replace(/\s/g, '')
  if (SERIAL.test(compact)) return dateOfSerial(Number(compact))
  const [, year, month, day] = /^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$/.exec(compact) ?? []
  if (year && month && day) return dayOf(Number(year), Number(month), Number(day))
  const [, first, separator, second, last] = /^(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})$/.exec(compact) ?? []
  if (!first || !second || !last) return null
  const [one, two] = [Number(first), Number(second)]
  const swaps = separator === '/' && (isMonthFirst || two > 12)
  return swaps ? dayOf(fullYear(last), one, two) : dayOf(fullYear(last), two, one)
}

export type PersonName = { firstName: string; lastName: string }

/** `Anna van der Berg`, `Berg, Anna` and, where the family name stands first, `Иванов Иван Петрович`. */
export const splitName = (text: string, isFamilyFirst: boolean): PersonName => {
  const [family, given] = text.split(',', 2).map((part) => part.trim())
  if (given) return { firstName: given, lastName: family ?? '' }
  const [first = '', ...rest] = (family ?? '').split(' ')
  const others = rest.join(' ')
  return isFamilyFirst && others ? { firstName: others, lastName: first } : { firstName: first, lastName: others }
}

export const isFamilyFirst = (header: string) => /фио|ф\.?\s?и\.?\s?о|^фамил/i.test(header)

const EMAIL = /^[^\s@<>(),;:"\\[\]]{1,64}@[^\s@.<>(),;:"\\[\]]+(\.[^\s@.<>(),;:"\\[\]]+)+$/
const MAX_EMAIL = 254

/** Out of `Anna <anna@example.com>` and `mailto:`; `null` for what is no address. */
export const parseEmail = (text: string): string | null => {
  const plain = (/<([^<>]+)>$/.exec(text)?.[1] ?? text).replace(/^mailto:/i, '').trim()
  return plain.length <= MAX_EMAIL && EMAIL.test(plain) ? plain : null
}

/** Kept as it is written; `null` for what holds no number. Spreadsheets show long figures with an exponent. */
export const parsePhone = (text: string): string | null => {
  const digits = text.replace(/\D/g, '')
  const isNumber = /^[+()\d][\d\s()./-]*(доб|вн|ext|x|,|;)?[\d\s().-]*$/i.test(text)
  return isNumber && digits.length <= 20 && text.length <= 40 ? text : null
}

export const emailKeyOf = (email: string) => email.normalize().trim().toLowerCase()
export const phoneKeyOf = (phone: string) => phone.replace(/\D/g, '')
