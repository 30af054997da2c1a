import { and, eq } from 'drizzle-orm'
import type { z } from 'zod'
import { EXPORT_DIRECT_ROWS, type createExportInput, type ExportFormat } from '@servai/contract/exports'
import type { Mode } from '@servai/db'
import { exports } from '@servai/db/schema/exports'
import type { Role } from '@servai/contract/roles'
import { admitActor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { askerOf, callerOf, requirePrincipal, scopeOf } from '../../principal.ts'
import { retrying } from '../../retry.ts'
import { fileNameOf, writeExport } from './content.ts'
import { exporterOf } from './kinds.ts'
import { EXPORT_ACCESS, requireExport, requireSameRights, requireTaking, rightsOf } from './policy.ts'
import { askedOf, auditExport, nextPiece, ownExports, readTimezone, type ExportCtx } from './service.ts'

export type Download = {
  fileName: string
  format: ExportFormat
  /** Where it is known. */
  bytes: number | null
  /** Leaving the loop stops the reading. */
  content: AsyncGenerator<Buffer>
}

/** The same gate that procedures with this access have; asked again for every page. */
const admit = async (request: RequestContext, access: readonly Role[]) => {
  const principal = await requirePrincipal(request)
  if (!principal.emailVerified) throw new DomainError('forbidden', 'auth.email_not_verified')
  const actor = admitActor(principal, request.contextKey, 'query')
  requireExport(actor, access)
  const { companyId } = actor
  if (!companyId) throw new DomainError('invalid', 'auth.context_required')
  return { principal, actor, companyId }
}

type Gate = { access: readonly Role[]; rights: string | null }

/** Transactions that end with the rights of the first, or with those given: no file is of two scopes. */
const inCompany = (request: RequestContext, { access, rights: given }: Gate) => {
  let rights = given
  return async <T>(mode: Mode, work: (ctx: ExportCtx) => Promise<T>): Promise<T> => {
    const { principal, actor, companyId } = await admit(request, access)
    rights ??= rightsOf(actor)
    requireSameRights(actor, rights)
    const { services, requestId, address } = request
    const scope = { ...scopeOf({ principal, requestId, address }), companyId }
    return retrying(() =>
      services.database.company(scope, mode, (db) =>
        work({ db, actor, principal, services, requestId, address, now: services.now }),
      ),
    )
  }
}

/**
 * A short list, read while it is sent. It is written down before the first byte. The content ends with
 * exports.rights_changed where the rights do.
 *
 * @throws unauthenticated, forbidden, limited request.rate_limited, too_large exports.too_large: leave it to the worker
 */
export const openExport = async (
  request: RequestContext,
  input: z.output<typeof createExportInput>,
): Promise<Download> => {
  const { access, count } = exporterOf(input.kind)
  const { principal } = await admit(request, access)
  requireTaking(principal, input.kind, request.services.now())
  await enforce(request.services, { ...callerOf(principal), export: principal.userId })
  const transact = inCompany(request, { access, rights: null })
  const asked = askedOf(input, principal.locale)
  const timezone = await transact('write', async (ctx) => {
    const rows = await count(ctx, asked.filter, EXPORT_DIRECT_ROWS + 1)
    if (rows > EXPORT_DIRECT_ROWS) throw new DomainError('too_large', 'exports.too_large')
    await auditExport({ ...ctx, sessionId: askerOf(principal).sessionId }, asked, { rows })
    return readTimezone(ctx.db, ctx.actor.companyId)
  })
  return {
    fileName: fileNameOf(asked, timezone, request.services.now()),
    format: asked.format,
    bytes: null,
    content: writeExport(asked, timezone, (work) => transact('read', work)),
  }
}

async function* piecesOf(exportId: string, transact: ReturnType<typeof inCompany>): AsyncGenerator<Buffer> {
  for (let piece = 0; ; piece++) {
    const bytes = await transact('read', ({ db }) => nextPiece(db, exportId, piece))
    if (!bytes) return
    yield bytes
  }
}

/**
 * A file that the worker has finished, for whoever asked for it and still has the rights it was made with.
 *
 * @throws unauthenticated, forbidden, not_found exports.not_found, conflict exports.rights_changed
 */
export const openExportFile = async (request: RequestContext, { id }: { id: string }): Promise<Download> => {
  const { principal } = await admit(request, EXPORT_ACCESS.registry)
  await enforce(request.services, callerOf(principal))
  const row = await inCompany(request, { access: EXPORT_ACCESS.registry, rights: null })('write', async (ctx) => {
    const [found] = await ctx.db
      .select()
      .from(exports)
      .where(and(eq(exports.id, id), eq(exports.status, 'done'), ownExports(ctx)))
    if (!found) throw new DomainError('not_found', 'exports.not_found')
    requireSameRights(ctx.actor, found.rights)
    requireTaking(principal, found.kind, ctx.now())
    await audit(ctx, {
      action: 'property.export_download',
      companyId: ctx.actor.companyId,
      actorId: ctx.actor.userId,
      sessionId: askerOf(principal).sessionId,
      entity: 'exports',
      entityId: id,
      details: { kind: found.kind, rows: found.rows },
    })
    return found
  })
  const { fileName, format, fileBytes: bytes, kind, rights } = row
  const transact = inCompany(request, { access: exporterOf(kind).access, rights })
  return { fileName, format, bytes, content: piecesOf(id, transact) }
}
