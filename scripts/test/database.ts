import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import postgres from 'postgres'
import { migrate } from '../../packages/db/src/migrate.ts'
import { provision, ROLES } from '../../packages/db/src/provision.ts'
import { clearAbandoned, startPostgres } from '../postgres.mjs'

/** Data of a test run need not survive a power cut. */
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

/**
 * One migrated database for a whole test run: of TEST_ADMIN_URL when set (a database of its own there, dropped at the
 * end), else of an embedded PostgreSQL in the temporary folder.
 */
export const startDatabase = async () => {
  const server = await startServer(process.env.TEST_ADMIN_URL)
  const database = `servai_test_${randomBytes(4).toString('hex')}`
  const password = randomBytes(16).toString('base64url')
  const urlOf = (role: string) => {
    const url = new URL(server.adminUrl)
    return Object.assign(url, { username: role, password, pathname: `/${database}` }).href
  }
  const databaseOwnerUrl = urlOf(ROLES.owner)
  try {
    await provision(server.adminUrl, { database, passwords: { owner: password, app: password, system: password } })
    await migrate(databaseOwnerUrl)
  } catch (error) {
    await server.stop(database)
    throw error
  }

  return {
    adminUrl: server.adminUrl,
    databaseUrl: urlOf(ROLES.app),
    databaseSystemUrl: urlOf(ROLES.system),
    databaseOwnerUrl,
    stop: () => server.stop(database),
  }
}

const startServer = async (adminUrl: string | undefined) => {
  if (adminUrl) {
    const dropDatabase = async (database: string) => {
      const admin = postgres(adminUrl, { max: 1 })
      await admin.unsafe(`drop database if exists ${database} with (force)`)
      await admin.end()
    }
    return { adminUrl, stop: dropDatabase }
  }
  const prefix = path.join(os.tmpdir(), 'servai-test-')
  for (const left of fs.globSync(`${prefix}*`)) await clearAbandoned(left)
  const dataDir = fs.mkdtempSync(prefix)
  const embedded = await startPostgres({ dataDir, settings: VOLATILE })
  process.once('exit', embedded.kill)
  const stop = async (_database: string) => {
    await embedded.stop()
    for (const folder of [embedded.cluster, dataDir]) fs.rmSync(folder, { recursive: true, force: true })
  }
  return { adminUrl: embedded.adminUrl, stop }
}
