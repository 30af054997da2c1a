import { timingSafeEqual } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'
import { deriveToken, hashToken } from './one-time-token.ts'

const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{43})$/

/** Says for one purpose that whoever has it was written to about this row; the row tells whether that still matters. */
export const issueRowToken = (ring: KeyRing, purpose: string, id: string): string => {
  const { kid } = ring.current
  return `${id}.${kid}.${deriveToken(ring, { purpose, id, nonce: '', kid })}`
}

/** Constant time. Id of the row; `null` for a token of another purpose, one that is forged, or whose key has left the ring. */
export const readRowToken = (ring: KeyRing, purpose: string, token: string): string | null => {
  const [, id = '', kid = '', mac = ''] = TOKEN.exec(token) ?? []
  if (!ring.byKid.has(kid)) return null
  const expected = hashToken(deriveToken(ring, { purpose, id, nonce: '', kid }))
  return timingSafeEqual(Buffer.from(hashToken(mac)), Buffer.from(expected)) ? id : null
}
