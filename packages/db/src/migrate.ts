import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyPending } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import type { Database } from './index.ts'

/** Both this file and a bundled app stand three folders below the root. */
const FOLDER = fileURLToPath(new URL('../../../drizzle', import.meta.url))
const LOCK = 7_306_114_920

/**
 * Applies what is pending, all of it in one transaction, by one of several instances that start together: the
 * advisory lock lives on a connection of its own and goes with it.
 *
 * @throws what the failing statement threw; nothing was applied
 */
export const migrate = async (ownerUrl: string, folder = FOLDER) => {
  const sql = postgres(ownerUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'servai-migrate', lock_timeout: 120_000 },
  })
  try {
    await sql`select pg_advisory_lock(${LOCK})`
    await applyPending(drizzle(sql), { migrationsFolder: folder })
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** How many migrations this code has and the database lacks. */
export const pendingMigrations = async (database: Pick<Database, 'lookup'>, folder = FOLDER) => {
  const journal = JSON.parse(await readFile(`${folder}/meta/_journal.json`, 'utf8')) as { entries: { when: number }[] }
  const [table] = await database.lookup(
    `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'drizzle' and c.relname = '__drizzle_migrations' and has_table_privilege(c.oid, 'select')`,
    [],
  )
  if (!table) return journal.entries.length
  const [last] = await database.lookup<{ at: string | null }>(
    'select max(created_at)::text as at from drizzle.__drizzle_migrations',
    [],
  )
  return journal.entries.filter((entry) => entry.when > Number(last?.at ?? 0)).length
}

// By file name, because in a bundle this module shares the entry's own URL.
if (process.argv[1]?.endsWith('migrate.ts')) {
  // oxlint-disable-next-line no-process-env
  const url = process.env.DATABASE_OWNER_URL
  if (!url) throw new Error('DATABASE_OWNER_URL is not set')
  await migrate(url)
}
