import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { derive, type KeyRing } from './key-ring.ts'

/** Bytes as they are stored: nonce, ciphertext and tag, under the ring key `kid`. */
export interface SealedSecret {
  sealed: Buffer
  kid: string
}

/** It was sealed for somebody else, altered, or its key has left the ring. */
export class SealBrokenError extends Error {
  override name = 'SealBrokenError'
}

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

const keyOf = (secret: Buffer) => derive(secret, 'sealed-secret')
/** Unambiguous: the parts are ids, none of which holds a NUL. */
const contextOf = (context: readonly string[]) => Buffer.from(context.join('\0'))

/** AES-256-GCM under the ring's current key. It opens in the same context only, e.g. the ids of account and row. */
export const sealSecret = ({ current }: KeyRing, plain: Buffer, context: readonly string[]): SealedSecret => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, keyOf(current.secret), nonce).setAAD(contextOf(context))
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { sealed, kid: current.kid }
}

/** @throws SealBrokenError */
export const openSecret = (ring: KeyRing, { sealed, kid }: SealedSecret, context: readonly string[]): Buffer => {
  const secret = ring.byKid.get(kid)
  if (!secret) throw new SealBrokenError(`key "${kid}" is not in the ring`)
  if (sealed.length <= NONCE_BYTES + TAG_BYTES) throw new SealBrokenError('too short')
  const decipher = createDecipheriv(ALGORITHM, keyOf(secret), sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(contextOf(context)).setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SealBrokenError('altered, or sealed in another context', { cause })
  }
}
