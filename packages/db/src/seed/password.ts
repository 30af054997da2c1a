import { parseKeyRing } from '@servai/auth/key-ring'
import { createPasswordHasher } from '@servai/auth/password-hash'
import { DEMO_PASSWORD } from './demo-accounts.ts'

/** One hash for all seeded accounts, by the pepper and the parameters the server runs with. */
export const hashSeedPassword = (env: NodeJS.ProcessEnv) => {
  const hasher = createPasswordHasher({
    memoryKiB: Number(env.ARGON2_MEMORY_KIB || 19_456),
    timeCost: Number(env.ARGON2_TIME_COST || 2),
    lanes: 1,
    pepper: env.PASSWORD_PEPPER_KEYS ? parseKeyRing(env.PASSWORD_PEPPER_KEYS) : null,
  })
  return hasher.hash('register', DEMO_PASSWORD)
}
