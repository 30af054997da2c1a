import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseKeyRing } from './key-ring.ts'
import { newNonce } from './one-time-token.ts'
import { decideRefresh, issueRefreshToken, readRefreshToken, verifyRefreshToken } from './refresh-token.ts'

const newRing = (kid: string) => parseKeyRing(`${kid}:${randomBytes(32).toString('base64')}`)
const ring = newRing('k1')
const newSession = () => ({ sessionId: randomUUID(), nonce: newNonce(), kid: 'k1' })

const read = (token: string) => {
  const presented = readRefreshToken(token)
  if (!presented) throw new Error('unreadable token')
  return presented
}

describe('refresh tokens', () => {
  it('carry the session and the counter, and verify', () => {
    const session = newSession()
    const token = issueRefreshToken(ring, { ...session, counter: 41 })
    expect(token).toMatch(/^1\.[A-Za-z0-9_-]{54}$/)
    const presented = read(token)
    expect(presented).toMatchObject({ sessionId: session.sessionId, counter: 41 })
    expect(verifyRefreshToken(ring, presented, session)).toBe(true)
  })

  it('are the same token for every racing tab', () => {
    const session = newSession()
    expect(issueRefreshToken(ring, { ...session, counter: 7 })).toBe(
      issueRefreshToken(ring, { ...session, counter: 7 }),
    )
  })

  it.each([
    ['an empty text', ''],
    ['another version', `2.${'A'.repeat(54)}`],
    ['a short one', `1.${'A'.repeat(53)}`],
    ['a long one', `1.${'A'.repeat(55)}`],
    ['foreign characters', `1.${'+'.repeat(54)}`],
    ['a wrong checksum', `1.${'A'.repeat(54)}`],
    ['a JWT', 'eyJhbGciOiJub25lIn0.e30.'],
  ])('of %s are not read', (_, token) => {
    expect(readRefreshToken(token)).toBeNull()
  })

  it('notice a change of any character without the database', () => {
    const token = issueRefreshToken(ring, { ...newSession(), counter: 1 })
    // the low bits of the last character carry nothing
    for (let index = 2; index < token.length - 1; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A'
      expect(readRefreshToken(token.slice(0, index) + other + token.slice(index + 1))).toBeNull()
    }
  })

  it('are bound to counter, session, nonce and key', () => {
    const session = newSession()
    const presented = read(issueRefreshToken(ring, { ...session, counter: 1 }))
    expect(verifyRefreshToken(ring, { ...presented, counter: 2 }, session)).toBe(false)
    expect(verifyRefreshToken(ring, presented, { ...session, sessionId: randomUUID() })).toBe(false)
    expect(verifyRefreshToken(ring, presented, { ...session, nonce: newNonce() })).toBe(false)
    expect(verifyRefreshToken(newRing('k1'), presented, session)).toBe(false)
    expect(verifyRefreshToken(newRing('k2'), presented, session)).toBe(false)
  })

  it('cannot be issued under a key that is gone', () => {
    expect(() => issueRefreshToken(ring, { ...newSession(), kid: 'gone', counter: 0 })).toThrow(
      'refresh key "gone" is not in the ring',
    )
  })
})

describe('decideRefresh', () => {
  const rotatedAt = new Date('2026-01-01T12:00:00.000Z')
  const after = (ms: number) => new Date(rotatedAt.getTime() + ms)
  const decide = (presented: number, sinceMs: number) =>
    decideRefresh({ presented, current: 5, rotatedAt, now: after(sinceMs), graceMs: 30_000 })

  it.each([
    ['the newest token', 5, 0, 'rotate'],
    ['the newest token after days', 5, 1e9, 'rotate'],
    ['its predecessor in the same millisecond', 4, 0, 'reissue'],
    ['its predecessor at the end of the grace', 4, 30_000, 'reissue'],
    ['its predecessor after the grace', 4, 30_001, 'reuse'],
    ['an older one within the grace', 3, 1, 'reuse'],
    ['the first one', 0, 1, 'reuse'],
    ['one from the future', 6, 0, 'ahead'],
  ] as const)('answers %s', (_, presented, sinceMs, decision) => {
    expect(decide(presented, sinceMs)).toBe(decision)
  })

  it('gives no grace to a session that never rotated', () => {
    expect(decideRefresh({ presented: 0, current: 1, rotatedAt: null, now: rotatedAt, graceMs: 30_000 })).toBe('reuse')
  })
})
