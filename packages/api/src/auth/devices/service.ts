import { createHash } from 'node:crypto'
import { issueDeviceToken, newDeviceId, verifyDeviceToken, type KnownDevice } from '@servai/auth/device-token'
import type { Services } from '../../context.ts'

const KNOWN_FOR_SECONDS = 180 * 86_400

/** The device of the cookie, if an account of this address has signed in with it; the account is for the caller to compare. */
export const readDevice = (
  { tokenKeys, now }: Services,
  emailKey: string,
  deviceToken: string | null,
): KnownDevice | null => (deviceToken === null ? null : verifyDeviceToken(tokenKeys, deviceToken, emailKey, now()))

/** What rows hold of a device. */
export const deviceHashOf = (deviceId: string) => createHash('sha256').update(deviceId).digest('base64url')

/** What the browser keeps from now on: the same device if this account knows it, else a new one. */
export const rememberDevice = (
  { tokenKeys, now }: Services,
  { emailKey, userId, device }: { emailKey: string; userId: string; device: KnownDevice | null },
) => {
  const deviceId = device?.userId === userId ? device.deviceId : newDeviceId()
  const expiresAt = new Date(now().getTime() + KNOWN_FOR_SECONDS * 1000)
  const token = issueDeviceToken(tokenKeys, { identifier: emailKey, userId, deviceId, expiresAt })
  return { deviceId, token, maxAgeSeconds: KNOWN_FOR_SECONDS }
}

/** The device's cookie. */
export type KeptDevice = ReturnType<typeof rememberDevice>
