import { i18n, locale, t } from '../../i18n/i18n.ts'
import { formatNumber } from '../../i18n/format.ts'
import type { TextKey } from '../../i18n/texts.ts'

type Unit = 'second' | 'minute' | 'hour' | 'day' | 'byte' | 'kilobyte' | 'megabyte'

const inUnit = (value: number, unit: Unit) =>
  new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'long' }).format(value)

const SIZES: [Unit, number][] = [
  ['megabyte', 1_000_000],
  ['kilobyte', 1_000],
  ['byte', 1],
]
const TIMES: [Unit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** In the largest unit that leaves nothing over. */
const inLargest = (value: number, units: [Unit, number][]) => {
  const [unit, size] = units.find(([, each]) => value % each === 0) ?? units.at(-1)!
  return inUnit(value / size, unit)
}

export const inTime = (seconds: number) => inLargest(seconds, TIMES)

const SUFFIXES: [RegExp, (value: number) => string][] = [
  [/Seconds$/, (value) => inUnit(value, 'second')],
  [/Minutes$/, (value) => inUnit(value, 'minute')],
  [/Hours$/, (value) => inUnit(value, 'hour')],
  [/Days$/, (value) => inUnit(value, 'day')],
  [/Bytes$/, (value) => inLargest(value, SIZES)],
]

/** The unit stands last in the key of a rule. */
export const valueInWords = (key: string, value: number) =>
  SUFFIXES.find(([suffix]) => suffix.test(key))?.[1](value) ?? formatNumber(value)

/** `null` for a limit or a reason that only a newer server knows. */
const known = (key: string) => (i18n.global.te(key) ? t(key as TextKey) : null)

export const rateName = (name: string) => known(`limits.rate.${name}`) ?? name
export const reasonText = (reason: string) => known(`errors.${reason}`) ?? reason
