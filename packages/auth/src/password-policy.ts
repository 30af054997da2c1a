import { isPredictable, shortestPeriod } from './password-patterns.ts'

export const MAX_PASSWORD_BYTES = 1024

export type PasswordWeakness =
  | 'password.too_short'
  | 'password.too_long'
  | 'password.predictable'
  | 'password.common'
  | 'password.contextual'

export interface PasswordRules {
  /** In code points after NFC. */
  minLength: number
  /** What an attacker knows about the account: address, names, product. */
  context: readonly string[]
}

const MIN_DISTINCT = 5
const MIN_WORD = 4
/** So many characters of a password have to be the person's own once the known words are taken away. */
const MIN_OWN = 6

let common: ReadonlySet<string> | undefined

/** For comparisons only; what is hashed is the password itself. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Reads the lists of common passwords (about 80,000 entries); has to be awaited before the first `checkPassword`. */
export const loadPasswordLists = async (): Promise<void> => {
  if (common) return
  const [{ dictionary }, { default: popular }] = await Promise.all([
    import('@zxcvbn-ts/language-common'),
    import('popular-passwords/data.json', { with: { type: 'json' } }),
  ])
  const entries = new Set<string>()
  for (const list of [dictionary['passwords-common'], popular]) {
    for (const entry of list) if (entry.length >= MIN_WORD) entries.add(fold(entry))
  }
  common = entries
}

const LEET_SYMBOLS = '01345789@$!|+'
const LEET_LETTERS = 'oieastbgasilt'
const plain = (text: string): string =>
  text.replace(/[01345789@$!|+]/g, (symbol) => LEET_LETTERS[LEET_SYMBOLS.indexOf(symbol)] ?? symbol)
const reversed = (text: string): string => [...text].reverse().join('')

// Anchored at the start only: the same pattern with `$` would backtrack cubically.
const withoutPrefix = (text: string): string => text.replace(/^[\p{P}\p{S}\s]*\d{0,4}[\p{P}\p{S}\s]*/u, '')
/** The word inside "2024word!!": what remains without up to four digits and any punctuation on each side. */
const trimmed = (text: string): string => reversed(withoutPrefix(reversed(withoutPrefix(text))))

const variants = (folded: string): string[] => {
  const readings = [folded, plain(folded), plain(folded).replaceAll('i', 'l'), trimmed(folded), plain(trimmed(folded))]
  return readings.flatMap((reading) => [reading, reversed(reading)])
}

const contextWords = (context: readonly string[]): string[] =>
  context
    .flatMap((text) => [...fold(text).split(/[^\p{L}\p{N}]+/u), fold(text).replace(/[^\p{L}\p{N}]+/gu, '')])
    .filter((word) => [...word].length >= MIN_WORD)
    .sort((a, b) => b.length - a.length)

const isContextual = (folded: string, words: readonly string[], list: ReadonlySet<string>): boolean =>
  [folded, plain(folded), reversed(folded), reversed(plain(folded))].some((reading) => {
    const rest = words.reduce((text, word) => text.replaceAll(word, ' '), reading)
    if (rest === reading) return false
    const own = rest.replace(/[^\p{L}]/gu, '')
    return [...own].length < MIN_OWN || list.has(own)
  })

/**
 * The first reason to refuse a password, or `null`. No composition rules (NIST SP 800-63B-4, 3.1.1.2): length, a list
 * of common passwords, and what is trivial to derive from either or from the account.
 * @throws Error before `loadPasswordLists`
 */
export const checkPassword = (password: string, { minLength, context }: PasswordRules): PasswordWeakness | null => {
  if (!common) throw new Error('checkPassword needs loadPasswordLists first')
  const list = common
  const normalized = password.normalize('NFC')
  if (Buffer.byteLength(normalized) > MAX_PASSWORD_BYTES) return 'password.too_long'
  if ([...normalized].length < minLength) return 'password.too_short'

  const folded = fold(normalized)
  const characters = [...folded]
  const isRepetitive = new Set(characters).size < MIN_DISTINCT || shortestPeriod(characters) < minLength / 2
  if (isContextual(folded, contextWords(context), list)) return 'password.contextual'
  if (variants(folded).some((variant) => list.has(variant))) return 'password.common'
  if (isRepetitive || isPredictable(characters, minLength)) return 'password.predictable'
  return null
}
