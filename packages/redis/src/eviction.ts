import type { RedisConnection } from './connection.ts'

/** The only policy under which a full Redis refuses new keys instead of forgetting jobs that wait. */
export const KEEPS_JOBS = 'noeviction'

/** `maxmemory-policy`; `null` where Redis does not answer or does not tell, as managed ones do. */
export const readEvictionPolicy = async ({ client }: Pick<RedisConnection, 'client'>): Promise<string | null> => {
  try {
    const [, policy] = await client.call('CONFIG', 'GET', 'maxmemory-policy').then((reply) => reply as string[]) // CONFIG GET answers names and values in turn
    return policy ?? null
  } catch {
    return null
  }
}

/** Calls back after each connection to a Redis that says it may forget jobs: a failover may lead to another one. */
export const watchEviction = (redis: Pick<RedisConnection, 'client'>, onUnsafe: (policy: string) => void) => {
  const check = async () => {
    const policy = await readEvictionPolicy(redis)
    if (policy !== null && policy !== KEEPS_JOBS) onUnsafe(policy)
  }
  redis.client.on('ready', () => void check())
}
