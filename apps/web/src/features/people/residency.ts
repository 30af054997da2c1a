import { formatShortDay } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'

type Period = { startsOn: string | null; endsOn: string | null }

export const fullName = ({ firstName, lastName }: { firstName: string; lastName: string }) => `${firstName} ${lastName}`

/** The calendar date in a zone, as the contract writes it: `2026-11-21`. */
export const todayIn = (timeZone: string | undefined, now = new Date()) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)

/** `endsOn` is the first day without the person. */
export const stateOn = ({ startsOn, endsOn }: Period, today: string): 'present' | 'upcoming' | 'past' => {
  if (endsOn !== null && endsOn <= today) return 'past'
  return startsOn !== null && startsOn > today ? 'upcoming' : 'present'
}

export const formatPeriod = ({ startsOn, endsOn }: Period, today: string) => {
  const from = formatShortDay(startsOn)
  if (endsOn) return t('people.period', { from, to: formatShortDay(endsOn) })
  return t(startsOn !== null && startsOn > today ? 'people.from' : 'people.since', { date: from })
}
