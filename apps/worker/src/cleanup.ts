// `node cleanup.mjs [name...]`: what the worker removes every night, now.
import { createDatabase } from '@servai/db'
import { CLEANUPS, cleanUp, type CleanupName } from '@servai/db/cleanup'
import { readEnv } from './env.ts'

const isCleanup = (name: string): name is CleanupName => Object.hasOwn(CLEANUPS, name)

const main = async (given: string[]) => {
  const names = given.length > 0 ? given : Object.keys(CLEANUPS)
  const known = names.filter(isCleanup)
  if (known.length < names.length)
    throw new Error(`There is no such clean-up. They are: ${Object.keys(CLEANUPS).join(', ')}`)
  const env = readEnv()
  const database = createDatabase({
    appUrl: env.DATABASE_URL,
    systemUrl: env.DATABASE_SYSTEM_URL,
    appMax: 1,
    systemMax: 1,
    acquireTimeoutMs: env.DATABASE_ACQUIRE_TIMEOUT_MS,
    connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionTimeoutMs: env.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  })
  try {
    for (const name of known) process.stdout.write(`  ${name}: ${await cleanUp(database, name)} rows removed\n`)
  } finally {
    await database.close()
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
