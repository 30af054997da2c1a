import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseKeyRing } from './key-ring.ts'
import { openSecret, SealBrokenError, sealSecret } from './sealed-secret.ts'

const key = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const [first, second] = [key('k1'), key('k2')]
const ring = parseKeyRing(first)
const secret = randomBytes(20)
const context = ['totp', 'user', 'row']

describe('sealed secrets', () => {
  it('open in the context they were sealed in, and look different each time', () => {
    const [one, two] = [sealSecret(ring, secret, context), sealSecret(ring, secret, context)]
    expect(openSecret(ring, one, context)).toEqual(secret)
    expect(one.sealed).not.toEqual(two.sealed)
    expect(one.sealed.includes(secret)).toBe(false)
  })

  it.each([[['totp', 'other', 'row']], [['totp', 'user', 'other']], [['totp', 'userrow', '']], [['totp', 'user']]])(
    'copied to %j they do not open',
    (elsewhere) => {
      expect(() => openSecret(ring, sealSecret(ring, secret, context), elsewhere)).toThrow(SealBrokenError)
    },
  )

  it('do not open when any byte is altered, or some are missing', () => {
    const { sealed, kid } = sealSecret(ring, secret, context)
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed)
      altered[at]! ^= 1
      expect(() => openSecret(ring, { sealed: altered, kid }, context)).toThrow(SealBrokenError)
    }
    for (const length of [0, 12, 28, sealed.length - 1])
      expect(() => openSecret(ring, { sealed: sealed.subarray(0, length), kid }, context)).toThrow(SealBrokenError)
  })

  it('outlive their key being followed by another, not its leaving the ring', () => {
    const before = sealSecret(ring, secret, context)
    const rotated = parseKeyRing(`${second},${first}`)
    expect(openSecret(rotated, before, context)).toEqual(secret)
    expect(sealSecret(rotated, secret, context).kid).toBe('k2')
    expect(() => openSecret(parseKeyRing(second), before, context)).toThrow('key "k1" is not in the ring')
  })
})
