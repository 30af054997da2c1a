import { z } from 'zod'
import { id, instant } from './fields.ts'
import { passkeyAnswer } from './passkeys.ts'

/** 256 random bits, base64url. Any text passes: a damaged one is answered like one that has expired. */
export const challengeToken = z.string().min(1).max(128)

/** As an app shows it, spaces allowed: `123 456`. */
export const totpCode = z
  .string()
  .transform((typed) => typed.replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/))

/** As it was shown; case, spaces and dashes do not matter. */
export const recoveryCode = z.string().trim().min(1).max(64)

/** What proves a second factor, named by its method. */
export const secondFactorProof = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: totpCode }),
  z.strictObject({ method: z.literal('recovery_code'), code: recoveryCode }),
  /** The answer to `auth.passkeys.startSecondFactor` or `startStepUp`. */
  z.strictObject({ method: z.literal('passkey'), ...passkeyAnswer }),
])
export type SecondFactorProof = z.output<typeof secondFactorProof>

export const FACTOR_METHODS = ['totp', 'passkey', 'recovery_code'] as const
export type FactorMethod = (typeof FACTOR_METHODS)[number]
const methods = z.array(z.enum(FACTOR_METHODS))

/** The password was right; the sign-in goes on with one of `methods`, at most five times and once with success. */
export const signInChallenge = z.strictObject({
  token: challengeToken,
  methods,
  /** Seconds. */
  expiresIn: z.int().positive(),
})
export type SignInChallenge = z.infer<typeof signInChallenge>

export const startSecondFactorInput = z.strictObject({ challengeToken })

export const completeSignInInput = z.strictObject({
  challengeToken,
  proof: secondFactorProof,
  /** Ask this browser for no second factor for 30 days; for sessions with delivery `cookie`. */
  trustDevice: z.boolean().default(false),
})

export const trustedDevice = z.strictObject({
  id,
  /** Browser and system, as far as they can be told. */
  device: z.string(),
  /** Network it was last used from, /24 or /48. */
  addressPrefix: z.string(),
  createdAt: instant,
  lastUsedAt: instant,
  expiresAt: instant,
  current: z.boolean(),
})

export const factors = z.strictObject({
  totp: z.strictObject({ since: instant, lastUsedAt: instant.nullable() }).nullable(),
  passkeys: z.int().nonnegative(),
  recoveryCodesLeft: z.int().nonnegative(),
  trustedDevices: z.array(trustedDevice),
  /** What a sign-in and a step-up ask for beside the password; empty: nothing. */
  methods,
  /** A company this person works for, or the platform, asks for one: the last one cannot be removed. */
  required: z.boolean(),
})

/** Shown once; it counts for nothing before `confirmTotp`, and is forgotten at `expiresAt`. */
export const startTotpOutput = z.strictObject({
  /** base32, for apps that cannot scan. */
  secret: z.string(),
  /** `otpauth://…`, for a QR code. */
  uri: z.string(),
  expiresAt: instant,
})

export const confirmTotpInput = z.strictObject({ code: totpCode })

const renewed = {
  /** In place of the one the call was made with, which has ended. */
  accessToken: z.string(),
  /** Seconds. */
  expiresIn: z.int().positive(),
}

/** All other sessions have ended, and no browser is trusted any more. */
export const factorsChanged = z.strictObject(renewed)

/** What became of the second factors of an account. */
export const FACTOR_CHANGES = [
  'totp_added',
  'totp_removed',
  'passkey_added',
  'passkey_removed',
  'recovery_codes_replaced',
  'factors_reset',
] as const
export type FactorChange = (typeof FACTOR_CHANGES)[number]

/** Ten, shown this once. */
const codes = { recoveryCodes: z.array(z.string()) }
export const confirmTotpOutput = z.strictObject({ ...codes, ...renewed })
export const newRecoveryCodes = z.strictObject(codes)

export const removeTrustedDeviceInput = z.strictObject({ id })
