import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseKeyRing } from './key-ring.ts'
import { issueRowToken, readRowToken } from './row-token.ts'

const key = () => randomBytes(32).toString('base64')
const [first, second] = [key(), key()]
const ring = parseKeyRing(`k1:${first}`)
const id = randomUUID()

describe('a token of a row', () => {
  const token = issueRowToken(ring, 'keep', id)

  it('names its row, also after the ring has got a newer key', () => {
    expect(readRowToken(ring, 'keep', token)).toBe(id)
    expect(readRowToken(parseKeyRing(`k2:${second},k1:${first}`), 'keep', token)).toBe(id)
  })

  it('is none of another purpose, row or ring', () => {
    const [, ...rest] = token.split('.')
    for (const [given, purpose, keys] of [
      [token, 'other', ring],
      [[randomUUID(), ...rest].join('.'), 'keep', ring],
      [token, 'keep', parseKeyRing(`k1:${second}`)],
      [token, 'keep', parseKeyRing(`k2:${first}`)],
      [`${token.slice(0, -1)}`, 'keep', ring],
      [`${token}A`, 'keep', ring],
      ['', 'keep', ring],
    ] as const)
      expect(readRowToken(keys, purpose, given)).toBeNull()
  })
})
