import { eq, getTableColumns, sql } from 'drizzle-orm'
import type { z } from 'zod'
import {
  IMPORT_COUNTS,
  IMPORT_ROWS_DAYS,
  type importSummary,
  type ImportCounts,
  type ImportStatus,
} from '@servai/contract/imports'
import { isReason } from '@servai/contract/reasons'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { imports } from '@servai/db/schema/imports'
import { users } from '@servai/db/schema/users'
import { allowedActions } from './policy.ts'

type Summary = z.input<typeof importSummary>

export const {
  deletedAt: _deletedAt,
  deletedBy: _deletedBy,
  deletedWith: _deletedWith,
  ...columns
} = getTableColumns(imports)

export const selectRows = (db: CompanyDb, keys: ReturnType<typeof sql>) =>
  db
    .select({ ...columns, complexName: complexes.name, firstName: users.firstName, lastName: users.lastName })
    .from(imports)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${imports.id}`)
    .leftJoin(complexes, eq(complexes.id, imports.complexId))
    .leftJoin(users, eq(users.id, imports.createdBy))

export type Found = Awaited<ReturnType<typeof selectRows>>[number]

export const countsOf = (counts: Record<string, number>) =>
  // The keys are those of the list.
  Object.fromEntries(IMPORT_COUNTS.map((name) => [name, counts[name] ?? 0])) as ImportCounts

const DAY_MS = 86_400_000
const STALLED_MS = 10_000
const UNDER_WAY: readonly ImportStatus[] = ['reading', 'queued', 'running', 'undoing']
/** It may be undone, or has been. */
export const APPLIED: readonly ImportStatus[] = ['done', 'done_with_errors', 'undone']

const rowsUntil = ({ status, finishedAt, undoneAt }: Pick<Found, 'status' | 'finishedAt' | 'undoneAt'>) => {
  const endedAt = APPLIED.includes(status) ? (undoneAt ?? finishedAt) : null
  return endedAt && new Date(endedAt.getTime() + IMPORT_ROWS_DAYS * DAY_MS)
}

export const areRowsGone = (row: Parameters<typeof rowsUntil>[0], now: Date) => {
  const until = rowsUntil(row)
  return until !== null && until <= now
}

const refusalOf = ({ undoRefusal }: Found): Summary['undoRefusal'] =>
  undoRefusal && {
    ...undoRefusal,
    reason: isReason(undoRefusal.reason) ? undoRefusal.reason : 'server.unexpected',
  }

export const present = (row: Found, now: Date): Summary => {
  const counts = countsOf(row.counts)
  const isGone = areRowsGone(row, now)
  const isCancelling = row.cancelRequestedAt !== null && row.status !== 'cancelled'
  return {
    id: row.id,
    version: row.version,
    kind: row.kind,
    complex: row.complexId === null ? null : { id: row.complexId, name: row.complexName ?? '' },
    status: row.status,
    fileName: row.fileName,
    fileBytes: row.fileBytes,
    counts,
    failure: isReason(row.failure) ? row.failure : null,
    isCancelling,
    isStalled: UNDER_WAY.includes(row.status) && now.getTime() - row.updatedAt.getTime() > STALLED_MS,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.firstName === null ? null : { name: `${row.firstName} ${row.lastName ?? ''}`.trim() },
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    undoneAt: row.undoneAt?.toISOString() ?? null,
    undoRefusal: refusalOf(row),
    rowsUntil: rowsUntil(row)?.toISOString() ?? null,
    areRowsGone: isGone,
    allowed: allowedActions({ status: row.status, counts, isCancelling, areRowsGone: isGone }),
  }
}
