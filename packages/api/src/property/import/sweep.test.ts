import { importFiles, importRows, imports } from '@servai/db/schema/imports'
import { buildCompany, database } from '@servai/db/test/factories'
import { eq, sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import { expect, it } from 'vitest'
import { sweepImports } from './sweep.ts'

const DAY_MS = 86_400_000

/** An import with its file and one row, as it was that many days ago. */
const leave = async (
  status: 'reading' | 'ready' | 'done' | 'undone' | 'failed' | 'cancelled',
  days: number,
  rows = 1,
) => {
  const { id: companyId } = await buildCompany()
  const at = new Date(Date.now() - days * DAY_MS)
  const id = uuidv7()
  await database.system({}, 'write', async (db) => {
    await db.insert(imports).values({
      companyId,
      id,
      kind: 'units',
      status,
      fileName: 'units.csv',
      fileBytes: 4,
      createdBy: uuidv7(),
      createdAt: at,
      ...(status === 'failed' && { failure: 'import.unreadable' }),
      ...(['done', 'undone', 'failed', 'cancelled'].includes(status) && { finishedAt: at }),
    })
    await db.insert(importFiles).values({ companyId, importId: id, piece: 0, bytes: Buffer.from('file') })
    await db.execute(sql`insert into import_rows (company_id, import_id, row, state, cells)
      select ${companyId}, ${id}, n, 'new', '["1"]' from generate_series(2, ${rows + 1}::int) n`)
  })
  return id
}

const leftOf = (id: string) =>
  database.system({}, 'read', async (db) => {
    const [found] = await db
      .select({ status: imports.status, failure: imports.failure })
      .from(imports)
      .where(eq(imports.id, id))
    const files = await db.$count(importFiles, eq(importFiles.importId, id))
    const rows = await db.$count(importRows, eq(importRows.importId, id))
    return { ...found, files, rows }
  })

it('lets go of the file and the rows of what has ended, whenever that was, and of nothing else', async () => {
  const ids = {
    reading: await leave('reading', 0),
    unread: await leave('reading', 2),
    ready: await leave('ready', 2),
    forgotten: await leave('ready', 8),
    done: await leave('done', 29),
    served: await leave('done', 31, 2_500),
    undone: await leave('undone', 29),
    undoneLongAgo: await leave('undone', 31),
    failed: await leave('failed', 3),
    cancelled: await leave('cancelled', 0),
  }
  await sweepImports(database)
  const left = Object.fromEntries(
    await Promise.all(Object.entries(ids).map(async ([name, id]) => [name, await leftOf(id)])),
  )
  expect(left).toEqual({
    reading: { status: 'reading', failure: null, files: 1, rows: 1 },
    unread: { status: 'failed', failure: 'import.expired', files: 0, rows: 0 },
    ready: { status: 'ready', failure: null, files: 0, rows: 1 },
    forgotten: { status: 'cancelled', failure: null, files: 0, rows: 0 },
    done: { status: 'done', failure: null, files: 0, rows: 1 },
    served: { status: 'done', failure: null, files: 0, rows: 0 },
    undone: { status: 'undone', failure: null, files: 0, rows: 1 },
    undoneLongAgo: { status: 'undone', failure: null, files: 0, rows: 0 },
    failed: { status: 'failed', failure: 'import.unreadable', files: 0, rows: 0 },
    cancelled: { status: 'cancelled', failure: null, files: 0, rows: 0 },
  })
})

it('does not wait for a row that somebody holds, and comes back for it', async () => {
  const id = await leave('done', 31)
  await database.system({}, 'write', async (db) => {
    await db.execute(sql`select from import_rows where import_id = ${id} for update`)
    await sweepImports(database)
  })
  expect(await leftOf(id)).toMatchObject({ rows: 1 })
  await sweepImports(database)
  expect(await leftOf(id)).toMatchObject({ status: 'done', rows: 0 })
})
