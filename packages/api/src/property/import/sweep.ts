import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type SQL } from 'drizzle-orm'
import { IMPORT_ROWS_DAYS } from '@servai/contract/imports'
import type { Database, SystemDb } from '@servai/db'
import { importFiles, importRows, imports } from '@servai/db/schema/imports'
import { APPLIED_STATUS } from './undo.ts'

const HOURS_TO_READ = 24
const DAYS_TO_START = 7
const HOURS_TO_UNDO = 24

const BATCH_ROWS = 1_000
/** Between two batches, so that nobody waits for the sweep. */
const PAUSE_MS = 50

const endForgotten = async (db: SystemDb) => {
  await db.execute(sql`
    update ${imports} set status = 'failed', failure = 'import.expired', counts = '{}', finished_at = now()
    where status = 'reading' and created_at < now() - make_interval(hours => ${HOURS_TO_READ})`)
  await db.execute(sql`
    update ${imports} set status = 'cancelled', counts = '{}', finished_at = now()
    where status = 'ready' and created_at < now() - make_interval(days => ${DAYS_TO_START})`)
  await db.execute(sql`
    update ${imports} set status = ${APPLIED_STATUS}, undone_by = null,
      undo_refusal = '{"reason": "server.unexpected", "changed": null, "rows": []}'
    where status = 'undoing' and updated_at < now() - make_interval(hours => ${HOURS_TO_UNDO})`)
}

/** No use to anybody: of what was given up at once, of what was applied after so many days, when it cannot be undone any more. */
const ROWS_SERVED = sql`(i.status in ('failed', 'cancelled') or (i.status in ('done', 'done_with_errors', 'undone')
  and coalesce(i.undone_at, i.finished_at) < now() - make_interval(days => ${IMPORT_ROWS_DAYS})))`
const FILE_SERVED = sql`i.status <> 'reading'`

type Owner = { company: string; id: string }

/** Imports that hold pieces of `table` which have served. */
const ownersOf = (database: Pick<Database, 'system'>, table: SQL, hasServed: SQL) =>
  database.system({}, 'read', async (db) => {
    const answer = await db.execute<Owner>(sql`
      select i.company_id as company, i.id from ${imports} i where ${hasServed}
        and exists (select from ${table} d where d.company_id = i.company_id and d.import_id = i.id)`)
    // postgres.js answers an array of the rows selected.
    return answer as unknown as Owner[]
  })

const dropBatch = (database: Pick<Database, 'system'>, table: SQL, { company, id }: Owner) =>
  database.system({}, 'write', async (db) => {
    const answer = await db.execute(sql`
      delete from ${table} where ctid = any (array(
        select d.ctid from ${table} d where d.company_id = ${company}::uuid and d.import_id = ${id}::uuid
        limit ${BATCH_ROWS} for update skip locked))`)
    // postgres.js counts what the statement has deleted.
    return (answer as unknown as { count: number }).count
  })

const drop = async (database: Pick<Database, 'system'>, table: SQL, hasServed: SQL) => {
  for (const owner of await ownersOf(database, table, hasServed))
    while ((await dropBatch(database, table, owner)) === BATCH_ROWS) await sleep(PAUSE_MS)
}

/** Ends what nobody reads or starts any more, and lets go of files and rows that have served; the import itself stays. */
export const sweepImports = async (database: Pick<Database, 'system'>) => {
  await database.system({}, 'write', endForgotten)
  await drop(database, sql`${importFiles}`, FILE_SERVED)
  await drop(database, sql`${importRows}`, ROWS_SERVED)
}
