import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { provision, ROLES } from '@servai/db/provision'
import { startPostgres } from '../../../scripts/postgres.mjs'

const PASSWORDS = { owner: 'of-the-owner-1', app: 'of-the-app-1', system: 'of-the-system-1' }
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** A PostgreSQL of one's own, to be killed and brought back on the same port; provisioned, not migrated. */
export const startPrivateDatabase = async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-server-test-'))
  let running = await startPostgres({ dataDir, settings: SETTINGS })
  const { cluster, port } = running
  await provision(running.adminUrl, { database: 'servai', passwords: PASSWORDS })
  const urlOf = (role: keyof typeof ROLES) => `postgres://${ROLES[role]}:${PASSWORDS[role]}@127.0.0.1:${port}/servai`
  return {
    adminUrl: running.adminUrl.replace(/\/postgres$/, '/servai'),
    env: { DATABASE_URL: urlOf('app'), DATABASE_SYSTEM_URL: urlOf('system') },
    ownerUrl: urlOf('owner'),
    kill: async () => {
      running.kill()
      await running.exited
    },
    restart: async () => {
      running = await startPostgres({ dataDir, port, settings: SETTINGS })
    },
    remove: async () => {
      await running.stop()
      for (const folder of [cluster, dataDir]) fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type PrivateDatabase = Awaited<ReturnType<typeof startPrivateDatabase>>
