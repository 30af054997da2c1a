import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { createAccessTokens, type AccessTokenOptions } from './access-token.ts'
import { derive, parseKeyRing } from './key-ring.ts'

const base64 = (bytes = 32) => randomBytes(bytes).toString('base64')
const [first, second] = [base64(), base64()]
const keys = parseKeyRing(`k1:${first}`)
const signingKey = (text: string) => new Uint8Array(derive(Buffer.from(text, 'base64'), 'access-token'))

let clock: Date
beforeEach(() => {
  clock = new Date('2026-03-01T10:00:00Z')
})
const create = (options: Partial<AccessTokenOptions> = {}) =>
  createAccessTokens({ keys, issuer: 'https://servai.test', audience: 'servai', now: () => clock, ...options })
const subject = () => ({ userId: randomUUID(), sessionId: randomUUID(), tokenVersion: 3 })
const pass = (seconds: number) => {
  clock = new Date(clock.getTime() + seconds * 1000)
}

/** A token as an attacker, or a misconfigured issuer, would make it with the right key. */
const craft = (
  payload: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key = signingKey(first),
) => {
  const now = clock.getTime() / 1000
  const claims = {
    iss: 'https://servai.test',
    aud: 'servai',
    sub: 'u',
    sid: 's',
    tv: 0,
    iat: now,
    nbf: now,
    exp: now + 60,
  }
  return new SignJWT({ ...claims, ...payload })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1', ...header })
    .sign(key)
}

describe('access tokens', () => {
  it('give back what was signed', async () => {
    const tokens = create()
    const claims = subject()
    const token = await tokens.sign(claims)
    expect(await tokens.verify(token)).toEqual({
      ...claims,
      impersonationId: null,
      expiresAt: new Date('2026-03-01T10:15:00Z'),
    })
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'HS256',
      typ: 'at+jwt',
      kid: 'k1',
    })
  })

  it('end after their life, to the second', async () => {
    const tokens = create()
    const token = await tokens.sign(subject())
    pass(899)
    expect(await tokens.verify(token)).not.toBeNull()
    pass(1)
    expect(await tokens.verify(token)).toBeNull()
  })

  it('survive the rotation of keys until their key is dropped', async () => {
    const token = await create().sign(subject())
    expect(await create({ keys: parseKeyRing(`k2:${second},k1:${first}`) }).verify(token)).not.toBeNull()
    expect(await create({ keys: parseKeyRing(`k2:${second}`) }).verify(token)).toBeNull()
  })

  it('are not tried against another key than the one their kid names', async () => {
    const both = create({ keys: parseKeyRing(`k1:${first},k2:${second}`) })
    expect(await both.verify(await craft({}, { kid: 'k2' }))).toBeNull()
    expect(await both.verify(await craft({}, { kid: 'unknown' }))).toBeNull()
    expect(await both.verify(await craft({}, { kid: undefined }))).toBeNull()
  })

  it.each([
    ['issuer', { iss: 'https://evil.test' }],
    ['audience', { aud: 'tma' }],
    ['missing expiry', { exp: undefined }],
    ['missing session', { sid: undefined }],
    ['missing subject', { sub: undefined }],
    ['missing version', { tv: undefined }],
    ['version that is not a number', { tv: '0' }],
    ['session that is not a text', { sid: ['s'] }],
    ['start in the future', { nbf: 4_000_000_000 }],
  ])('are refused for a foreign or bad %s', async (_, payload) => {
    expect(await create().verify(await craft())).not.toBeNull()
    expect(await create().verify(await craft(payload))).toBeNull()
  })

  it.each([
    ['another type', { typ: 'JWT' }],
    ['no type', { typ: undefined }],
    ['a key by URL', { jku: 'https://evil.test/jwks.json' }],
    ['a key of its own', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['a certificate by URL', { x5u: 'https://evil.test/cert' }],
    ['another algorithm', { alg: 'HS512' }],
  ])('are refused with %s in the header', async (_, header) => {
    expect(await create().verify(await craft({}, header, new Uint8Array(64).fill(1)))).toBeNull()
    const key = 'alg' in header ? new Uint8Array(64).fill(1) : signingKey(first)
    expect(await create().verify(await craft({}, header, key))).toBeNull()
  })

  it('are refused without a signature', async () => {
    const [, payload] = (await create().sign(subject())).split('.')
    const header = Buffer.from('{"alg":"none","typ":"at+jwt","kid":"k1"}').toString('base64url')
    expect(await create().verify(`${header}.${payload}.`)).toBeNull()
    const mac = createHmac('sha256', '').update(`${header}.${payload}`).digest('base64url')
    expect(await create().verify(`${header}.${payload}.${mac}`)).toBeNull()
  })

  it.each(['', '.', '..', 'a.b.c', 'garbage', `${'a'.repeat(3000)}.b.c`, '\0.\0.\0', 'é.é.é'])(
    'are refused as garbage: %j',
    async (text) => {
      expect(await create().verify(text)).toBeNull()
      expect(create().verifyCached(text)).toBeUndefined()
    },
  )

  it('are refused when any part is changed', async () => {
    const tokens = create()
    const token = await tokens.sign(subject())
    for (const index of [5, token.indexOf('.') + 5, token.lastIndexOf('.') + 5]) {
      const changed = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1)
      expect(await tokens.verify(changed)).toBeNull()
    }
  })
})

describe('the cache of verified tokens', () => {
  it('knows a token only after it was verified, and until it expires', async () => {
    const tokens = create()
    const token = await tokens.sign(subject())
    expect(tokens.verifyCached(token)).toBeUndefined()
    const claims = await tokens.verify(token)
    expect(tokens.verifyCached(token)).toEqual(claims)
    pass(900)
    expect(tokens.verifyCached(token)).toBeUndefined()
  })

  it('never holds a refused token', async () => {
    const tokens = create()
    const forged = await craft({}, {}, new Uint8Array(32).fill(1))
    expect(await tokens.verify(forged)).toBeNull()
    expect(tokens.verifyCached(forged)).toBeUndefined()
  })

  it('is bounded and forgets the oldest first', async () => {
    const tokens = create({ cacheSize: 2 })
    const issued = await Promise.all([1, 2, 3].map(() => tokens.sign(subject())))
    for (const token of issued) await tokens.verify(token)
    expect(issued.map((token) => tokens.verifyCached(token) !== undefined)).toEqual([false, true, true])
  })
})
