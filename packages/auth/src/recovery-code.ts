import { createHash, randomBytes } from 'node:crypto'

const CODE_BYTES = 16
/** Crockford's base32: no I, L, O or U, which are read for something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SYMBOLS = Math.ceil((CODE_BYTES * 8) / 5)
const GROUP = /.{5}(?=.{5})/g

/** 128 random bits as a person writes them down: `7KQ2M-9XW4T-…`, four groups of five and one of six. */
export const newRecoveryCode = (): string => {
  // Padded at the end to a whole number of symbols.
  let bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`) << BigInt(SYMBOLS * 5 - CODE_BYTES * 8)
  let text = ''
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
    text = ALPHABET[Number(bits & 31n)]! + text
    bits >>= 5n
  }
  return text.replaceAll(GROUP, '$&-')
}

const canonical = (typed: string): string =>
  typed
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')

/** What is stored and looked up: SHA-256, base64url. Case, spaces and dashes do not matter, nor do O for 0, I and L for 1. */
export const hashRecoveryCode = (typed: string): string =>
  createHash('sha256').update(canonical(typed)).digest('base64url')
