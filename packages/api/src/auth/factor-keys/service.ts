import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyRing } from '@servai/auth/key-ring'
import { openSecret, SealBrokenError, sealSecret } from '@servai/auth/sealed-secret'
import type { Database, SystemDb } from '@servai/db'
import { totpFactors } from '@servai/db/schema/factors'
import { and, asc, eq, gt, ne } from 'drizzle-orm'
import { contextOf } from '../totp/service.ts'

export type Reencrypted = {
  /** Secrets that are under the current key now. */
  moved: number
  /** Ids of the rows whose key is not in the ring, or that were altered: they stay as they are. */
  unreadable: string[]
}

type Pace = { batch: number; pauseMs: number }

const PACE: Pace = { batch: 200, pauseMs: 50 }

const sealAgain = async (
  db: SystemDb,
  ring: KeyRing,
  { id, userId, secretCipher, keyId }: typeof totpFactors.$inferSelect,
) => {
  const context = contextOf(userId, id)
  const { sealed, kid } = sealSecret(ring, openSecret(ring, { sealed: secretCipher, kid: keyId }, context), context)
  await db.update(totpFactors).set({ secretCipher: sealed, keyId: kid }).where(eq(totpFactors.id, id))
}

const nextBatch = (db: SystemDb, { current }: KeyRing, after: string, batch: number) =>
  db
    .select()
    .from(totpFactors)
    .where(and(ne(totpFactors.keyId, current.kid), gt(totpFactors.id, after)))
    .orderBy(asc(totpFactors.id))
    .limit(batch)
    .for('update')

const NONE = '00000000-0000-0000-0000-000000000000'

/**
 * Moves the secrets of authenticator apps to the ring's current key, while servers that have both keys go on. Each row
 * is held while it is sealed anew; killed halfway it has done what it has done, and goes on when it is run again.
 */
export const reencryptFactors = async (
  database: Pick<Database, 'system'>,
  ring: KeyRing,
  { batch, pauseMs }: Pace = PACE,
): Promise<Reencrypted> => {
  const unreadable: string[] = []
  let moved = 0
  for (let after: string | undefined = NONE; after !== undefined;) {
    const start: string = after
    after = await database.system({}, 'write', async (db) => {
      const rows = await nextBatch(db, ring, start, batch)
      for (const row of rows)
        try {
          await sealAgain(db, ring, row)
          moved += 1
        } catch (error) {
          if (!(error instanceof SealBrokenError)) throw error
          unreadable.push(row.id)
        }
      return rows.length === batch ? rows.at(-1)?.id : undefined
    })
    if (after !== undefined) await sleep(pauseMs)
  }
  return { moved, unreadable }
}
