import { randomBytes } from 'node:crypto'
import {
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticatorTransport,
} from '@simplewebauthn/server'
import { COSEALG, decodeAttestationObject, decodeClientDataJSON, isoBase64URL } from '@simplewebauthn/server/helpers'

/** The site that passkeys are made for; a browser answers for no other. */
export type RelyingParty = { id: string; name: string; origin: string }

/** What an authenticator says to a wish for a new passkey; all texts base64url (WebAuthn, RegistrationResponseJSON). */
export type Attestation = {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string; attestationObject: string; transports?: string[] | undefined }
}

/** What it says to a challenge (AuthenticationResponseJSON). */
export type Assertion = {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string | undefined }
}

type Traits = { deviceType: 'singleDevice' | 'multiDevice'; isBackedUp: boolean; signCount: number }

export type NewPasskey = Traits & {
  /** base64url */
  credentialId: string
  /** COSE */
  publicKey: Uint8Array<ArrayBuffer>
  transports: string[]
}

type Descriptor = { credentialId: string; transports: string[] }

/** Its cause says why: for the log, not for whoever sent it. */
export class PasskeyRefusedError extends Error {
  override name = 'PasskeyRefusedError'
}

const NAME = 'servAI'
const CHALLENGE_BYTES = 32
const ALGORITHMS = [COSEALG.ES256, COSEALG.EdDSA, COSEALG.RS256]
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']

export const relyingPartyOf = (appUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(appUrl)
  return { id: hostname, name: NAME, origin }
}

/** 256 random bits, base64url. */
export const newCeremonyChallenge = (): string => randomBytes(CHALLENGE_BYTES).toString('base64url')

/** By which an authenticator remembers the account: the bytes of its id, base64url. */
export const userHandleOf = (userId: string): string =>
  Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url')

const isTransport = (name: string): name is AuthenticatorTransport => TRANSPORTS.includes(name)

const publicKey = 'public-key' as const
const required = 'required' as const

const described = ({ credentialId: id, transports }: Descriptor) => ({
  type: publicKey,
  id,
  transports: transports.filter(isTransport),
})

type NewPasskeyWish = {
  challenge: string
  user: { id: string; email: string; name: string }
  existing: Descriptor[]
  timeoutMs: number
}

/**
 * PublicKeyCredentialCreationOptions as JSON, for `navigator.credentials.create`: discoverable, with user verification, and
 * not twice on one authenticator.
 */
export const creationOptions = (
  { id, name }: RelyingParty,
  { challenge, user, existing, timeoutMs }: NewPasskeyWish,
) => ({
  rp: { id, name },
  user: { id: userHandleOf(user.id), name: user.email, displayName: user.name },
  challenge,
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: publicKey, alg })),
  timeout: timeoutMs,
  attestation: 'none' as const,
  excludeCredentials: existing.map(described),
  authenticatorSelection: { residentKey: required, requireResidentKey: true as const, userVerification: required },
})

/** PublicKeyCredentialRequestOptions as JSON, for `navigator.credentials.get`: any passkey of the site, or these. */
export const requestOptions = (
  { id: rpId }: RelyingParty,
  { challenge, allowed, timeoutMs }: { challenge: string; allowed: Descriptor[] | null; timeoutMs: number },
) => ({
  rpId,
  challenge,
  timeout: timeoutMs,
  ...(allowed && { allowCredentials: allowed.map(described) }),
  userVerification: required,
})

/** Whatever is thrown below comes from what was sent. */
const refusing = async <T>(verify: () => Promise<T>): Promise<T> => {
  try {
    return await verify()
  } catch (cause) {
    throw new PasskeyRefusedError('the answer of the authenticator is refused', { cause })
  }
}

const requireTopLevel = (clientDataJSON: string) => {
  if (decodeClientDataJSON(clientDataJSON).crossOrigin) throw new Error('the page was framed by another site')
}

// Certificates name addresses to ask about them: of what servAI does not ask for, nothing is followed.
const requireNoCertificates = (attestationObject: string) => {
  const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
  const format = decoded.get('fmt')
  const isOwnSignature = format === 'packed' && !decoded.get('attStmt').get('x5c')
  if (format !== 'none' && !isOwnSignature) throw new Error(`attestation of format ${format}`)
}

/** @throws PasskeyRefusedError for another challenge, origin or site, without user verification, or with certificates */
export const verifyAttestation = ({ id, origin }: RelyingParty, challenge: string, response: Attestation) =>
  refusing(async (): Promise<NewPasskey> => {
    requireTopLevel(response.response.clientDataJSON)
    requireNoCertificates(response.response.attestationObject)
    const transports = response.response.transports?.filter(isTransport) ?? []
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, response: { ...response.response, transports }, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    if (!verified) throw new Error('the signature is wrong')
    const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo
    if (credential.id !== response.id) throw new Error('the ids differ')
    return {
      credentialId: credential.id,
      publicKey: credential.publicKey,
      signCount: credential.counter,
      transports,
      deviceType: credentialDeviceType,
      isBackedUp: credentialBackedUp,
    }
  })

/**
 * Whoever answered holds the key of this passkey and was verified by its device. The counter is for the caller to judge.
 *
 * @throws PasskeyRefusedError for another challenge, origin, site, account or key, or without user verification
 */
export const verifyAssertion = (
  { id, origin }: RelyingParty,
  challenge: string,
  response: Assertion,
  passkey: { credentialId: string; publicKey: Uint8Array; userId: string },
) =>
  refusing(async (): Promise<Traits> => {
    requireTopLevel(response.response.clientDataJSON)
    const { userHandle } = response.response
    if (userHandle !== undefined && userHandle !== userHandleOf(passkey.userId)) throw new Error('of another account')
    if (response.id !== passkey.credentialId) throw new Error('the ids differ')
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      // Zero: the library would refuse what the caller has to write down.
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
    })
    if (!verified) throw new Error('the signature is wrong')
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return { signCount: newCounter, deviceType: credentialDeviceType, isBackedUp: credentialBackedUp }
  })
