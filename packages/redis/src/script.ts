import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'

type Script = (client: Redis, keys: string[], args: (string | number)[]) => Promise<unknown>

/** A Lua script, sent by its digest and in full only to a Redis that does not know it yet. */
export const createScript = (lua: string): Script => {
  const digest = hash('sha1', lua)
  return async (client, keys, args) => {
    try {
      return await client.evalsha(digest, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return client.eval(lua, keys.length, ...keys, ...args)
    }
  }
}
