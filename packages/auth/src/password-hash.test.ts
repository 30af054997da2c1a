import { randomBytes } from 'node:crypto'
import { hash as argon2Hash, parseOptions } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { HashBusyError } from './hash-lanes.ts'
import { parseKeyRing } from './key-ring.ts'
import { createPasswordHasher, type PasswordHasherOptions } from './password-hash.ts'

const newKey = () => randomBytes(32).toString('base64')
const create = (options: Partial<PasswordHasherOptions> = {}) =>
  createPasswordHasher({ memoryKiB: 1024, timeCost: 1, lanes: 1, queueSeconds: 10, pepper: null, ...options })
const password = 'correct horse battery staple'

describe('password hashes', () => {
  it('are argon2id with the configured parameters and a salt each', async () => {
    const hasher = create({ memoryKiB: 2048, timeCost: 2 })
    const [one, two] = await Promise.all([hasher.hash('register', password), hasher.hash('register', password)])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=2048,t=2,p=1\$/)
    expect(parseOptions(one)).toMatchObject({
      memoryCost: 2048,
      timeCost: 2,
      parallelism: 1,
      outputLen: 32,
      saltLen: 16,
    })
    expect(two).not.toBe(one)
  })

  it('know their password and no other', async () => {
    const hasher = create()
    const stored = await hasher.hash('register', password)
    expect(await hasher.verify('login', stored, password)).toEqual({ ok: true, needsRehash: false })
    for (const other of ['', `${password} `, ` ${password}`, password.toUpperCase()]) {
      expect(await hasher.verify('login', stored, other)).toEqual({ ok: false, needsRehash: false })
    }
  })

  it('accept either Unicode form of the same text', async () => {
    const hasher = create()
    const stored = await hasher.hash('register', 'кафе\u0301 и чай'.normalize('NFD'))
    expect((await hasher.verify('login', stored, 'кафе\u0301 и чай'.normalize('NFC'))).ok).toBe(true)
  })

  it('use every byte of a long password', async () => {
    const hasher = create()
    const long = 'x'.repeat(1023)
    const stored = await hasher.hash('register', `${long}a`)
    expect((await hasher.verify('login', stored, `${long}b`)).ok).toBe(false)
    await expect(hasher.hash('register', `${long}ab`)).rejects.toBeInstanceOf(RangeError)
    await expect(hasher.verify('login', stored, `${long}ab`)).rejects.toBeInstanceOf(RangeError)
  })

  it('cost the same work for nobody as for somebody', async () => {
    let hashes = 0
    const hasher = create({ metrics: { onHash: () => (hashes += 1) } })
    expect(await hasher.verify('login', null, password)).toEqual({ ok: false, needsRehash: false })
    expect(await hasher.verify('login', null, '')).toEqual({ ok: false, needsRehash: false })
    expect(hashes).toBe(2)
  })

  it('ask to be made again when the parameters have changed, only for the right password', async () => {
    const weak = await create().hash('register', password)
    const strong = create({ memoryKiB: 2048, timeCost: 2 })
    expect(await strong.verify('login', weak, password)).toEqual({ ok: true, needsRehash: true })
    expect(await strong.verify('login', weak, 'wrong')).toEqual({ ok: false, needsRehash: false })
  })

  it('shed at once beyond the queue: 100 in parallel, the rest answered', async () => {
    let deepest = 0
    const hasher = create({
      memoryKiB: 19_456,
      timeCost: 2,
      queueSeconds: 0.3,
      metrics: { onQueueDepth: (_, depth) => (deepest = Math.max(deepest, depth)) },
    })
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => hasher.verify('login', null, password)))
    const refused = results.filter((result) => result.status === 'rejected')
    expect(deepest).toBe(30)
    expect(refused.length).toBeGreaterThanOrEqual(69)
    for (const result of refused) expect(result.reason).toBeInstanceOf(HashBusyError)
  })
})

describe('peppered password hashes', () => {
  const [first, second] = [newKey(), newKey()]
  const old = create({ pepper: parseKeyRing(`k1:${first}`) })

  it('name their key and are useless without it', async () => {
    const stored = await old.hash('register', password)
    expect(stored).toMatch(/^p1\$k1\$\$argon2id\$/)
    expect(await old.verify('login', stored, password)).toEqual({ ok: true, needsRehash: false })
    expect((await create().verify('login', stored, password)).ok).toBe(false)
    expect((await create({ pepper: parseKeyRing(`k1:${second}`) }).verify('login', stored, password)).ok).toBe(false)
    expect((await create({ pepper: parseKeyRing(`k2:${second}`) }).verify('login', stored, password)).ok).toBe(false)
  })

  it('move to a new key at the next sign-in', async () => {
    const stored = await old.hash('register', password)
    const rotated = create({ pepper: parseKeyRing(`k2:${second},k1:${first}`) })
    expect(await rotated.verify('login', stored, password)).toEqual({ ok: true, needsRehash: true })
  })

  it('replace hashes from before there was a pepper', async () => {
    const stored = await argon2Hash(password, { algorithm: 2, memoryCost: 1024, timeCost: 1, parallelism: 1 })
    expect(await old.verify('login', stored, password)).toEqual({ ok: true, needsRehash: true })
  })
})
