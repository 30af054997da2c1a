import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashRecoveryCode, newRecoveryCode } from './recovery-code.ts'

describe('recovery codes', () => {
  it('have 128 random bits in groups that are easy to copy, without look-alikes', () => {
    const codes = Array.from({ length: 1000 }, newRecoveryCode)
    expect(new Set(codes).size).toBe(1000)
    const symbol = '[0-9A-HJKMNP-TV-Z]'
    for (const code of codes) expect(code).toMatch(new RegExp(`^(${symbol}{5}-){4}${symbol}{6}$`))
    // 26 symbols of five bits, of which the last two bits are padding.
    const used = codes.map((code) => new Set(code.replaceAll('-', '')))
    expect(new Set(used.flatMap((symbols) => [...symbols])).size).toBe(32)
    expect(codes.every((code) => '048CGMRW'.includes(code.at(-1)!))).toBe(true)
  })

  it('are stored as SHA-256', () => {
    const digest = createHash('sha256').update('7KQ2M9XW4T').digest('base64url')
    expect(hashRecoveryCode('7KQ2M-9XW4T')).toBe(digest)
  })

  it.each(['7kq2m-9xw4t-01001', ' 7KQ2M 9XW4T 01001 ', '7KQ2M9XW4T01001', '7KQ2M–9XW4T–0L0O1', '7kq2m-9xw4t-oi0ol'])(
    'are recognised as %j',
    (typed) => {
      expect(hashRecoveryCode(typed)).toBe(hashRecoveryCode('7KQ2M-9XW4T-01001'))
    },
  )

  it('differ by every other character', () => {
    expect(hashRecoveryCode('7KQ2M-9XW4T-01002')).not.toBe(hashRecoveryCode('7KQ2M-9XW4T-01001'))
  })
})
