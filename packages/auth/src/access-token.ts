import { hash } from 'node:crypto'
import { SignJWT, errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { derive, type KeyRing } from './key-ring.ts'

export interface AccessClaims {
  userId: string
  sessionId: string
  tokenVersion: number
  /** Somebody else acts as this account. */
  impersonationId: string | null
  expiresAt: Date
}

export type AccessSubject = Pick<AccessClaims, 'userId' | 'sessionId' | 'tokenVersion'> & {
  impersonationId?: string
  /** The ring's default when absent. */
  ttlSeconds?: number
}

export interface AccessTokenOptions {
  keys: KeyRing
  issuer: string
  audience: string
  /** Default 900. */
  ttlSeconds?: number
  /** Verified tokens remembered at a time; default 10,000. */
  cacheSize?: number
  now?: () => Date
}

export interface AccessTokens {
  readonly ttlSeconds: number
  sign(subject: AccessSubject): Promise<string>
  /** `null` for a token that is forged, foreign, expired or of another kind. */
  verify(token: string): Promise<AccessClaims | null>
  /** The claims of a token that `verify` accepted before and that still holds; no cryptography, no promise. */
  verifyCached(token: string): AccessClaims | undefined
}

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
const MAX_LENGTH = 2048
// A header that names or carries a key must not choose the one that verifies it (RFC 8725 section 3.10).
const KEY_HINTS = ['jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256'] as const

const importKey = (secret: Buffer): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    'raw',
    new Uint8Array(derive(secret, 'access-token')),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  )

const claimsOf = ({ sub, sid, tv, imp = null, exp }: JWTPayload): AccessClaims | null =>
  typeof sub === 'string' &&
  typeof sid === 'string' &&
  Number.isSafeInteger(tv) &&
  typeof exp === 'number' &&
  (imp === null || typeof imp === 'string')
    ? // isSafeInteger has proved the number, which its signature does not tell the compiler
      { userId: sub, sessionId: sid, tokenVersion: tv as number, impersonationId: imp, expiresAt: new Date(exp * 1000) }
    : null

/** Signs and checks access tokens: JWT by RFC 9068, HS256 under the key that `kid` names. */
export const createAccessTokens = ({
  keys,
  issuer,
  audience,
  ttlSeconds = 900,
  cacheSize = 10_000,
  now = () => new Date(),
}: AccessTokenOptions): AccessTokens => {
  const imported = new Map([...keys.byKid].map(([kid, secret]) => [kid, importKey(secret)]))
  const verified = new Map<string, AccessClaims>()

  const keyFor = (header: JWTHeaderParameters): Promise<CryptoKey> => {
    const key = header.kid === undefined ? undefined : imported.get(header.kid)
    if (!key || KEY_HINTS.some((hint) => hint in header)) throw new errors.JWSInvalid('key not accepted')
    return key
  }

  const remember = (digest: string, claims: AccessClaims): void => {
    if (verified.size >= cacheSize) {
      const [oldest] = verified.keys()
      if (oldest !== undefined) verified.delete(oldest)
    }
    verified.set(digest, claims)
  }

  return {
    ttlSeconds,

    async sign({ userId, sessionId, tokenVersion, impersonationId, ttlSeconds: ownTtlSeconds = ttlSeconds }) {
      const issuedAt = Math.floor(now().getTime() / 1000)
      const { kid } = keys.current
      return new SignJWT({ sid: sessionId, tv: tokenVersion, ...(impersonationId && { imp: impersonationId }) })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + ownTtlSeconds)
        .sign(await keyFor({ alg: ALGORITHM, kid }))
    },

    async verify(token) {
      if (token.length > MAX_LENGTH) return null
      try {
        const { payload } = await jwtVerify(token, keyFor, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer,
          audience,
          currentDate: now(),
          requiredClaims: ['sub', 'sid', 'tv', 'exp', 'nbf', 'iat'],
        })
        const claims = claimsOf(payload)
        if (claims) remember(hash('sha256', token, 'base64url'), claims)
        return claims
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },

    verifyCached(token) {
      if (token.length > MAX_LENGTH) return undefined
      const digest = hash('sha256', token, 'base64url')
      const claims = verified.get(digest)
      if (!claims || claims.expiresAt > now()) return claims
      verified.delete(digest)
      return undefined
    },
  }
}
