import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { naturalKey } from '../../../contract/src/natural-key.ts'
import { freshDatabase } from './fresh-database.ts'
import { LARGE_TABLES } from './large-statements.ts'
import { AlreadySeededError, seedLarge } from './large.ts'

describe('large data', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let sql: postgres.Sql
  const seed = () => seedLarge({ ownerUrl: database.ownerUrl, passwordHash: 'hash', complexes: [2, 1] })

  beforeAll(async () => {
    database = await freshDatabase()
    sql = postgres(database.systemUrl, { max: 1 })
    expect(await seed()).toEqual({
      companies: 2,
      users: 744,
      credentials: 744,
      complexes: 3,
      buildings: 9,
      entrances: 30,
      units: 750,
      people: 1800,
      residencies: 1950,
      role_grants: 24,
      staff_profiles: 24,
    })
  })
  afterAll(async () => {
    await sql.end()
    await database.drop()
  })

  it('is not entered a second time, and the attempt changes nothing', async () => {
    await expect(seed()).rejects.toThrow(AlreadySeededError)
    expect(await sql`select count(*)::int as n from units`).toEqual([{ n: 750 }])
  })

  it('leaves walls and triggers standing', async () => {
    expect(
      await sql`select relname from pg_class where relname = any (${[...LARGE_TABLES]}) and not relforcerowsecurity`,
    ).toEqual([])
    expect(await sql`select tgname from pg_trigger where tgenabled <> 'O'`).toEqual([])
    expect(await sql`select action from audit_log`).toEqual([{ action: 'seed.large' }])
  })

  it('shares out each building exactly once', async () => {
    expect(
      await sql`select building_id from units group by building_id having sum(share_numerator) <> min(share_denominator)`,
    ).toEqual([])
  })

  it('sorts its numbers as the product does', async () => {
    const rows = await sql<{ number: string; key: string }[]>`
      select number, number_sort as key from units union select number, number_sort from entrances
      union select name, name_sort from buildings`
    for (const { number, key } of rows) expect(key).toBe(naturalKey(number))
  })

  it('settles people in homes of their own complex, one owner each', async () => {
    expect(
      await sql`
        select count(*)::int as homes from units u
        where type in ('apartment', 'studio') and (
          select count(*) from residencies r where r.unit_id = u.id and r.kind = 'owner'
        ) <> 1`,
    ).toEqual([{ homes: 0 }])
  })
})
