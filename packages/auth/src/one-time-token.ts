import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'

export interface OneTimeTokenSeed {
  /** Keeps a token of one purpose from being one of another, e.g. `verify_email`. */
  purpose: string
  /** Id of the row that holds the hash. */
  id: string
  nonce: string
  kid: string
}

/** 256 random bits, base64url. */
export const newNonce = (): string => randomBytes(32).toString('base64url')

/**
 * The token of a row: 256 bits, base64url (43 characters). Derived, so that whoever writes the mail can make it again
 * from the row and nothing secret is stored or queued.
 * @throws Error when the ring no longer holds `kid`
 */
export const deriveToken = (ring: KeyRing, { purpose, id, nonce, kid }: OneTimeTokenSeed): string => {
  const secret = ring.byKid.get(kid)
  if (!secret) throw new Error(`token key "${kid}" is not in the ring`)
  return createHmac('sha256', secret).update(`${purpose}\0${id}\0${nonce}`).digest('base64url')
}

/** What is stored and looked up instead of the token: SHA-256, base64url. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')
