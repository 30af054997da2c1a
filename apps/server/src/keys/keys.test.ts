import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { derive, parseKeyRing } from '@servai/auth/key-ring'
import { countByKey, COUNTED_RINGS } from '@servai/db/key-usage'
import { credentials } from '@servai/db/schema/users'
import { buildSession, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, inject, it } from 'vitest'
import { reportRing } from './report.ts'

const key = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const ring = (...kids: string[]) => parseKeyRing(kids.map(key).join(','))
const used = (kid: string | null, rows: number, lastEndsAt: Date | null = null) => ({ kid, rows, lastEndsAt })

describe('what is said of a key', () => {
  it('the first signs, one without rows can be dropped, one with rows is needed, and until when', () => {
    const until = new Date('2026-12-01T10:30:00Z')
    expect(reportRing('REFRESH_KEYS', ring('k3', 'k2', 'k1'), [used('k2', 7, until), used('k3', 2, until)])).toEqual({
      lines: [
        '  k3  signs, 2 sessions',
        '  k2  needed until 2026-12-01T10:30Z, 7 sessions',
        '  k1  can be dropped, 0 sessions',
      ],
      orphans: 0,
    })
    expect(reportRing('FACTOR_KEYS', ring('k2', 'k1'), [used('k1', 3)]).lines[1]).toBe(
      '  k1  needed: move them with "keys reencrypt", 3 authenticator apps',
    )
    expect(reportRing('PASSWORD_PEPPER_KEYS', ring('k2', 'k1'), [used('k1', 4), used(null, 1)]).lines).toEqual([
      '  k2  signs, 0 passwords',
      '  k1  needed until each of these has signed in, or reset the password, 4 passwords',
      '  -  1 passwords without a key',
    ])
    expect(reportRing('JWT_KEYS', ring('k2', 'k1'), []).lines).toEqual([
      '  k2  signs',
      '  k1  verifies, can be dropped 30 minutes after every server has another key in front',
    ])
  })

  it('rows under a key that is not in the ring are counted and named, unless the ring is not known', () => {
    expect(reportRing('AUDIT_KEYS', ring('k2'), [used('k1', 9)])).toEqual({
      lines: [
        '  k2  signs, 0 seals of the audit log',
        '  k1  NOT IN THE RING: these seals cannot be verified: put the key back, 9 seals of the audit log',
      ],
      orphans: 9,
    })
    expect(reportRing('AUDIT_KEYS', null, [used('k1', 9)])).toEqual({
      lines: ['  k1  in use, 9 seals of the audit log'],
      orphans: 0,
    })
  })
})

describe('the rows of a key', () => {
  it('are counted for every ring that leaves any, by what still needs it', async () => {
    for (const name of COUNTED_RINGS) expect(Array.isArray(await countByKey(database, name))).toBe(true)
    const kid = `c${randomBytes(4).toString('hex')}`
    const user = await buildUser()
    const end = new Date(Date.now() + 3_600_000)
    await buildSession(user, { keyId: kid, expiresAt: end })
    await buildSession(user, { keyId: kid, expiresAt: new Date(Date.now() + 60_000) })
    await buildSession(user, { keyId: kid, revokedAt: new Date(), revokedReason: 'logout' })
    await buildSession(user, { keyId: kid, expiresAt: new Date(Date.now() - 1000) })
    await database.system({}, 'write', (db) =>
      db
        .insert(credentials)
        .values({ userId: user.id, passwordHash: `p1$${kid}$$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA` }),
    )
    const of = async (name: (typeof COUNTED_RINGS)[number]) =>
      (await countByKey(database, name)).find((usage) => usage.kid === kid)
    expect(await of('REFRESH_KEYS')).toEqual({ kid, rows: 2, lastEndsAt: end })
    expect(await of('PASSWORD_PEPPER_KEYS')).toEqual({ kid, rows: 1, lastEndsAt: null })
  })
})

describe('the command', () => {
  const run = (args: string[], env: Record<string, string> = {}) =>
    promisify(execFile)(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...args], {
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    )
  const urls = () => ({ DATABASE_URL: inject('databaseUrl'), DATABASE_SYSTEM_URL: inject('databaseSystemUrl') })

  it('new: a key that a ring takes as it is printed, another each time', async () => {
    const [first, second] = await Promise.all([run(['new']), run(['new'])])
    expect(parseKeyRing(first.stdout.trim()).current.kid).toMatch(/^k\d{6}-[0-9a-f]{4}$/)
    expect(first.stdout).not.toBe(second.stdout)
  })

  it('status: speaks of every ring, shows no secret, and ends with 1 where rows are stranded', async () => {
    const entry = key('only')
    const { code, stdout } = await run(['status'], { ...urls(), REFRESH_KEYS: entry })
    expect(stdout.match(/^[A-Z_]+_KEYS/gm)).toEqual([
      'JWT_KEYS',
      'REFRESH_KEYS',
      'TOKEN_KEYS',
      'FACTOR_KEYS',
      'PASSWORD_PEPPER_KEYS',
      'AUDIT_KEYS',
    ])
    expect(stdout).toContain('JWT_KEYS (not known to this process)')
    expect(stdout).toMatch(/^ {2}only {2}signs, \d+ sessions$/m)
    expect(stdout).not.toContain(entry.slice(5))
    expect(stdout).toContain('NOT IN THE RING: these people have to sign in again')
    expect(code).toBe(1)
  })

  it('says what it wants where it is not told', async () => {
    expect(await run([])).toMatchObject({ code: 1, stderr: 'Usage: keys new | status | reencrypt\n' })
    expect(await run(['status'])).toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL') })
    expect(await run(['reencrypt'], urls())).toMatchObject({ code: 1, stderr: 'FACTOR_KEYS: is not set\n' })
  })
})

it('keys that are derived for different purposes have nothing in common, nor with what they come from', () => {
  const secret = randomBytes(32)
  const purposes = ['access-token', 'device', 'sealed-secret', 'audit/chain', 'audit/parts']
  const derived = [secret, ...purposes.map((purpose) => derive(secret, purpose))].map((bytes) => bytes.toString('hex'))
  expect(new Set(derived).size).toBe(purposes.length + 1)
  expect(derive(secret, 'device')).toEqual(derive(secret, 'device'))
})
