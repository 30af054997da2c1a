import { and, count, desc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { EXPORTS_AT_ONCE, EXPORT_TTL_HOURS, type createExportInput, type Export } from '@servai/contract/exports'
import { localeOf } from '@servai/contract/locales'
import { isReason } from '@servai/contract/reasons'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { companies } from '@servai/db/schema/companies'
import { exportFiles, exports } from '@servai/db/schema/exports'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { Ctx, RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { askerOf, type Bearer } from '../../principal.ts'
import { fileNameOf, type Asked } from './content.ts'
import { exporterOf } from './kinds.ts'
import { requireExport, requireTaking, type Taker } from './policy.ts'

export type ExportCtx = Ctx &
  Pick<RequestContext, 'address'> & { principal: Bearer & Taker & Pick<Principal, 'locale'> }
type OwnCtx = Ctx & { actor: Actor & { companyId: string | null } }

const HOUR_MS = 3_600_000
const OPEN = ['queued', 'running'] as const

/** As `x-servai-context` names it. */
export const contextKeyOf = ({ kind, companyId }: Actor) => `${kind}:${companyId}`

export const askedOf = (
  { kind, format, filter, locale, separator }: z.output<typeof createExportInput>,
  accountLocale: string,
): Asked => ({ kind, format, filter, locale: locale ?? localeOf(accountLocale), separator: separator ?? null })

/** Where the company's clock hangs. */
export const readTimezone = async (db: CompanyDb, companyId: string | null) => {
  const [company] = await db
    .select({ timezone: companies.timezone })
    .from(companies)
    .where(eq(companies.id, companyId ?? ''))
  if (!company) throw new DomainError('not_found', 'property.company_not_found')
  return company.timezone
}

/** For the log: what was searched for may be somebody's address. */
const auditedFilter = ({ filter }: Pick<Asked, 'filter'>) => ({ ...filter, ...(filter.q && { q: '…' }) })

export const auditExport = (
  ctx: Pick<ExportCtx, 'db' | 'actor' | 'requestId'> & { address?: string; sessionId?: string | null },
  asked: Asked,
  { rows, exportId }: { rows: number; exportId?: string },
) =>
  audit(ctx, {
    action: 'property.export',
    companyId: ctx.actor.companyId,
    actorId: ctx.actor.userId,
    sessionId: ctx.sessionId ?? null,
    ...(exportId && { entity: 'exports', entityId: exportId }),
    details: { kind: asked.kind, format: asked.format, filter: auditedFilter(asked), rows },
  })

const SHOWN = {
  id: exports.id,
  kind: exports.kind,
  format: exports.format,
  status: exports.status,
  rows: exports.rows,
  totalRows: exports.totalRows,
  fileName: exports.fileName,
  fileBytes: exports.fileBytes,
  failure: exports.failure,
  createdAt: exports.createdAt,
  finishedAt: exports.finishedAt,
  expiresAt: exports.expiresAt,
}

/** Those made in the same capacity, until they expire. */
export const ownExports = ({ actor, now }: Pick<OwnCtx, 'actor' | 'now'>) =>
  and(
    eq(exports.createdBy, actor.userId ?? ''),
    eq(exports.contextKey, contextKeyOf(actor)),
    gt(exports.expiresAt, now()),
  )

type Row = { failure: string | null; createdAt: Date; finishedAt: Date | null; expiresAt: Date }

const present = <T extends Row>({ failure, createdAt, finishedAt, expiresAt, ...shown }: T) => ({
  ...shown,
  failure: failure !== null && isReason(failure) ? failure : null,
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt && finishedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})

const MOST_LISTED = 50

export const listExports = async (ctx: OwnCtx): Promise<{ items: Export[] }> => {
  const rows = await ctx.db
    .select(SHOWN)
    .from(exports)
    .where(ownExports(ctx))
    .orderBy(desc(exports.id))
    .limit(MOST_LISTED)
  return { items: rows.map(present) }
}

/** @throws not_found exports.not_found */
export const getExport = async (ctx: OwnCtx, { id }: { id: string }): Promise<Export> => {
  const [row] = await ctx.db
    .select(SHOWN)
    .from(exports)
    .where(and(eq(exports.id, id), ownExports(ctx)))
  if (!row) throw new DomainError('not_found', 'exports.not_found')
  return present(row)
}

/**
 * Leaves a list to the worker.
 *
 * @throws forbidden auth.forbidden, what `requireTaking` throws, conflict exports.too_many, limited request.rate_limited
 */
export const createExport = async (ctx: ExportCtx, input: z.output<typeof createExportInput>): Promise<Export> => {
  const { db, actor, services, principal, now } = ctx
  const asked = askedOf(input, principal.locale)
  requireExport(actor, exporterOf(asked.kind).access)
  requireTaking(principal, asked.kind, now())
  await enforce(services, { export: actor.userId ?? '' })
  // One after the other: whoever asks twice at once is counted twice.
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`export ${actor.userId}`}, 0))`)
  const [open] = await db
    .select({ count: count() })
    .from(exports)
    .where(and(ownExports(ctx), inArray(exports.status, OPEN)))
  if ((open?.count ?? 0) >= EXPORTS_AT_ONCE) throw new DomainError('conflict', 'exports.too_many')
  const timezone = await readTimezone(db, actor.companyId)
  const id = uuidv7()
  await db.insert(exports).values({
    ...asked,
    id,
    contextKey: contextKeyOf(actor),
    fileName: fileNameOf(asked, timezone, now()),
    createdBy: actor.userId ?? '',
    expiresAt: new Date(now().getTime() + EXPORT_TTL_HOURS * HOUR_MS),
  })
  await emit(ctx, 'exports.requested', {
    companyId: actor.companyId ?? '',
    exportId: id,
    requestId: ctx.requestId,
    ...askerOf(principal),
  })
  return getExport(ctx, { id })
}

/** Whoever writes it finds out at the next piece. One that has ended stays as it is. @throws not_found exports.not_found */
export const cancelExport = async (ctx: OwnCtx, { id }: { id: string }): Promise<Export> => {
  const { db, now } = ctx
  await getExport(ctx, { id })
  const [cancelled] = await db
    .update(exports)
    .set({ status: 'cancelled', cancelRequestedAt: now(), finishedAt: now() })
    .where(and(eq(exports.id, id), inArray(exports.status, OPEN)))
    .returning({ id: exports.id })
  if (cancelled) await db.delete(exportFiles).where(eq(exportFiles.exportId, id))
  return getExport(ctx, { id })
}

export const nextPiece = async (db: CompanyDb, exportId: string, piece: number) => {
  const [row] = await db
    .select({ bytes: exportFiles.bytes })
    .from(exportFiles)
    .where(and(eq(exportFiles.exportId, exportId), eq(exportFiles.piece, piece)))
  return row?.bytes ?? null
}

export type ExportRow = typeof exports.$inferSelect

/**
 * Takes a waiting export, or one whose worker is gone, and begins it anew; null where there is nothing left to do.
 * `startedAt` then tells this run from every other.
 */
export const beginExport = async (db: CompanyDb, id: string, now: Date): Promise<ExportRow | null> => {
  const [row] = await db
    .update(exports)
    .set({ status: 'running', startedAt: now, rows: 0, totalRows: null })
    .where(and(eq(exports.id, id), inArray(exports.status, OPEN), gt(exports.expiresAt, now)))
    .returning()
  if (row) await db.delete(exportFiles).where(eq(exportFiles.exportId, id))
  return row ?? null
}

/** Somebody has cancelled it, or another worker has begun it anew. */
export class SupersededError extends Error {
  override name = 'SupersededError'
}

type Step = Partial<
  Pick<ExportRow, 'rows' | 'totalRows' | 'rights' | 'status' | 'failure' | 'fileBytes' | 'finishedAt'>
>

/** @throws SupersededError */
export const stepExport = async (db: CompanyDb, { id, startedAt }: ExportRow, step: Step) => {
  const [row] = await db
    .update(exports)
    .set(step)
    .where(and(eq(exports.id, id), eq(exports.status, 'running'), eq(exports.startedAt, startedAt ?? new Date(0))))
    .returning({ id: exports.id })
  if (!row) throw new SupersededError()
}

export const keepPiece = (db: CompanyDb, exportId: string, piece: number, bytes: Buffer) =>
  db.insert(exportFiles).values({ exportId, piece, bytes })

export const dropPieces = (db: CompanyDb, exportId: string) =>
  db.delete(exportFiles).where(eq(exportFiles.exportId, exportId))

/** With their pieces. */
export const dropExpired = (db: SystemDb) => db.delete(exports).where(lte(exports.expiresAt, sql`now()`))
