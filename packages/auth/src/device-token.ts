import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { derive, type KeyRing } from './key-ring.ts'

/** A browser in which this account has signed in before. */
export interface KnownDevice {
  deviceId: string
  userId: string
}

const VERSION = '1'
const ID_BYTES = 16
const EXPIRY_BYTES = 4
const BODY_BYTES = ID_BYTES + ID_BYTES + EXPIRY_BYTES
const TOKEN = /^1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{91})$/

/** 128 random bits, base64url. */
export const newDeviceId = (): string => randomBytes(ID_BYTES).toString('base64url')

const macOf = (secret: Buffer, body: Buffer, identifier: string): Buffer =>
  createHmac('sha256', derive(secret, 'device')).update(VERSION).update(body).update(identifier).digest()

const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Under the ring's current key, for sign-ins with this identifier alone; `expiresAt` in whole seconds. */
export const issueDeviceToken = (
  { current }: KeyRing,
  { identifier, userId, deviceId, expiresAt }: KnownDevice & { identifier: string; expiresAt: Date },
): string => {
  const body = Buffer.alloc(BODY_BYTES)
  body.write(userId.replaceAll('-', ''), 'hex')
  body.write(deviceId, ID_BYTES, 'base64url')
  body.writeUInt32BE(Math.floor(expiresAt.getTime() / 1000), 2 * ID_BYTES)
  const signed = Buffer.concat([body, macOf(current.secret, body, identifier)])
  return `${VERSION}.${current.kid}.${signed.toString('base64url')}`
}

/** Constant time. `null` for a token of another identifier, one that has expired, or whose key has left the ring. */
export const verifyDeviceToken = (ring: KeyRing, token: string, identifier: string, now: Date): KnownDevice | null => {
  const [, kid = '', text = ''] = TOKEN.exec(token) ?? []
  const secret = ring.byKid.get(kid)
  if (!secret) return null
  const signed = Buffer.from(text, 'base64url')
  const body = signed.subarray(0, BODY_BYTES)
  // Two texts can decode to the same bytes: the last character has bits to spare.
  if (signed.toString('base64url') !== text) return null
  if (!timingSafeEqual(signed.subarray(BODY_BYTES), macOf(secret, body, identifier))) return null
  if (body.readUInt32BE(2 * ID_BYTES) * 1000 <= now.getTime()) return null
  return {
    userId: uuidOf(body.subarray(0, ID_BYTES)),
    deviceId: body.subarray(ID_BYTES, 2 * ID_BYTES).toString('base64url'),
  }
}
