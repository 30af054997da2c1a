import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { and, eq, sql } from 'drizzle-orm'
import { IMPORT_LIMITS, type ImportMapping } from '@servai/contract/imports'
import { importFiles, importMappings, importRows, imports } from '@servai/db/schema/imports'
import type { Actor } from '../../actor.ts'
import { DomainError } from '../../errors.ts'
import { evaluate, loadImport, type InCompany, type LoadedImport } from './evaluate.ts'
import { detectMapping, hashOf } from './header.ts'
import { readInThread } from './reader.ts'
import type { SheetRow } from './sheet.ts'

const PROGRESS_INTERVAL_MS = 1_000

/** Somebody has ended the import while it was read. */
class EndedError extends Error {
  override name = 'EndedError'
}

/** Writes the pieces to a file of its own, piece by piece. @throws DomainError import.expired when there are none */
const spool = async (inCompany: InCompany, importId: string, path: string) => {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  let pieces = 0
  for (;;) {
    const [found] = await inCompany((db) =>
      db
        .select({ bytes: importFiles.bytes })
        .from(importFiles)
        .where(and(eq(importFiles.importId, importId), eq(importFiles.piece, pieces))),
    )
    if (!found) break
    pieces++
    if (!file.write(found.bytes)) await new Promise<void>((resolve) => file.once('drain', resolve))
  }
  file.end()
  await finished(file)
  if (pieces === 0) throw new DomainError('not_found', 'import.expired')
}

const stage = (inCompany: InCompany, importId: string, rows: SheetRow[]) =>
  inCompany((db) =>
    db.execute(sql`
      insert into ${importRows} (import_id, row, state, cells)
      select ${importId}::uuid, r.row, 'skipped', r.cells
      from jsonb_to_recordset((${JSON.stringify(rows)}::text)::jsonb) as r (row int, cells jsonb)`),
  )

const chooseMapping = (inCompany: InCompany, { kind }: LoadedImport, headers: string[]) =>
  inCompany(async (db): Promise<ImportMapping> => {
    const [remembered] = await db
      .select({ mapping: importMappings.mapping })
      .from(importMappings)
      .where(and(eq(importMappings.kind, kind), eq(importMappings.headersHash, hashOf(headers))))
    return remembered?.mapping ?? detectMapping(kind, headers)
  })

/** Cells as the file has them, in place; whatever an earlier attempt has left goes first. */
const stageFile = async (inCompany: InCompany, { id, kind, fileName }: LoadedImport, companyId: string) => {
  await inCompany((db) => db.delete(importRows).where(eq(importRows.importId, id)))
  const folder = await mkdtemp(join(tmpdir(), 'servai-import-'))
  let headers: string[] = []
  let read = 0
  let toldAt = 0
  const tell = async () => {
    toldAt = performance.now()
    const [open] = await inCompany((db) =>
      db
        .update(imports)
        .set({ counts: { rows: read } })
        .where(and(eq(imports.id, id), eq(imports.status, 'reading')))
        .returning({ id: imports.id }),
    )
    if (!open) throw new EndedError('the import was ended')
  }
  try {
    const path = join(folder, 'file')
    await spool(inCompany, id, path)
    await readInThread(
      { companyId, fileName, path, kind, limits: IMPORT_LIMITS },
      {
        start: async (found) => {
          headers = found
        },
        take: async (rows) => {
          await stage(inCompany, id, rows)
          read += rows.length
          if (performance.now() - toldAt > PROGRESS_INTERVAL_MS) await tell()
        },
      },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return headers
}

export type Reading = { importId: string; companyId: string; inCompany: InCompany; actor: Actor }

/**
 * Reads the file of an import, says of each row what it would do, and lets go of the file.
 *
 * @returns `false` where there was nothing to do
 * @throws DomainError
 */
export const readImport = async ({ importId, companyId, inCompany, actor }: Reading) => {
  const found = await inCompany((db) => loadImport(db, importId))
  if (found?.status !== 'reading') return false
  try {
    const headers = await stageFile(inCompany, found, companyId)
    const mapping = await chooseMapping(inCompany, found, headers)
    return await settle(inCompany, { ...found, headers }, mapping, actor)
  } catch (error) {
    if (error instanceof EndedError) return false
    throw error
  }
}

/** The same for cells that are there already, after somebody has said what their columns mean. */
export const readAgain = async ({ importId, inCompany, actor }: Reading) => {
  const found = await inCompany((db) => loadImport(db, importId))
  if (found?.status !== 'reading' || !found.headers) return false
  return settle(inCompany, found, found.mapping ?? {}, actor)
}

const settle = async (inCompany: InCompany, found: LoadedImport, mapping: ImportMapping, actor: Actor) => {
  const counts = await evaluate(inCompany, found, mapping, actor)
  return inCompany(async (db) => {
    const [ready] = await db
      .update(imports)
      .set({ status: 'ready', headers: found.headers, mapping, counts })
      .where(and(eq(imports.id, found.id), eq(imports.status, 'reading')))
      .returning({ id: imports.id })
    await db.delete(importFiles).where(eq(importFiles.importId, found.id))
    return ready !== undefined
  })
}
