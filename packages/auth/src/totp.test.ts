import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { matchTotp, newTotpSecret, totpSecretText, totpUri } from './totp.ts'

/** RFC 6238, appendix B, cut to six digits. */
const RFC_SECRET = Buffer.from('12345678901234567890')
const RFC_VECTORS = [
  { seconds: 59, code: '287082' },
  { seconds: 1_111_111_109, code: '081804' },
  { seconds: 1_111_111_111, code: '050471' },
  { seconds: 1_234_567_890, code: '005924' },
  { seconds: 2_000_000_000, code: '279037' },
  { seconds: 20_000_000_000, code: '353130' },
]

const hasOathtool = spawnSync('oathtool', ['--version']).status === 0
if (!hasOathtool && process.env.CI === 'true') throw new Error('CI needs oathtool: apt-get install oathtool')

describe('codes of an authenticator app', () => {
  it.each(RFC_VECTORS)('are those of RFC 6238 at $seconds s', ({ seconds, code }) => {
    expect(matchTotp(RFC_SECRET, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30))
  })

  it('are accepted one step before and after their own, and no further', () => {
    const { code } = RFC_VECTORS[3]!
    const step = Math.floor(1_234_567_890 / 30)
    const at = (steps: number) => matchTotp(RFC_SECRET, code, new Date((step + steps) * 30_000))
    expect([-2, -1, 0, 1, 2].map(at)).toEqual([null, step, step, step, null])
  })

  it.each(['', '28708', '2870822', 'abcdef', '２８７０８２', '-87082', ' 287082', '287082\0'])('refuse %j', (code) => {
    expect(matchTotp(RFC_SECRET, code, new Date(59_000))).toBeNull()
  })

  it('have secrets of 160 bits, each of its own', () => {
    const secrets = Array.from({ length: 100 }, newTotpSecret)
    expect(new Set(secrets.map(totpSecretText)).size).toBe(100)
    expect(secrets.every(({ length }) => length === 20)).toBe(true)
    expect(totpSecretText(secrets[0]!)).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('reach the app with the names that people will look for', () => {
    const uri = new URL(totpUri(RFC_SECRET, { issuer: 'servAI', account: 'ana@example.test' }))
    expect(uri.protocol).toBe('otpauth:')
    expect(decodeURIComponent(uri.pathname)).toContain('servAI:ana@example.test')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'servAI',
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })

  it.skipIf(!hasOathtool)('are those that oathtool makes of the same secret (skipped without oathtool)', () => {
    const now = new Date()
    for (let secret = 0; secret < 10; secret += 1) {
      const bytes = newTotpSecret()
      const [before, present, after] = [-30, 0, 30].map((seconds) => {
        const at = new Date(now.getTime() + seconds * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC')
        return execFileSync('oathtool', ['--totp', '--base32', `--now=${at}`, totpSecretText(bytes)], {
          encoding: 'utf8',
        }).trim()
      })
      const step = Math.floor(now.getTime() / 30_000)
      expect([before, present, after].map((code) => matchTotp(bytes, code!, now))).toEqual([step - 1, step, step + 1])
    }
  })
})
