import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KeyRingError, assertDistinct, derive, parseKeyRing } from './key-ring.ts'

const secret = (bytes = 32) => randomBytes(bytes).toString('base64')

describe('parseKeyRing', () => {
  it('signs with the first key and verifies with all', () => {
    const [a, b] = [secret(), secret(48)]
    const ring = parseKeyRing(`new:${a}, old:${b}`)
    expect(ring.current).toEqual({ kid: 'new', secret: Buffer.from(a, 'base64') })
    expect([...ring.byKid.keys()]).toEqual(['new', 'old'])
    expect(ring.byKid.get('old')).toEqual(Buffer.from(b, 'base64'))
  })

  it.each([
    ['an empty text', '', 'key 1 is not "kid:base64"'],
    ['no kid', `:${secret()}`, 'key 1 is not "kid:base64"'],
    ['no separator', secret(), 'key 1 is not "kid:base64"'],
    ['an unsafe kid', `../a:${secret()}`, 'key 1 is not "kid:base64"'],
    ['a trailing comma', `a:${secret()},`, 'key 2 is not "kid:base64"'],
    ['what is not base64', 'a:correct horse battery staple, really', 'key "a" is not valid base64'],
    ['a short secret', `a:${secret(31)}`, 'key "a" has 31 bytes, at least 32 are needed'],
    ['a placeholder', `a:${Buffer.alloc(32).toString('base64')}`, 'key "a" is a placeholder, not random'],
    ['a kid given twice', `a:${secret()},a:${secret()}`, 'key "a" is given twice'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseKeyRing(text)).toThrow(KeyRingError)
    expect(() => parseKeyRing(text)).toThrow(message)
  })

  it('never repeats a secret in its message', () => {
    const short = randomBytes(16).toString('base64')
    expect(() => parseKeyRing(`a:${short}`)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(short) }),
    )
  })
})

describe('assertDistinct', () => {
  it('accepts rings without a common secret', () => {
    assertDistinct({ access: parseKeyRing(`a:${secret()}`), refresh: parseKeyRing(`a:${secret()}`) })
  })

  it('refuses one secret for two purposes, whatever its kid', () => {
    const shared = secret()
    const rings = { access: parseKeyRing(`a:${shared}`), refresh: parseKeyRing(`x:${secret()},b:${shared}`) }
    expect(() => assertDistinct(rings)).toThrow('access/a and refresh/b hold the same secret')
  })

  it('refuses one secret under two kids', () => {
    const shared = secret()
    expect(() => assertDistinct({ access: parseKeyRing(`a:${shared},b:${shared}`) })).toThrow(
      'access/a and access/b hold the same secret',
    )
  })
})

describe('derive', () => {
  it('gives each purpose a key of its own', () => {
    const master = randomBytes(32)
    expect(derive(master, 'one')).toEqual(derive(master, 'one'))
    expect(derive(master, 'one')).not.toEqual(derive(master, 'two'))
    expect(derive(master, 'one')).toHaveLength(32)
  })

  it('is HKDF-SHA256 of RFC 5869 under a servAI label', () => {
    expect(derive(Buffer.alloc(32, 7), 'vector').toString('hex')).toBe(
      '6643ad1b618f12a8c9e5c2157d8544950bc9bda6bdab752176d0321fc879a658',
    )
  })
})
