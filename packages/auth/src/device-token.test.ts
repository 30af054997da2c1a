import { describe, expect, it } from 'vitest'
import { issueDeviceToken, newDeviceId, verifyDeviceToken } from './device-token.ts'
import { parseKeyRing } from './key-ring.ts'

const key = (letter: string) => Buffer.from(`${letter}:0123456789abcdefghijklmnopqrstuv`).toString('base64')
const [old, current] = [`k1:${key('a')}`, `k2:${key('b')}`]
const ring = parseKeyRing(`${current},${old}`)
const identifier = 'ana@example.test'
const userId = '0199a5a0-0000-7000-8000-000000000001'
const deviceId = newDeviceId()
const now = new Date('2026-11-21T00:00:00Z')
const expiresAt = new Date('2027-05-20T00:00:00Z')
const token = issueDeviceToken(ring, { identifier, userId, deviceId, expiresAt })
const verify = (presented: string, who = identifier, at = now, keys = ring) =>
  verifyDeviceToken(keys, presented, who, at)

describe('device tokens', () => {
  it('name the device and the account they were issued for', () => {
    expect(verify(token)).toEqual({ deviceId, userId })
  })

  it('fit into a cookie and tell nothing of the address', () => {
    expect(token).toMatch(/^1\.k2\.[A-Za-z0-9_-]{91}$/)
    expect(Buffer.from(token.slice(5), 'base64url').toString('latin1')).not.toContain('ana')
  })

  it('are worth nothing for another identifier', () => {
    expect(verify(token, 'boris@example.test')).toBeNull()
  })

  it('end at their time, whatever the browser keeps', () => {
    expect(verify(token, identifier, new Date(expiresAt.getTime() - 1))).toEqual({ deviceId, userId })
    expect(verify(token, identifier, expiresAt)).toBeNull()
  })

  it('are refused when any character of them changes', () => {
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      expect(verify(changed)).toBeNull()
    }
  })

  it.each(['', '1', '1..', 'garbage', `${token}A`, token.slice(0, -1), `2${token.slice(1)}`, `${token}; x=y`])(
    'are not read out of %j',
    (text) => {
      expect(verify(text)).toBeNull()
    },
  )

  it('outlive the rotation of their key, and end when it leaves the ring', () => {
    const before = issueDeviceToken(parseKeyRing(old), { identifier, userId, deviceId, expiresAt })
    expect(verify(before)).toEqual({ deviceId, userId })
    expect(verify(before, identifier, now, parseKeyRing(current))).toBeNull()
    expect(verify(token, identifier, now, parseKeyRing(`k2:${key('c')}`))).toBeNull()
  })

  it('have a fresh 128-bit id each', () => {
    const ids = Array.from({ length: 100 }, newDeviceId)
    expect(new Set(ids).size).toBe(100)
    expect(Buffer.from(ids[0] ?? '', 'base64url')).toHaveLength(16)
  })
})
