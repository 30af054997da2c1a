import { checkPassword, loadPasswordLists } from '@servai/auth/password-policy'
import { randomBytes } from 'node:crypto'
import { deriveToken, hashToken } from '@servai/auth/one-time-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { naturalKey } from '../../../contract/src/natural-key.ts'
import { GRANT_ROLES } from '../schema/enums.ts'
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from './demo-accounts.ts'
import { seedDemo } from './demo.ts'
import { freshDatabase } from './fresh-database.ts'

const tokenKeys = parseKeyRing(`demo:${randomBytes(32).toString('base64')}`)

const SUMMARY = {
  seeded: true,
  companies: 2,
  complexes: 3,
  buildings: 6,
  entrances: 11,
  units: 400,
  people: 700,
  users: 311,
}

describe('demo data', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let sql: postgres.Sql

  beforeAll(async () => {
    database = await freshDatabase()
    sql = postgres(database.systemUrl, { max: 1 })
    expect(await seedDemo({ systemUrl: database.systemUrl, passwordHash: 'hash', tokenKeys })).toMatchObject(SUMMARY)
  })
  afterAll(async () => {
    await sql.end()
    await database.drop()
  })

  it('is not entered a second time', async () => {
    expect(await seedDemo({ systemUrl: database.systemUrl, passwordHash: 'other', tokenKeys })).toEqual({
      seeded: false,
    })
    expect(await sql`select count(*)::int as n from people`).toEqual([{ n: 700 }])
  })

  it('is the same on every machine', async () => {
    const again = await freshDatabase()
    const other = postgres(again.systemUrl, { max: 1 })
    try {
      await seedDemo({ systemUrl: again.systemUrl, passwordHash: 'hash', tokenKeys })
      for (const table of ['companies', 'buildings', 'units', 'people', 'residencies', 'users', 'role_grants']) {
        const digest = `select md5(string_agg((to_jsonb(t) - 'created_at' - 'updated_at')::text, ',' order by t.id)) as md5 from ${table} t`
        expect(await other.unsafe(digest), table).toEqual([...(await sql.unsafe(digest))])
      }
    } finally {
      await other.end()
      await again.drop()
    }
  })

  it('gives every role to somebody, and somebody several', async () => {
    const roles = await sql<{ role: string }[]>`select distinct role from role_grants`
    expect(roles.map(({ role }) => role).sort()).toEqual([...GRANT_ROLES].sort())
    const residents = await sql`
      select u.email, p.company_id, count(*) filter (where r.ends_on is null)::int as homes
      from credentials c join users u on u.id = c.user_id join people p on p.user_id = u.id join residencies r on r.person_id = p.id
      group by u.email, p.company_id order by u.email`
    expect(residents.map(({ email }) => String(email).split('@')[0])).toEqual([
      'north.owner',
      'owner',
      'several',
      'tenant',
    ])
    expect(residents.every(({ homes }) => homes >= 1)).toBe(true)
  })

  it('shares out each building and each home exactly once', async () => {
    expect(
      await sql`select building_id from units group by building_id having sum(share_numerator) <> min(share_denominator)`,
    ).toEqual([])
    expect(
      await sql`
        select unit_id from residencies where kind = 'owner' group by unit_id
        having sum(share_numerator::numeric / share_denominator) not between 0.9999 and 1.0001`,
    ).toEqual([])
  })

  it('has residents with accounts, links that open homes nobody lives in, and people who ask for theirs', async () => {
    const [homes] = await sql`
      select count(distinct r.unit_id) filter (where p.user_id is not null)::int as connected,
             count(distinct r.unit_id)::int as inhabited
      from residencies r join people p on p.id = r.person_id where r.ends_on is null`
    expect(homes!.connected / homes!.inhabited).toBeGreaterThan(0.4)
    const open = await sql`
      select i.id, i.nonce, i.key_id as kid, i.token_hash from invites i
      where not exists (select from residencies r where r.unit_id = i.unit_id and r.ends_on is null)`
    expect(await sql`select count(*)::int as n from invites`).toEqual([{ n: open.length }])
    expect(open.length).toBeGreaterThan(5)
    for (const { id, nonce, kid, token_hash } of open)
      expect(hashToken(deriveToken(tokenKeys, { purpose: 'resident_invite', id, nonce, kid }))).toBe(token_hash)
    expect(await sql`select distinct status from claims`).toEqual([{ status: 'pending' }])
  })

  it('sorts its numbers as the product does', async () => {
    const rows = await sql<{ number: string; key: string }[]>`
      select number, number_sort as key from units union select number, number_sort from entrances
      union select name, name_sort from buildings`
    for (const { number, key } of rows) expect(key).toBe(naturalKey(number))
  })

  it('has a password that the policy accepts for every account', async () => {
    await loadPasswordLists()
    for (const { email, firstName, lastName } of DEMO_ACCOUNTS)
      expect(checkPassword(DEMO_PASSWORD, { minLength: 12, context: [email, firstName, lastName, 'servai'] })).toBe(
        null,
      )
  })
})
