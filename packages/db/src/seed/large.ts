import postgres from 'postgres'
import { LARGE_STATEMENTS, LARGE_TABLES } from './large-statements.ts'
import { namesOf } from './names.ts'
import { hashSeedPassword } from './password.ts'

/** Number of complexes of each company; every complex has 250 units, 600 people and 6 of staff. */
const COMPLEXES = [200, 20, ...Array.from({ length: 18 }, () => 1)]

export class AlreadySeededError extends Error {
  override name = 'AlreadySeededError'
}

export type LargeOptions = { ownerUrl: string; passwordHash: string; complexes?: readonly number[] }

/**
 * The big customer (200 complexes, 600 buildings, 2,000 entrances, 50,000 units, 120,000 people, 1,200 staff), a
 * company of 5,000 units and 18 small ones, as one transaction of the owner: row-level security and the audit trigger
 * are lifted inside it and stand again before anybody else can look. The same rows on every machine.
 *
 * @throws AlreadySeededError
 */
export const seedLarge = async ({ ownerUrl, passwordHash, complexes = COMPLEXES }: LargeOptions) => {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined })
  try {
    const counts = await sql.begin(async (tx) => {
      for (const table of LARGE_TABLES)
        await tx.unsafe(`alter table ${table} no force row level security; alter table ${table} disable trigger user`)
      const [first] = await tx`select from companies where registration_number = 'LARGE-001'`
      if (first) throw new AlreadySeededError('the large data is in this database already')

      await createInputs(tx, complexes, passwordHash)
      const inserted: Record<string, number> = {}
      for (const [table, statement] of LARGE_STATEMENTS)
        inserted[table] = (inserted[table] ?? 0) + (await tx.unsafe(statement)).count
      await tx`insert into platform_settings (key, value) values ('security.staffSecondFactor', 'false') on conflict do nothing`
      await tx`insert into audit_log (action, after) values ('seed.large', ${tx.json(inserted)})`

      for (const table of LARGE_TABLES)
        await tx.unsafe(`alter table ${table} enable trigger user; alter table ${table} force row level security`)
      return inserted
    })
    for (const table of LARGE_TABLES) await sql.unsafe(`vacuum analyze ${table}`)
    return counts
  } finally {
    await sql.end({ timeout: 5 })
  }
}

const createInputs = async (tx: postgres.TransactionSql, complexes: readonly number[], passwordHash: string) => {
  // A UUID of version 7: kind and number decide its bits, and numbers in order give ids in order.
  await tx.unsafe(`
    create function pg_temp.seed_id(kind text, n bigint) returns uuid language sql immutable parallel safe as $$
      select (lpad(to_hex(1770015600000 + n), 12, '0') || '7' || substr(md5(kind || n), 1, 3)
        || '8' || substr(md5(kind || n), 4, 15))::uuid
    $$`)
  const { first: bgFirst, last: bgLast } = namesOf('bg')
  const { first: ruFirst, last: ruLast } = namesOf('ru')
  const { first: enFirst, last: enLast } = namesOf('en')
  await tx`
    create temp table seed_language on commit drop as
    select * from (values
      (0, 'bg', ${bgFirst}::text[], ${bgLast}::text[]),
      (1, 'ru', ${ruFirst}::text[], ${ruLast}::text[]),
      (2, 'en', ${enFirst}::text[], ${enLast}::text[])
    ) as languages (no, locale, first, last)`
  await tx`create temp table seed_password on commit drop as select ${passwordHash}::text as hash`
  await tx`
    create temp table seed_company on commit drop as
    select c.no, c.complexes, pg_temp.seed_id('company', c.no) as id,
      (sum(c.complexes) over (order by c.no) - c.complexes)::int as complexes_before
    from unnest(${[...complexes]}::int[]) with ordinality as c (complexes, no)`
  await tx`
    create temp table seed_complex on commit drop as
    select c.id as company_id, c.no as company_no, c.complexes_before + x as no,
      pg_temp.seed_id('complex', c.complexes_before + x) as id
    from seed_company c cross join lateral generate_series(1, c.complexes) x`
}

// By file name, because in a bundle this module shares the entry's own URL.
if (process.argv[1]?.endsWith('large.ts')) {
  // oxlint-disable-next-line no-process-env
  const { env } = process
  if (!env.DATABASE_OWNER_URL) throw new Error('DATABASE_OWNER_URL is not set')
  const started = performance.now()
  try {
    const counts = await seedLarge({ ownerUrl: env.DATABASE_OWNER_URL, passwordHash: await hashSeedPassword(env) })
    const seconds = Math.round(performance.now() - started) / 1000
    process.stdout.write(`${JSON.stringify({ ...counts, seconds })}\n`)
  } catch (error) {
    if (!(error instanceof AlreadySeededError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
