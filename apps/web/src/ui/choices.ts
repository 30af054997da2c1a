import { locale } from '../i18n/i18n.ts'

type Choice = { value: string; label: string }

const byLabel = (choices: Choice[]) => {
  const { compare } = new Intl.Collator(locale.value)
  return choices.sort((a, b) => compare(a.label, b.label))
}

const offsetOf = (timeZone: string) =>
  new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' })
    .formatToParts()
    .find(({ type }) => type === 'timeZoneName')
    ?.value.replace('GMT', 'UTC')

/** Zones of the IANA database that this browser knows; `used` is among them whatever it is. */
export const timezones = (used = ''): Choice[] =>
  [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...(used ? [used] : [])])]
    .sort()
    .map((zone) => ({ value: zone, label: `${zone.replaceAll('_', ' ')} (${offsetOf(zone)})` }))

export const currencies = (): Choice[] => {
  const names = new Intl.DisplayNames(locale.value, { type: 'currency' })
  return Intl.supportedValuesOf('currency').map((code) => ({ value: code, label: `${code} · ${names.of(code)}` }))
}

/** Codes that ISO 3166 gives to no country, or that CLDR gives to none of its own. */
const NO_COUNTRY = new Set(['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'])
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

export const countries = (): Choice[] => {
  const names = new Intl.DisplayNames(locale.value, { type: 'region', fallback: 'none' })
  return byLabel(
    LETTERS.flatMap((first) => LETTERS.map((second) => first + second)).flatMap((code) => {
      const isCurrent = Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
      const label = isCurrent && !NO_COUNTRY.has(code) ? names.of(code) : undefined
      return label ? [{ value: code, label }] : []
    }),
  )
}
