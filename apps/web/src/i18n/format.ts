import { computed } from 'vue'
import { locale, t } from './i18n.ts'

type Instant = string | Date

const UNKNOWN = '—'

/** English as Europe writes it: day before month. */
const tag = computed(() => (locale.value === 'en' ? 'en-GB' : locale.value))

const SHORT_DATE = { day: 'numeric', year: 'numeric' } as const

const formatters = computed(() => {
  const of = tag.value
  return {
    day: new Intl.DateTimeFormat(of, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
    // A short month is a number in Bulgarian.
    shortDay: new Intl.DateTimeFormat(of, { ...SHORT_DATE, month: of === 'bg' ? 'long' : 'short', timeZone: 'UTC' }),
    number: new Intl.NumberFormat(of),
    decimal: new Intl.NumberFormat(of, { maximumFractionDigits: 2 }),
    percent: new Intl.NumberFormat(of, { style: 'percent', maximumFractionDigits: 2 }),
    relative: new Intl.RelativeTimeFormat(of, { numeric: 'auto' }),
  }
})

const moment = (options: Intl.DateTimeFormatOptions, timeZone?: string) =>
  new Intl.DateTimeFormat(tag.value, timeZone ? { ...options, timeZone } : options)

const DATE = { day: 'numeric', month: 'long', year: 'numeric' } as const
const TIME = { hour: '2-digit', minute: '2-digit' } as const

/** A calendar date, `2026-11-21`: the same day in every zone. */
export const formatDay = (day: string | null) => (day ? formatters.value.day.format(new Date(day)) : UNKNOWN)

/** For rows of a list, where every letter counts. */
export const formatShortDay = (day: string | null) => (day ? formatters.value.shortDay.format(new Date(day)) : UNKNOWN)

/** The date of a moment, in the zone of the complex where one is given. */
export const formatDate = (at: Instant | null, timeZone?: string) =>
  at ? moment(DATE, timeZone).format(new Date(at)) : UNKNOWN

export const formatDateTime = (at: Instant | null, timeZone?: string) =>
  at ? moment({ ...DATE, ...TIME }, timeZone).format(new Date(at)) : UNKNOWN

const HOUR_MS = 3_600_000

/** "5 minutes ago" under a day, the date with the time from then on. */
export const formatRecent = (at: Instant, now = new Date()) => {
  const ageMs = now.getTime() - new Date(at).getTime()
  if (ageMs >= 24 * HOUR_MS || ageMs < -60_000) return formatDateTime(at)
  const minutes = Math.max(0, Math.floor(ageMs / 60_000))
  if (minutes < 1) return t('ui.justNow')
  return minutes < 60
    ? formatters.value.relative.format(-minutes, 'minute')
    : formatters.value.relative.format(-Math.floor(minutes / 60), 'hour')
}

export const formatNumber = (value: number | null) => (value === null ? UNKNOWN : formatters.value.number.format(value))

/** `areaM2` is a decimal as text; no float ever holds it. */
export const formatArea = (areaM2: string | null) =>
  areaM2 === null ? UNKNOWN : t('ui.squareMetres', { area: formatters.value.decimal.format(areaM2 as `${number}`) })

export const formatShare = (share: { numerator: number; denominator: number } | null) =>
  share ? formatters.value.percent.format(share.numerator / share.denominator) : UNKNOWN

/** Integer minor units of an ISO 4217 currency. */
export const formatMoney = (amountMinor: number, currency: string) => {
  const format = new Intl.NumberFormat(tag.value, { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
