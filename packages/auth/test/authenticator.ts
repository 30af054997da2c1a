import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { Assertion, Attestation } from '../src/passkey.ts'

type Cbor = number | string | Uint8Array | Cbor[] | Map<number | string, Cbor>

const head = (major: number, length: number) =>
  length < 24
    ? Buffer.from([(major << 5) | length])
    : length < 256
      ? Buffer.from([(major << 5) | 24, length])
      : Buffer.from([(major << 5) | 25, length >> 8, length & 255])

const cbor = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])])
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

const ES256 = -7

const coseOf = (publicKey: KeyObject) => {
  const { x, y } = publicKey.export({ format: 'jwk' })
  return cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, Buffer.from(x ?? '', 'base64url')],
      [-3, Buffer.from(y ?? '', 'base64url')],
    ]),
  )
}

/** What an honest authenticator in an honest browser would not say. */
export type Lies = {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  crossOrigin?: boolean
  userVerified?: boolean
  userPresent?: boolean
  signCount?: number
  userHandle?: string
  /** Signs with another key than the one that was made. */
  forged?: boolean
  /** Attestation statement in place of none. */
  statement?: { format: string; x5c?: Uint8Array[] }
}

type CreationOptions = { challenge: string; rp: { id?: string | undefined }; user: { id: string } }
type RequestOptions = { challenge: string; rpId?: string | undefined }

/**
 * A passkey in software, made and used as WebAuthn Level 3 says: ES256, attestation none, one credential. Synced passkeys
 * count nothing.
 */
export const createAuthenticator = (origin: string, { synced = false } = {}) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(32)
  const id = credentialId.toString('base64url')
  let signCount = 0
  let userHandle = ''

  const clientDataOf = (type: string, challenge: string, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    )

  const authenticatorData = (rpId: string, lies: Lies, credential: Uint8Array = Buffer.alloc(0)) => {
    if (!synced) signCount += 1
    const flags =
      (lies.userPresent === false ? 0 : 0x01) |
      (lies.userVerified === false ? 0 : 0x04) |
      (synced ? 0x18 : 0) |
      (credential.length > 0 ? 0x40 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(lies.signCount ?? signCount)
    return Buffer.concat([sha256(lies.rpId ?? rpId), Buffer.from([flags]), counter, credential])
  }

  const signed = (data: Uint8Array, clientData: Uint8Array, lies: Lies) =>
    sign('sha256', Buffer.concat([data, sha256(clientData)]), lies.forged ? stranger.privateKey : privateKey)

  return {
    credentialId: id,
    /** As `navigator.credentials.create` answers. */
    create: (options: CreationOptions, lies: Lies = {}): Attestation => {
      userHandle = options.user.id
      const clientData = clientDataOf('webauthn.create', options.challenge, lies)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const credential = Buffer.concat([Buffer.alloc(16), length, credentialId, coseOf(publicKey)])
      const authData = authenticatorData(options.rp.id ?? new URL(origin).hostname, lies, credential)
      const statement = new Map<string, Cbor>()
      if (lies.statement) {
        statement.set('alg', ES256)
        statement.set('sig', signed(authData, clientData, lies))
        if (lies.statement.x5c) statement.set('x5c', lies.statement.x5c)
      }
      const attestationObject = cbor(
        new Map<string, Cbor>([
          ['fmt', lies.statement?.format ?? 'none'],
          ['attStmt', statement],
          ['authData', authData],
        ]),
      )
      return {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: clientData.toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: synced ? ['hybrid', 'internal'] : ['usb'],
        },
      }
    },
    /** As `navigator.credentials.get` answers. */
    get: (options: RequestOptions, lies: Lies = {}): Assertion => {
      const clientData = clientDataOf('webauthn.get', options.challenge, lies)
      const data = authenticatorData(options.rpId ?? new URL(origin).hostname, lies)
      return {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: clientData.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signed(data, clientData, lies).toString('base64url'),
          userHandle: lies.userHandle ?? userHandle,
        },
      }
    },
  }
}

export type Authenticator = ReturnType<typeof createAuthenticator>
