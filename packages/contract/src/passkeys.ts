import { PASSKEY_DEVICE_TYPES, SESSION_DELIVERIES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { id, instant, line } from './fields.ts'

const base64url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/)

// 1023 bytes (WebAuthn, 5.8.3); the rest is what authenticators send, and some.
const credentialId = base64url(1364)
const clientDataJSON = base64url(8192)
const transports = z.array(z.string().max(32)).max(16)
const knownTransports = z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']))

/** What browsers add and servAI does not read. */
const unread = {
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.unknown().optional(),
}

/** PublicKeyCredential of `navigator.credentials.create` as JSON (WebAuthn, RegistrationResponseJSON). */
export const attestation = z.strictObject({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.strictObject({
    clientDataJSON,
    attestationObject: base64url(32_768),
    transports: transports.optional(),
    authenticatorData: z.string().max(16_384).optional(),
    publicKey: z.string().max(8192).optional(),
    publicKeyAlgorithm: z.int().optional(),
  }),
  ...unread,
})

/** PublicKeyCredential of `navigator.credentials.get` as JSON (WebAuthn, AuthenticationResponseJSON). */
export const assertion = z.strictObject({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.strictObject({
    clientDataJSON,
    authenticatorData: base64url(8192),
    signature: base64url(4096),
    userHandle: z
      .union([base64url(128), z.literal('')])
      .nullish()
      .transform((handle) => handle || undefined),
  }),
  ...unread,
})

const descriptor = z.strictObject({
  type: z.literal('public-key'),
  id: z.string(),
  transports: knownTransports.optional(),
})

/** For `PublicKeyCredential.parseCreationOptionsFromJSON`. */
const creationOptions = z.strictObject({
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  challenge: z.string(),
  pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })),
  /** Milliseconds. */
  timeout: z.int().positive(),
  attestation: z.literal('none'),
  excludeCredentials: z.array(descriptor),
  authenticatorSelection: z.strictObject({
    residentKey: z.literal('required'),
    requireResidentKey: z.literal(true),
    userVerification: z.literal('required'),
  }),
})

/** For `PublicKeyCredential.parseRequestOptionsFromJSON`; without `allowCredentials`: any passkey of the site. */
const requestOptions = z.strictObject({
  rpId: z.string(),
  challenge: z.string(),
  /** Milliseconds. */
  timeout: z.int().positive(),
  allowCredentials: z.array(descriptor).optional(),
  userVerification: z.literal('required'),
})

/** A ceremony takes one answer, within five minutes, from whoever began it. */
export const creationCeremony = z.strictObject({ ceremonyId: id, options: creationOptions })
export const requestCeremony = z.strictObject({ ceremonyId: id, options: requestOptions })

/** The answer to a `requestCeremony`. */
export const passkeyAnswer = { ceremonyId: id, answer: assertion }

export const completePasskeySignInInput = z.strictObject({
  ...passkeyAnswer,
  delivery: z.enum(SESSION_DELIVERIES).default('cookie'),
})

const name = line(60)

export const passkey = z.strictObject({
  id,
  name: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
  /** `multiDevice`: a password manager may keep it on several devices. */
  deviceType: z.enum(PASSKEY_DEVICE_TYPES),
  /** It is kept on another device, or in a password manager, too. */
  backedUp: z.boolean(),
})
export const passkeyList = z.strictObject({ items: z.array(passkey) })

/** Without a name: browser and system, as far as they can be told. */
export const completeRegistrationInput = z.strictObject({
  ceremonyId: id,
  answer: attestation,
  name: name.optional(),
})
export const renamePasskeyInput = z.strictObject({ id, name })
export const removePasskeyInput = z.strictObject({ id })
export const completeRegistrationOutput = z.strictObject({
  passkey,
  /** Ten, shown this once, with the first second factor of an account; else none. */
  recoveryCodes: z.array(z.string()),
  /** In place of the one the call was made with. */
  accessToken: z.string(),
  /** Seconds. */
  expiresIn: z.int().positive(),
})
