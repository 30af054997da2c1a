import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

const SECRET_BYTES = 20
export const STEP_SECONDS = 30
const DIGITS = 6
/** Steps before and after the present one whose code is still, or already, accepted. */
export const TOLERANCE = 1
const CODE = /^[0-9]{6}$/

/** 160 random bits, as RFC 4226 recommends for SHA-1. */
export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES)

const asSecret = (secret: Buffer) => new Secret({ buffer: Uint8Array.from(secret).buffer })

/** What somebody types into an app that cannot scan: base32, without padding. */
export const totpSecretText = (secret: Buffer): string => asSecret(secret).base32

/** The `otpauth://` address that a QR code carries; `issuer` and `account` are what the app shows. */
export const totpUri = (secret: Buffer, { issuer, account }: { issuer: string; account: string }): string =>
  new TOTP({
    secret: asSecret(secret),
    issuer,
    label: account,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: STEP_SECONDS,
  }).toString()

/**
 * The number of the step this code belongs to, of the present one and its two neighbours; `null` for any other code.
 * RFC 6238 with SHA-1, 6 digits and 30 seconds. Whoever accepts it must refuse this step and all before it from then on.
 */
export const matchTotp = (secret: Buffer, code: string, now: Date): number | null => {
  // The library throws for what is as long in characters but not in bytes.
  if (!CODE.test(code)) return null
  const timestamp = now.getTime()
  const totp = new TOTP({ secret: asSecret(secret), algorithm: 'SHA1', digits: DIGITS, period: STEP_SECONDS })
  const delta = totp.validate({ token: code, timestamp, window: TOLERANCE })
  return delta === null ? null : totp.counter({ timestamp }) + delta
}
