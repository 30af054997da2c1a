import { hash, randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface ApiKey {
  /** Told once, to whoever made it. */
  key: string
  /** Its first characters, to recognise it by: `servai_4fK9s0Qa`. */
  prefix: string
  /** What is stored and looked up instead of it: SHA-256, base64url. */
  tokenHash: string
}

const MARK = 'servai_'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = BigInt(ALPHABET.length)
const NAME_CHARACTERS = 8
const SECRET_BYTES = 32
/** 62 ^ 43 is just above 2 ^ 256. */
const SECRET_CHARACTERS = 43
const CHECKSUM_CHARACTERS = 6
const KEY = new RegExp(
  `^(${MARK}[0-9A-Za-z]{${NAME_CHARACTERS}})_[0-9A-Za-z]{${SECRET_CHARACTERS}}_([0-9A-Za-z]{${CHECKSUM_CHARACTERS}})$`,
)

const base62 = (value: bigint, length: number): string => {
  let text = ''
  for (let rest = value; text.length < length; rest /= BASE) text = ALPHABET[Number(rest % BASE)]! + text
  return text
}

const checksumOf = (body: string) => base62(BigInt(crc32(body)), CHECKSUM_CHARACTERS)
const hashOf = (key: string) => hash('sha256', key, 'base64url')

/** `servai_<name>_<256 random bits>_<checksum>`: one word for a double click, and found by scanners for leaked secrets. */
export const newApiKey = (): ApiKey => {
  const name = Array.from({ length: NAME_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const prefix = `${MARK}${name}`
  const secret = base62(BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`), SECRET_CHARACTERS)
  const body = `${prefix}_${secret}`
  const key = `${body}_${checksumOf(body)}`
  return { key, prefix, tokenHash: hashOf(key) }
}

/** Whether a bearer token means to be a key at all, and nothing else. */
export const isApiKey = (token: string): boolean => token.startsWith(MARK)

/** `null` for what servAI cannot have issued, a mistyped key for example; the checksum spares the database and proves nothing. */
export const readApiKey = (token: string): Omit<ApiKey, 'key'> | null => {
  const [, prefix, checksum] = KEY.exec(token) ?? []
  if (prefix === undefined || checksum !== checksumOf(token.slice(0, -CHECKSUM_CHARACTERS - 1))) return null
  return { prefix, tokenHash: hashOf(token) }
}
