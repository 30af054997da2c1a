import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'

/** What the session row keeps: the key of a session is derived from it and from the ring, and never stored. */
export interface RefreshSession {
  sessionId: string
  nonce: string
  kid: string
}

export interface PresentedRefreshToken {
  sessionId: string
  counter: number
  mac: Buffer
}

const VERSION = '1.'
const ID_BYTES = 16
const COUNTER_BYTES = 4
const MAC_BYTES = 16
const CHECKSUM_BYTES = 4
const BODY_BYTES = ID_BYTES + COUNTER_BYTES
const SIGNED_BYTES = BODY_BYTES + MAC_BYTES
const TOKEN = /^1\.[A-Za-z0-9_-]{54}$/

const bodyOf = (sessionId: string, counter: number): Buffer => {
  const body = Buffer.alloc(BODY_BYTES)
  body.write(sessionId.replaceAll('-', ''), 'hex')
  body.writeUInt32BE(counter, ID_BYTES)
  return body
}

const checksumOf = (signed: Buffer): Buffer =>
  createHash('sha256').update('servai/refresh').update(signed).digest().subarray(0, CHECKSUM_BYTES)

const macOf = (secret: Buffer, { sessionId, nonce }: RefreshSession, counter: number): Buffer => {
  const sessionKey = createHmac('sha256', secret).update(`${sessionId}\0${nonce}`).digest()
  return createHmac('sha256', sessionKey)
    .update(VERSION)
    .update(bodyOf(sessionId, counter))
    .digest()
    .subarray(0, MAC_BYTES)
}

const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/**
 * The token of a session at `counter`. The same arguments give the same token, so racing tabs can be handed one successor.
 * @throws Error when the ring no longer holds the session's `kid`
 */
export const issueRefreshToken = (ring: KeyRing, session: RefreshSession & { counter: number }): string => {
  const secret = ring.byKid.get(session.kid)
  if (!secret) throw new Error(`refresh key "${session.kid}" is not in the ring`)
  const signed = Buffer.concat([bodyOf(session.sessionId, session.counter), macOf(secret, session, session.counter)])
  return VERSION + Buffer.concat([signed, checksumOf(signed)]).toString('base64url')
}

/** `null` for anything servAI cannot have issued; the checksum only spares the database, it proves nothing. */
export const readRefreshToken = (token: string): PresentedRefreshToken | null => {
  if (!TOKEN.test(token)) return null
  const bytes = Buffer.from(token.slice(VERSION.length), 'base64url')
  const signed = bytes.subarray(0, SIGNED_BYTES)
  if (!checksumOf(signed).equals(bytes.subarray(SIGNED_BYTES))) return null
  return {
    sessionId: uuidOf(signed.subarray(0, ID_BYTES)),
    counter: signed.readUInt32BE(ID_BYTES),
    mac: signed.subarray(BODY_BYTES),
  }
}

/** Constant time. False also when the session's key has left the ring. */
export const verifyRefreshToken = (
  ring: KeyRing,
  presented: PresentedRefreshToken,
  session: RefreshSession,
): boolean => {
  const secret = ring.byKid.get(session.kid)
  if (!secret || presented.sessionId !== session.sessionId) return false
  return timingSafeEqual(presented.mac, macOf(secret, session, presented.counter))
}

export interface RefreshMoment {
  /** Counter of the (authentic) token that was presented. */
  presented: number
  /** Counter of the session row, read under its lock. */
  current: number
  /** When the row's counter was last raised; null when never. */
  rotatedAt: Date | null
  /** By the clock that wrote `rotatedAt`. */
  now: Date
  graceMs: number
}

/**
 * - `rotate`: the newest token; raise the counter.
 * - `reissue`: its predecessor, within the grace: a racing tab or a lost answer; hand out the newest token again.
 * - `reuse`: an older one; the family is compromised.
 * - `ahead`: newer than the row: a restored backup or a stolen key.
 */
export type RefreshDecision = 'rotate' | 'reissue' | 'reuse' | 'ahead'

export const decideRefresh = ({ presented, current, rotatedAt, now, graceMs }: RefreshMoment): RefreshDecision => {
  if (presented === current) return 'rotate'
  if (presented > current) return 'ahead'
  const isRecent = rotatedAt !== null && now.getTime() - rotatedAt.getTime() <= graceMs
  return presented === current - 1 && isRecent ? 'reissue' : 'reuse'
}
