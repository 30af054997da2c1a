import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { isApiKey, newApiKey, readApiKey } from './api-key.ts'

it('a key names itself, carries 256 random bits and is one word', () => {
  const keys = Array.from({ length: 2_000 }, newApiKey)
  expect(new Set(keys.map(({ key }) => key)).size).toBe(2_000)
  for (const { key, prefix, tokenHash } of keys) {
    expect(key).toMatch(/^servai_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
    expect(key.startsWith(`${prefix}_`)).toBe(true)
    expect(isApiKey(key)).toBe(true)
    expect(readApiKey(key)).toEqual({ prefix, tokenHash })
  }
})

it('what is stored is its SHA-256 and leads nowhere back', () => {
  const { key, tokenHash } = newApiKey()
  expect(tokenHash).toBe(createHash('sha256').update(key).digest('base64url'))
})

it('every single mistyped character, a cut and an addition are told from a key', () => {
  const { key } = newApiKey()
  for (let at = 0; at < key.length; at += 1) {
    const other = key[at] === 'x' ? 'y' : 'x'
    expect(readApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull()
  }
  for (const wrong of ['', 'servai_', key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, key.toUpperCase()])
    expect(readApiKey(wrong)).toBeNull()
})

it('a token of a session does not pass for a key', () => {
  expect(isApiKey('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBe(false)
  expect(readApiKey('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBeNull()
})
