import { sql } from 'drizzle-orm'
import type { Database } from '../index.ts'

/** The ends of all chains at one time, to be kept where whoever rules the database cannot reach: [chain, seq, hash]. */
export type Anchor = { at: string; heads: readonly (readonly [chain: string, seq: number, hash: string])[] }

export const readAnchor = async (database: Pick<Database, 'lookup'>): Promise<Anchor> => {
  const heads = await database.lookup<{ chain: string; seq: number; hash: string }>(
    `select chain, seq::float8 as seq, encode(hash, 'hex') as hash from audit_chains order by chain`,
    [],
  )
  return { at: new Date().toISOString(), heads: heads.map(({ chain, seq, hash }) => [chain, seq, hash]) }
}

export const noteAnchored = (database: Pick<Database, 'system'>) =>
  database.system({}, 'write', (db) => db.execute(sql`update audit_sealing set anchored_at = now()`))

const isAnchor = (value: unknown): value is Anchor =>
  typeof value === 'object' &&
  value !== null &&
  'at' in value &&
  typeof value.at === 'string' &&
  'heads' in value &&
  Array.isArray(value.heads)

/** Reads lines of JSON, anchors or log lines that hold one as `anchor`; other lines are passed over. */
export const parseAnchors = (text: string): Anchor[] =>
  text.split('\n').flatMap((line) => {
    if (!line.includes('"heads"')) return []
    const value: unknown = JSON.parse(line)
    const found = typeof value === 'object' && value !== null && 'anchor' in value ? value.anchor : value
    return isAnchor(found) ? [found] : []
  })
