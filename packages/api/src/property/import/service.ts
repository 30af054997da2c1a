import { and, eq, inArray, sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { AuditEventName } from '@servai/contract/audit-names'
import {
  IMPORT_COLUMNS,
  missingColumns,
  type importDetail,
  type importRow,
  type ImportColumn,
  type ImportMapping,
  type ImportStatus,
  type listImportRowsInput,
  type listImportsInput,
  type mapImportInput,
} from '@servai/contract/imports'
import { importFiles, importMappings, importRows, imports } from '@servai/db/schema/imports'
import type { Ctx, RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit, type Topic } from '../../events.ts'
import { keyOfRow, keysOfPage, orderOfPage, startOf } from '../../keyset.ts'
import { encodeCursor, decodeCursor, toPage } from '../../page.ts'
import { askerOf, type Bearer } from '../../principal.ts'
import { requireVersion } from '../policy.ts'
import { audit } from '../../audit.ts'
import { visibleTo } from './policy.ts'
import { hashOf } from './header.ts'
import { execute } from './rows.ts'
import { dropRows } from './run.ts'
import { APPLIED, areRowsGone, columns, countsOf, present, selectRows, type Found } from './summary.ts'

export type ImportCtx = Ctx & Pick<RequestContext, 'address'> & { principal: Bearer }
type Target = { id: string; version?: number | undefined }
type Detail = z.input<typeof importDetail>
type Row = z.input<typeof importRow>

export const listImports = async (ctx: Ctx, input: z.output<typeof listImportsInput>) => {
  const keys = keysOfPage(imports, {
    where: and(
      visibleTo(ctx.actor),
      input.kind ? eq(imports.kind, input.kind) : undefined,
      input.status ? eq(imports.status, input.status) : undefined,
    ),
    sort: null,
    order: 'desc',
    start: startOf(input.cursor, null),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(null, 'desc'))
  const { items, nextCursor } = toPage(rows, input.limit, () => null)
  const now = ctx.now()
  return { items: items.map((row) => present(row, now)), nextCursor }
}

const findImport = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await selectRows(db, keyOfRow(imports, id, visibleTo(actor)))
  if (!row) throw new DomainError('not_found', 'import.not_found')
  return row
}

/** @throws not_found import.not_found */
export const getImportSummary = async (ctx: Ctx, id: string) => present(await findImport(ctx, id), ctx.now())

const SAMPLED_ROWS = 20
const SAMPLES = 3

const sampleOf = (rows: { cells: string[] }[], index: number) => [
  ...new Set(rows.map(({ cells }) => cells[index] ?? '').filter((text) => text !== '')),
]

/** @throws not_found import.not_found */
export const getImport = async (ctx: Ctx, { id }: { id: string }): Promise<Detail> => {
  const row = await findImport(ctx, id)
  const headers = row.headers ?? []
  const mapping: ImportMapping = row.mapping ?? {}
  const columnAt = new Map(Object.entries(mapping).map(([column, index]) => [index, column as ImportColumn]))
  const first = await ctx.db
    .select({ cells: importRows.cells })
    .from(importRows)
    .where(eq(importRows.importId, id))
    .orderBy(importRows.row)
    .limit(SAMPLED_ROWS)
  return {
    ...present(row, ctx.now()),
    columns: headers.map((header, index) => ({
      header,
      samples: sampleOf(first, index).slice(0, SAMPLES),
      column: columnAt.get(index) ?? null,
    })),
    missing: row.headers ? missingColumns(row.kind, mapping) : [],
  }
}

/** @throws not_found import.not_found, invalid request.invalid for a cursor of another import */
export const listImportRows = async (ctx: Ctx, { id, state, cursor, limit }: z.output<typeof listImportRowsInput>) => {
  await findImport(ctx, id)
  const position = decodeCursor(cursor)
  if (position && (position.id !== id || typeof position.value !== 'number'))
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })
  const rows = await ctx.db
    .select({
      row: importRows.row,
      state: importRows.state,
      cells: importRows.cells,
      problems: importRows.problems,
      changes: importRows.changes,
    })
    .from(importRows)
    .where(
      and(
        eq(importRows.importId, id),
        sql`${importRows.row} > ${position?.value ?? 0}`,
        state ? eq(importRows.state, state) : undefined,
      ),
    )
    .orderBy(importRows.row)
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(({ problems, changes, ...row }): Row => ({
      ...row,
      // The reader and the comparisons wrote these.
      problems: (problems ?? []) as Row['problems'],
      changes: (changes ?? {}) as Row['changes'],
    })),
    nextCursor: rows.length > limit && last ? encodeCursor({ value: last.row, id }) : null,
  }
}

/** @throws not_found import.not_found, conflict property.version_conflict, import.not_ready */
const lockImport = async (ctx: Ctx, { id, version }: Target, statuses: readonly ImportStatus[]) => {
  const [row] = await ctx.db
    .select(columns)
    .from(imports)
    .where(and(eq(imports.id, id), visibleTo(ctx.actor)))
    .for('no key update')
  if (!row) throw new DomainError('not_found', 'import.not_found')
  requireVersion(row, version)
  if (!statuses.includes(row.status)) throw new DomainError('conflict', 'import.not_ready')
  return row
}

type ImportTopic = Extract<Topic, `imports.${string}`>

