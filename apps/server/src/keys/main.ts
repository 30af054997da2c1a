// `node keys.mjs new | status | reencrypt`: see docs/key-rotation.md.
import { randomBytes } from 'node:crypto'
import { reencryptFactors } from '@servai/api/auth/factor-keys/service'
import { createDatabase } from '@servai/db'
import { COUNTED_RINGS, countByKey } from '@servai/db/key-usage'
import { readKeysEnv, type KeysEnv } from '../env.ts'
import { reportRing, RINGS } from './report.ts'

const print = (text: string) => void process.stdout.write(`${text}\n`)

/** `k261121-3f9c:<base64>`: a kid that tells when it was made, and 32 random bytes. */
const newKey = (now = new Date()) => {
  const day = now.toISOString().slice(2, 10).replaceAll('-', '')
  return `k${day}-${randomBytes(2).toString('hex')}:${randomBytes(32).toString('base64')}`
}

const withDatabase = async <T>(
  { DATABASE_URL: appUrl, DATABASE_SYSTEM_URL: systemUrl }: KeysEnv,
  work: (database: ReturnType<typeof createDatabase>) => Promise<T>,
) => {
  const database = createDatabase({
    appUrl,
    systemUrl,
    appMax: 1,
    systemMax: 1,
    acquireTimeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    // Seals are counted by the million.
    statementTimeoutMs: 120_000,
    lockTimeoutMs: 10_000,
    idleInTransactionTimeoutMs: 60_000,
  })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Ends with 1 where rows are under a key that is in no ring. */
const status = (env: KeysEnv) =>
  withDatabase(env, async (database) => {
    let orphans = 0
    for (const name of RINGS) {
      const counted = COUNTED_RINGS.find((each) => each === name)
      const usage = counted ? await countByKey(database, counted) : []
      const report = reportRing(name, env[name] ?? null, usage)
      print(`${name}${env[name] ? '' : ' (not known to this process)'}`)
      print(report.lines.join('\n') || '  nothing')
      orphans += report.orphans
    }
    if (orphans > 0) process.exitCode = 1
  })

const reencrypt = (env: KeysEnv) =>
  withDatabase(env, async (database) => {
    const ring = env.FACTOR_KEYS
    if (!ring) throw new Error('FACTOR_KEYS: is not set')
    const { moved, unreadable } = await reencryptFactors(database, ring)
    print(`${moved} secrets are under "${ring.current.kid}" now`)
    if (unreadable.length === 0) return
    print(`${unreadable.length} cannot be read, because their key is not in the ring or they were altered:`)
    print(unreadable.map((id) => `  ${id}`).join('\n'))
    process.exitCode = 1
  })

const main = async ([command]: string[]) => {
  if (command === 'new') return print(newKey())
  if (command === 'status') return status(readKeysEnv())
  if (command === 'reencrypt') return reencrypt(readKeysEnv())
  throw new Error('Usage: keys new | status | reencrypt')
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
