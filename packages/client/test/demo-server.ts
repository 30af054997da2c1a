import { environment, openInstance } from '../../../apps/server/test/instance.ts'
import { parseKeyRing } from '../../auth/src/key-ring.ts'
import { hashSeedPassword } from '../../db/src/seed/password.ts'
import { seedDemo } from '../../db/src/seed/demo.ts'
import { freshDatabase } from '../../db/src/seed/fresh-database.ts'

const ARGON2 = { ARGON2_MEMORY_KIB: '8192', ARGON2_TIME_COST: '1' }

/** A real server on a database of its own with the demo data. */
export const startDemoServer = async () => {
  const database = await freshDatabase()
  const { TOKEN_KEYS = '' } = environment()
  await seedDemo({
    systemUrl: database.systemUrl,
    passwordHash: await hashSeedPassword(ARGON2),
    tokenKeys: parseKeyRing(TOKEN_KEYS),
  })
  const { url, stop } = await openInstance({
    env: { TOKEN_KEYS, DATABASE_URL: database.appUrl, DATABASE_SYSTEM_URL: database.systemUrl, ...ARGON2 },
  })
  return {
    url,
    stop: async () => {
      await stop()
      await database.drop()
    },
  }
}
