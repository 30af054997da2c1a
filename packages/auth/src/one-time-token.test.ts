import { describe, expect, it } from 'vitest'
import { parseKeyRing } from './key-ring.ts'
import { deriveToken, hashToken, newNonce } from './one-time-token.ts'

const key = (letter: string) => Buffer.from(`${letter}:0123456789abcdefghijklmnopqrstuv`).toString('base64')
const ring = parseKeyRing(`k2:${key('b')},k1:${key('a')}`)
const seed = { purpose: 'verify_email', id: '0199a5a0-0000-7000-8000-000000000001', nonce: 'n', kid: 'k1' }

describe('one-time tokens', () => {
  it('are the same for the same row and the same key', () => {
    expect(deriveToken(ring, seed)).toBe(deriveToken(ring, { ...seed }))
    expect(deriveToken(ring, seed)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it.each([{ purpose: 'reset_password' }, { id: 'other' }, { nonce: 'm' }, { kid: 'k2' }])('differ by %o', (change) => {
    expect(deriveToken(ring, { ...seed, ...change })).not.toBe(deriveToken(ring, seed))
  })

  it('cannot be shifted from one field into the next', () => {
    expect(deriveToken(ring, { ...seed, id: 'ab', nonce: 'c' })).not.toBe(
      deriveToken(ring, { ...seed, id: 'a', nonce: 'bc' }),
    )
  })

  it('need the key they were made with', () => {
    expect(() => deriveToken(ring, { ...seed, kid: 'gone' })).toThrow('token key "gone" is not in the ring')
  })

  it('are stored as SHA-256', () => {
    expect(hashToken('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  })

  it('have a fresh 256-bit nonce each', () => {
    const nonces = Array.from({ length: 100 }, newNonce)
    expect(new Set(nonces).size).toBe(100)
    expect(Buffer.from(nonces[0] ?? '', 'base64url')).toHaveLength(32)
  })
})
