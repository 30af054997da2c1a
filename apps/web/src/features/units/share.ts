import type { Share } from '@servai/contract/property'

const MAX = 1_000_000_000_000n
const PERCENT_PLACES = 4

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

/** `1/3`, `12,5 %` or `1`; `null` for anything else, also for a share above the whole. */
export const parseShare = (text: string): Share | null => {
  const [, numeratorText, denominatorText] = /^\s*(\d{1,13})\s*[/⁄]\s*(\d{1,13})\s*$/.exec(text) ?? []
  if (numeratorText && denominatorText) return reduced(BigInt(numeratorText), BigInt(denominatorText))
  const [, whole, fraction = ''] = /^\s*(\d{1,3})(?:[.,](\d{1,9}))?\s*%\s*$/.exec(text) ?? []
  if (whole) return reduced(BigInt(whole + fraction), 100n * 10n ** BigInt(fraction.length))
  return text.trim() === '1' ? { numerator: 1, denominator: 1 } : null
}

const reduced = (numerator: bigint, denominator: bigint): Share | null => {
  if (numerator < 1n || denominator < numerator) return null
  const common = gcd(numerator, denominator)
  if (denominator / common > MAX) return null
  return { numerator: Number(numerator / common), denominator: Number(denominator / common) }
}

/** Ten-thousandths of a percent, when the share is a whole number of them. */
const exactPercent = ({ numerator, denominator }: Share): number | null => {
  const scaled = BigInt(numerator) * 100n * 10n ** BigInt(PERCENT_PLACES)
  return scaled % BigInt(denominator) === 0n ? Number(scaled / BigInt(denominator)) : null
}

const percent = (ratio: number, locale: string) =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: PERCENT_PLACES }).format(ratio)

/** For reading: an exact percentage, a short fraction such as 1/3, or a rounded percentage. */
export const formatShare = (share: Share, locale: string) => {
  const exact = exactPercent(share)
  if (exact !== null) return percent(exact / 10 ** (PERCENT_PLACES + 2), locale)
  const common = gcd(BigInt(share.numerator), BigInt(share.denominator))
  const denominator = BigInt(share.denominator) / common
  return denominator <= 100n
    ? `${BigInt(share.numerator) / common}/${denominator}`
    : percent(share.numerator / share.denominator, locale)
}

/** For editing: `parseShare` reads the same share back, nothing rounded. */
export const shareText = (share: Share, locale: string) =>
  exactPercent(share) === null ? `${share.numerator}/${share.denominator}` : formatShare(share, locale)
