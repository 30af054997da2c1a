import { reduce, type Fraction } from '@servai/contract/fraction'
import type { UnitType } from '@servai/db/schema/enums'

const SPACES = /[\s\u00a0\u202f']/g
const AREA_UNIT = /(кв\.?м\.?|м2|м²|m2|m²|sq\.?m\.?|sqm)$/

/** `1 234,56`, `1.234,56`, `1,234.56` and `118.72 м²` as `1234.56` and `118.72`; `null` for what is no number. */
export const parseDecimal = (text: string): string | null => {
  const compact = text.toLowerCase().replace(SPACES, '').replace(AREA_UNIT, '').replace('−', '-')
  const separators = compact.match(/[.,]/g) ?? []
  const last = separators.at(-1)
  // The last separator is the decimal one, unless it is there twice: then it groups thousands.
  const isGrouping = separators.length > 1 && separators.every((separator) => separator === last)
  const plain = isGrouping ? compact.replaceAll(last!, '') : compact.replace(/[.,](?=.*[.,])/g, '').replace(',', '.')
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(plain) ? plain : null
}

/** Rounded half up at the given number of places; of the text, not of a float. */
export const roundDecimal = (text: string, places: number): string => {
  const [whole = '0', fraction = ''] = text.split('.')
  const scaled =
    BigInt(whole + fraction.slice(0, places).padEnd(places, '0')) + ((fraction[places] ?? '0') >= '5' ? 1n : 0n)
  const digits = scaled.toString().padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

const FLOORS: [RegExp, number][] = [
  [/^(партер|приземен|приземный|ground|gf|g|rez-de-chaussee)/, 0],
  [/^(сутерен|цокол|подвал|подзем|мазе|basement|lower ground|cellar|underground)/, -1],
]
const FLOOR_WORDS = /етаж|этаж|ет\.|эт\.|floor|level|storey|story/g
const ORDINAL = /(\d)-?(ви|ри|ти|ми|й|ый|ой|ий|st|nd|rd|th)(?![\p{L}\p{N}])/u

/** Ground floor 0, basements negative; `null` for what is neither a number nor a word for one. */
export const parseFloor = (text: string): number | null => {
  const lower = text.toLowerCase().replace('−', '-').trim()
  const word = FLOORS.find(([pattern]) => pattern.test(lower))
  if (word) return word[1]
  const digits = lower.replace(FLOOR_WORDS, ' ').replace(ORDINAL, '$1').trim()
  if (!/^-?\d{1,3}([.,]0+)?$/.test(digits)) return null
  const floor = Number.parseInt(digits, 10)
  return floor >= -20 && floor <= 300 ? floor : null
}

/** The first that fits: "нежилое" stands before "жилое", "storeroom" before "store". */
const TYPES: [RegExp, UnitType][] = [
  [/гараж|паркомяст|паркинг|парков|паркоместо|машином|garage|parking|carport/, 'parking'],
  [/склад|мазе|кладов|изба|подвал|storage|store ?room|cellar|basement/, 'storage'],
  [/ателие|студи|studio|atelier/, 'studio'],
  [
    /нежил|магазин|офис|търгов|торгов|комерс|коммерч|заведение|ресторан|кафе|салон|кабинет|shop|store|office|retail|commercial|non.?residential/,
    'commercial',
  ],
  [
    /апартамент|квартир|жил|мезонет|apartment|flat|residential|dwelling|maisonette|penthouse|^ап\.?$|^кв\.?$|^apt\.?$/,
    'apartment',
  ],
]

export const parseType = (text: string): UnitType | null => {
  const lower = text.toLowerCase()
  return TYPES.find(([pattern]) => pattern.test(lower))?.[1] ?? null
}

const MAX_DENOMINATOR = 1_000_000_000_000n

/** `1/2`, `50%`, `12,5 %` and, by the column's meaning, plain numbers as exact parts; nothing is ever a float. */
export const parseShare = (text: string, isPercentColumn: boolean): Fraction | null => {
  const compact = text.replace(SPACES, '').replace('⁄', '/')
  const [, numerator, denominator] = /^(\d{1,13})\/(\d{1,13})$/.exec(compact) ?? []
  if (numerator && denominator) return fraction(BigInt(numerator), BigInt(denominator))
  const isPercent = compact.endsWith('%')
  const plain = parseDecimal(isPercent ? compact.slice(0, -1) : compact)
  if (!plain || plain.startsWith('-')) return null
  const [whole = '0', places = ''] = plain.split('.')
  const scale = 10n ** BigInt(places.length) * (isPercent || isPercentColumn ? 100n : 1n)
  return fraction(BigInt(whole + places), scale)
}

const fraction = (numerator: bigint, denominator: bigint): Fraction | null => {
  if (numerator < 1n || denominator < 1n) return null
  const reduced = reduce(numerator, denominator)
  return BigInt(reduced.denominator) > MAX_DENOMINATOR || BigInt(reduced.numerator) > MAX_DENOMINATOR ? null : reduced
}