/** Who asks, so that the worker can tell whether they still may. */
export const emitFor = async ({ principal, ...ctx }: ImportCtx, topic: ImportTopic, importId: string) => {
  const { companyId, userId } = ctx.actor
  if (companyId === null || userId === null) throw new TypeError('an import belongs to a person of a company')
  await emit(ctx, topic, { importId, companyId, userId, requestId: ctx.requestId, ...askerOf(principal) })
}

const auditStep = (ctx: ImportCtx, action: AuditEventName, row: Pick<Found, 'id' | 'kind' | 'fileName'>) =>
  audit(ctx, {
    action,
    companyId: ctx.actor.companyId,
    actorId: ctx.actor.userId,
    sessionId: askerOf(ctx.principal).sessionId,
    entity: 'imports',
    entityId: row.id,
    details: { kind: row.kind, fileName: row.fileName },
  })

const unknownColumn = (column: string) =>
  new DomainError('invalid', 'request.invalid', { issues: [{ path: ['mapping', column], code: 'unknown_column' }] })

/**
 * Says what the columns mean; the rows are read again. Remembered for files with the same headers.
 *
 * @throws not_found import.not_found, invalid request.invalid, conflict import.not_ready, property.version_conflict
 */
export const mapImport = async (ctx: ImportCtx, { mapping, ...target }: z.output<typeof mapImportInput>) => {
  const row = await lockImport(ctx, target, ['ready'])
  const headers = row.headers ?? []
  for (const [column, index] of Object.entries(mapping))
    if (index >= headers.length || !(IMPORT_COLUMNS[row.kind] as readonly string[]).includes(column))
      throw unknownColumn(column)
  await ctx.db.update(imports).set({ status: 'reading', mapping, counts: {} }).where(eq(imports.id, row.id))
  await ctx.db
    .insert(importMappings)
    .values({ kind: row.kind, headersHash: hashOf(headers), mapping })
    .onConflictDoUpdate({
      target: [importMappings.companyId, importMappings.kind, importMappings.headersHash],
      set: { mapping },
    })
  await emitFor(ctx, 'imports.mapped', row.id)
  return getImport(ctx, { id: row.id })
}

/** @throws not_found import.not_found, conflict import.not_ready, import.nothing_to_apply, property.version_conflict */
export const startImport = async (ctx: ImportCtx, target: Target) => {
  const row = await lockImport(ctx, target, ['ready'])
  const counts = countsOf(row.counts)
  if (counts.new + counts.changed + counts.unchanged === 0) throw new DomainError('conflict', 'import.nothing_to_apply')
  await ctx.db.update(imports).set({ status: 'queued' }).where(eq(imports.id, row.id))
  await auditStep(ctx, 'property.import_started', row)
  await emitFor(ctx, 'imports.started', row.id)
  return getImport(ctx, { id: row.id })
}

const WAITING = ['reading', 'ready', 'queued'] as const

/**
 * One that runs ends between two chunks, and nothing of it stays.
 *
 * @throws not_found import.not_found, conflict import.not_ready, property.version_conflict
 */
export const cancelImport = async (ctx: ImportCtx, target: Target) => {
  const row = await lockImport(ctx, target, [...WAITING, 'running'])
  await auditStep(ctx, 'property.import_cancelled', row)
  const { db, now } = ctx
  if (row.status === 'running') {
    await db.update(imports).set({ cancelRequestedAt: now() }).where(eq(imports.id, row.id))
    return getImport(ctx, { id: row.id })
  }
  await db
    .update(imports)
    .set({ status: 'cancelled', counts: {}, cancelRequestedAt: now(), finishedAt: now() })
    .where(and(eq(imports.id, row.id), inArray(imports.status, WAITING)))
  await db.delete(importFiles).where(eq(importFiles.importId, row.id))
  await dropRows(db, row.id)
  return getImport(ctx, { id: row.id })
}

/**
 * Leaves it to the worker to take back everything the import did, or nothing; what it comes to stands in the import.
 *
 * @throws not_found import.not_found, conflict import.already_undone, import.rows_gone, import.not_ready,
 *   property.version_conflict
 */
export const undoImport = async (ctx: ImportCtx, target: Target) => {
  const row = await lockImport(ctx, target, APPLIED)
  if (row.status === 'undone') throw new DomainError('conflict', 'import.already_undone')
  if (areRowsGone(row, ctx.now())) throw new DomainError('conflict', 'import.rows_gone')
  await ctx.db
    .update(imports)
    .set({ status: 'undoing', undoRefusal: null, undoneBy: ctx.actor.userId, counts: { ...row.counts, undone: 0 } })
    .where(eq(imports.id, row.id))
  await auditStep(ctx, 'property.import_undo_started', row)
  await emitFor(ctx, 'imports.undo_requested', row.id)
  return getImport(ctx, { id: row.id })
}

/** @throws not_found import.not_found */
export const getFileOf = async (ctx: Ctx, id: string) => {
  const { fileName, headers } = await findImport(ctx, id)
  return { fileName, headers: headers ?? [] }
}

export type RefusedRow = { row: number; cells: string[]; problems: Row['problems'] }

/** A page of the refused rows after `row`, for the file of refused rows. */
export const refusedRows = async ({ db }: Pick<Ctx, 'db'>, importId: string, after: number, limit: number) =>
  execute<RefusedRow>(
    db,
    sql`select row, cells, coalesce(problems, '[]') as problems from ${importRows}
      where import_id = ${importId}::uuid and state = 'refused' and row > ${after} order by row limit ${limit}`,
  )
