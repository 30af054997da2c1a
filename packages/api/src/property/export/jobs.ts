import { EXPORT_FILTERS, CSV_SEPARATORS } from '@servai/contract/exports'
import { localeOf } from '@servai/contract/locales'
import type { Reason } from '@servai/contract/reasons'
import type { CompanyDb, Database, Mode } from '@servai/db'
import { loadGrants, loadKeyRights } from '@servai/db/principal'
import { platformOf, staffOf, type Actor } from '../../actor.ts'
import type { Ctx } from '../../context.ts'
import { domainErrorOf, DomainError, isRetryable } from '../../errors.ts'
import type { Events } from '../../events.ts'
import type { JobCtx, JobOutcome } from '../../jobs.ts'
import { retrying } from '../../retry.ts'
import { writeExport, type Asked, type Read } from './content.ts'
import { exporterOf } from './kinds.ts'
import { requireExport, requireSameRights, rightsOf } from './policy.ts'
import {
  auditExport,
  beginExport,
  dropExpired,
  dropPieces,
  keepPiece,
  readTimezone,
  stepExport,
  SupersededError,
  type ExportRow,
} from './service.ts'
import { XLSX_MAX_ROWS } from './xlsx.ts'

type Payload = Events['exports.requested']
type Transact = <T>(mode: Mode, work: (db: CompanyDb) => Promise<T>) => Promise<T>

const PIECE_BYTES = 512 * 1024
/** Longest silence about how far it is. */
const STEP_MS = 500

/** Whoever asked for it, or the key they asked with, with the rights of this moment. @throws forbidden auth.forbidden */
const loadActor = async (
  database: Database,
  { createdBy: userId, companyId, contextKey }: ExportRow,
  { apiKeyId }: Payload,
) => {
  const grants = apiKeyId
    ? ((await loadKeyRights(database, apiKeyId))?.grants ?? [])
    : await loadGrants(database, userId)
  const found = contextKey.startsWith('platform:') ? platformOf : staffOf
  const actor = found({ userId, grants }, companyId)
  if (!actor) throw new DomainError('forbidden', 'auth.forbidden')
  return actor
}

const askedAgain = ({ kind, format, filter, locale, separator }: ExportRow): Asked => ({
  kind,
  format,
  filter: EXPORT_FILTERS[kind].parse(filter),
  locale: localeOf(locale),
  separator: CSV_SEPARATORS.find((known) => known === separator) ?? null,
})

// A list takes its rows from `db` as `actor` may see them; the rest of a request it has no use for.
const listCtx = ({ now }: JobCtx, { requestId }: Payload, db: CompanyDb, actor: Actor) =>
  ({ db, actor, requestId, now }) as unknown as Ctx

const writePieces = async (job: JobCtx, payload: Payload, row: ExportRow, transact: Transact) => {
  const asked = askedAgain(row)
  const { access, count } = exporterOf(asked.kind)
  const read = async <T>(work: (ctx: Ctx) => Promise<T>) => {
    const actor = await loadActor(job.database, row, payload)
    requireExport(actor, access)
    return transact('read', (db) => work(listCtx(job, payload, db, actor)))
  }
  const { actor, total, timezone } = await read(async (ctx) => ({
    actor: ctx.actor,
    total: await count(ctx, asked.filter, XLSX_MAX_ROWS + 1),
    timezone: await readTimezone(ctx.db, row.companyId),
  }))
  if (asked.format === 'xlsx' && total > XLSX_MAX_ROWS) throw new DomainError('too_large', 'exports.too_large')
  const rights = rightsOf(actor)
  await transact('write', (db) => stepExport(db, row, { totalRows: total, rights }))
  const readOn: Read = (work) =>
    read((ctx) => {
      requireSameRights(ctx.actor, rights)
      return work(ctx)
    })

  let rows = 0
  let fileBytes = 0
  let piece = 0
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let steppedAt = performance.now()
  for await (const chunk of writeExport(asked, timezone, readOn, (more) => (rows += more))) {
    waiting.push(chunk)
    waitingBytes += chunk.length
    fileBytes += chunk.length
    const isFull = waitingBytes >= PIECE_BYTES
    if (!isFull && performance.now() - steppedAt < STEP_MS) continue
    await transact('write', async (db) => {
      await stepExport(db, row, { rows })
      if (isFull) await keepPiece(db, row.id, piece, Buffer.concat(waiting))
    })
    steppedAt = performance.now()
    if (!isFull) continue
    piece++
    waiting = []
    waitingBytes = 0
  }
  await transact('write', async (db) => {
    await stepExport(db, row, { status: 'done', rows, fileBytes, finishedAt: job.now() })
    await keepPiece(db, row.id, piece, Buffer.concat(waiting))
    await auditExport({ db, actor, requestId: payload.requestId, sessionId: payload.sessionId ?? null }, asked, {
      rows,
      exportId: row.id,
    })
  })
}

/**
 * Writes a list to a file, piece after piece. Begun again after a crash it starts over; cancelled, it stops at the next
 * piece. The rights of whoever asked are looked up again for every page,
 * and have to be the same.
 */
export const runExport = async (job: JobCtx, payload: Payload): Promise<JobOutcome> => {
  const { database, log, now } = job
  const { exportId, ...scope } = payload
  const transact: Transact = (mode, work) => retrying(() => database.company(scope, mode, work))
  const row = await transact('write', (db) => beginExport(db, exportId, now()))
  if (!row) return 'skipped'

  const fail = (failure: Reason) =>
    transact('write', async (db) => {
      await stepExport(db, row, { status: 'failed', failure, finishedAt: now() })
      await dropPieces(db, exportId)
    })
  try {
    await writePieces(job, payload, row, transact)
  } catch (error) {
    if (error instanceof SupersededError) return 'skipped'
    const known = domainErrorOf(error)
    if (isRetryable(error) || known?.code === 'unavailable') throw error
    if (!known) log.error({ err: error, exportId }, 'export failed')
    await fail(known?.reason ?? 'server.unexpected')
  }
  return 'done'
}

/** Files of more than a day, and what was asked for them. */
export const sweepExports = (database: Database) => database.system({}, 'write', dropExpired)
