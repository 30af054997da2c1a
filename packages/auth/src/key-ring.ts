import { hkdfSync } from 'node:crypto'

export interface Key {
  readonly kid: string
  readonly secret: Buffer
}

/** `current` signs; every key of `byKid` verifies. */
export interface KeyRing {
  readonly current: Key
  readonly byKid: ReadonlyMap<string, Buffer>
}

/** Its message names the key, never the secret. */
export class KeyRingError extends Error {
  override name = 'KeyRingError'
}

const MIN_SECRET_BYTES = 32
// 32 random bytes hold about 30 distinct ones; a placeholder such as AAAA… holds one.
const MIN_DISTINCT_BYTES = 8
const KID = /^[A-Za-z0-9_-]{1,32}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const parseKey = (entry: string, position: number): Key => {
  const separator = entry.indexOf(':')
  const kid = entry.slice(0, separator)
  if (separator < 1 || !KID.test(kid)) {
    throw new KeyRingError(`key ${position} is not "kid:base64" with a kid of letters, digits, "_" or "-"`)
  }
  const text = entry.slice(separator + 1)
  if (!BASE64.test(text)) throw new KeyRingError(`key "${kid}" is not valid base64`)
  const secret = Buffer.from(text, 'base64')
  if (secret.length < MIN_SECRET_BYTES) {
    throw new KeyRingError(`key "${kid}" has ${secret.length} bytes, at least ${MIN_SECRET_BYTES} are needed`)
  }
  if (new Set(secret).size < MIN_DISTINCT_BYTES) throw new KeyRingError(`key "${kid}" is a placeholder, not random`)
  return { kid, secret }
}

/**
 * Reads `kid:base64,kid:base64`; the first key signs. Each secret has at least 32 bytes.
 * @throws KeyRingError
 */
export const parseKeyRing = (text: string): KeyRing => {
  const keys = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1))
  const byKid = new Map<string, Buffer>()
  for (const { kid, secret } of keys) {
    if (byKid.has(kid)) throw new KeyRingError(`key "${kid}" is given twice`)
    byKid.set(kid, secret)
  }
  // split always yields at least one entry, and parseKey throws on an empty one
  return { current: keys[0]!, byKid }
}

/**
 * Refuses a secret that appears twice, within one ring or in two of them. Rings are named by purpose.
 * @throws KeyRingError
 */
export const assertDistinct = (rings: Readonly<Record<string, KeyRing>>): void => {
  const owners = new Map<string, string>()
  for (const [purpose, ring] of Object.entries(rings)) {
    for (const [kid, secret] of ring.byKid) {
      const owner = `${purpose}/${kid}`
      const fingerprint = secret.toString('base64')
      const earlier = owners.get(fingerprint)
      if (earlier) throw new KeyRingError(`${earlier} and ${owner} hold the same secret`)
      owners.set(fingerprint, owner)
    }
  }
}

/** A 32-byte key for one purpose (HKDF-SHA256, RFC 5869). */
export const derive = (secret: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `servai/${purpose}`, 32))
