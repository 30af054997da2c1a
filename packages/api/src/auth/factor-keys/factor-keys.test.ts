import { randomBytes } from 'node:crypto'
import { parseKeyRing } from '@servai/auth/key-ring'
import { openSecret, sealSecret } from '@servai/auth/sealed-secret'
import { newTotpSecret } from '@servai/auth/totp'
import { totpFactors } from '@servai/db/schema/factors'
import { buildUser, database } from '@servai/db/test/factories'
import { eq, inArray } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import { expect, it } from 'vitest'
import { contextOf } from '../totp/service.ts'
import { reencryptFactors } from './service.ts'

const ROWS = 25
const newEntry = () => {
  const kid = `t${randomBytes(4).toString('hex')}`
  return { kid, entry: `${kid}:${randomBytes(32).toString('base64')}` }
}

/** Rows under a key of this test alone: others' rows are under keys that these rings do not have. */
const start = async () => {
  const [old, fresh] = [newEntry(), newEntry()]
  const both = parseKeyRing(`${fresh.entry},${old.entry}`)
  const before = parseKeyRing(old.entry)
  const rows = await Promise.all(
    Array.from({ length: ROWS }, async () => {
      const { id: userId } = await buildUser()
      const [id, secret] = [uuidv7(), newTotpSecret()]
      const { sealed, kid: keyId } = sealSecret(before, secret, contextOf(userId, id))
      const values = { id, userId, secretCipher: sealed, keyId, confirmedAt: new Date(), expiresAt: new Date() }
      await database.system({}, 'write', (db) => db.insert(totpFactors).values(values))
      return { id, userId, secret }
    }),
  )
  const stored = () =>
    database.system({}, 'read', (db) =>
      db
        .select()
        .from(totpFactors)
        .where(
          inArray(
            totpFactors.id,
            rows.map(({ id }) => id),
          ),
        ),
    )
  return { old, fresh, both, rows, stored }
}

it('moves every secret to the current key in batches, each still the same secret of the same account', async () => {
  const { fresh, both, rows, stored } = await start()
  const { moved, unreadable } = await reencryptFactors(database, both, { batch: 4, pauseMs: 0 })
  expect(moved).toBe(ROWS)
  for (const { id } of rows) expect(unreadable).not.toContain(id)
  const after = parseKeyRing(fresh.entry)
  for (const row of await stored()) {
    expect(row.keyId).toBe(fresh.kid)
    const opened = openSecret(after, { sealed: row.secretCipher, kid: row.keyId }, contextOf(row.userId, row.id))
    expect(opened).toEqual(rows.find(({ id }) => id === row.id)!.secret)
  }
  expect((await reencryptFactors(database, both)).moved).toBe(0)
})

it('goes on beside servers that use the rows, and beside itself', async () => {
  const { fresh, both, rows, stored } = await start()
  const use = async () => {
    for (let round = 0; round < 4; round += 1)
      for (const { id } of rows.slice(0, 5))
        await database.system({}, 'write', async (db) => {
          const [row] = await db.select().from(totpFactors).where(eq(totpFactors.id, id)).for('update')
          openSecret(both, { sealed: row!.secretCipher, kid: row!.keyId }, contextOf(row!.userId, row!.id))
          await db
            .update(totpFactors)
            .set({ lastStep: round + 1 })
            .where(eq(totpFactors.id, id))
        })
  }
  const [first, second] = await Promise.all([
    reencryptFactors(database, both, { batch: 3, pauseMs: 5 }),
    reencryptFactors(database, both, { batch: 5, pauseMs: 5 }),
    use(),
  ])
  expect(first.moved + second.moved).toBe(ROWS)
  const kept = await stored()
  expect(new Set(kept.map(({ keyId }) => keyId))).toEqual(new Set([fresh.kid]))
  expect(kept.filter(({ lastStep }) => lastStep === 4)).toHaveLength(5)
})

it('leaves alone and names what it cannot read, and goes on with the rest', async () => {
  const { fresh, both, old, rows, stored } = await start()
  const [altered, ...others] = rows
  await database.system({}, 'write', (db) =>
    db.update(totpFactors).set({ userId: others[0]!.userId, confirmedAt: null }).where(eq(totpFactors.id, altered!.id)),
  )
  const { moved, unreadable } = await reencryptFactors(database, both, { batch: 4, pauseMs: 0 })
  expect(moved).toBe(ROWS - 1)
  expect(unreadable).toContain(altered!.id)
  const left = await stored()
  expect(left.find(({ id }) => id === altered!.id)?.keyId).toBe(old.kid)
  expect(left.filter(({ keyId }) => keyId === fresh.kid)).toHaveLength(ROWS - 1)
})
