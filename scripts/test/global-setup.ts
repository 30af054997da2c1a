import type { TestProject } from 'vitest/node'
import { startDatabase } from './database.ts'
import { startRedis } from './redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Login of `servai_app`: row-level security is forced on it. */
    databaseUrl: string
    databaseSystemUrl: string
    databaseOwnerUrl: string
    /** Login of a superuser, to make further databases. */
    adminUrl: string
    /** Null where no Redis can be had: skip. */
    redisUrl: string | null
  }
}

export default async ({ provide }: TestProject) => {
  const database = await startDatabase()
  const redis = await startRedis().catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  provide('databaseUrl', database.databaseUrl)
  provide('databaseSystemUrl', database.databaseSystemUrl)
  provide('databaseOwnerUrl', database.databaseOwnerUrl)
  provide('adminUrl', database.adminUrl)
  provide('redisUrl', redis.url)
  return async () => {
    await Promise.all([database.stop(), redis.stop()])
  }
}
