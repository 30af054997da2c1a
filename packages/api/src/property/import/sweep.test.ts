import { importFiles, importRows, imports } from '@servai/db/schema/imports'
import { buildCompany, database } from '@servai/db/test/factories'
import { eq } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import { expect, it } from 'vitest'
import { sweepImports } from './jobs.ts'

const DAY_MS = 86_400_000

/** An import with its file and one row, as it was that many days ago. */
const leave = async (status: 'reading' | 'ready' | 'done' | 'failed' | 'cancelled', days: number) => {
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
      ...(['done', 'failed', 'cancelled'].includes(status) && { finishedAt: at }),
    })
    await db.insert(importFiles).values({ companyId, importId: id, piece: 0, bytes: Buffer.from('file') })
    await db.insert(importRows).values({ companyId, importId: id, row: 2, state: 'new', cells: ['1'] })
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
    done: await leave('done', 3),
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
    failed: { status: 'failed', failure: 'import.unreadable', files: 0, rows: 0 },
    cancelled: { status: 'cancelled', failure: null, files: 0, rows: 0 },
  })
})
