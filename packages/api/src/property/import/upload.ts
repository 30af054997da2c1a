import { open } from 'node:fs/promises'
import { uuidv7 } from 'uuidv7'
import type { ImportKind, ImportSummary } from '@servai/contract/imports'
import type { Mode } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { importFiles, imports } from '@servai/db/schema/imports'
import { admitActor, requireUnblocked, rolesOf, type Actor } from '../../actor.ts'
import type { RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { callerOf, doerOf, requirePrincipal, scopeOf } from '../../principal.ts'
import { retrying } from '../../retry.ts'
import { requireComplex } from '../complexes/service.ts'
import { ACCESS, requireRight } from '../policy.ts'
import { emitFor, getImportSummary, type ImportCtx } from './service.ts'

const PIECE_BYTES = 256 * 1024

type Admission = { principal: Principal; actor: Actor; companyId: string }

/** The same gate that procedures with `ACCESS.edit` have. */
const admit = async (request: RequestContext): Promise<Admission> => {
  const principal = await requirePrincipal(request)
  if (!principal.emailVerified) throw new DomainError('forbidden', 'auth.email_not_verified')
  const actor = admitActor(principal, request.contextKey, 'mutation')
  requireRight(rolesOf(actor).some((role) => (ACCESS.edit as readonly string[]).includes(role)))
  const { companyId } = actor
  if (!companyId) throw new DomainError('invalid', 'auth.context_required')
  return { principal, actor, companyId }
}

/** The same for what changes something. */
const admitChange = async (request: RequestContext) => {
  const admission = await admit(request)
  requireUnblocked(admission.principal, admission.actor)
  return admission
}

/** A transaction of somebody who may import, for what is no procedure because it takes or gives a file. */
const inCompany = <T>(
  { services, requestId, address }: RequestContext,
  { principal, actor, companyId }: Admission,
  mode: Mode,
  work: (ctx: ImportCtx) => Promise<T>,
) => {
  const scope = { ...scopeOf({ principal, requestId, address }), companyId }
  return retrying(() =>
    services.database.company(scope, mode, (db) =>
      work({ db, actor, principal, services, requestId, address, now: services.now }),
    ),
  )
}

/**
 * Who may upload at all, asked before a byte of the file is taken. Counts nothing.
 *
 * @throws unauthenticated, forbidden, invalid auth.context_required
 */
export const admitUpload = async (request: RequestContext): Promise<{ companyId: string; userId: string }> => {
  const { companyId, principal } = await admitChange(request)
  await enforce(request.services, callerOf(principal))
  return { companyId, userId: principal.userId }
}

type Target = { kind: ImportKind; complexId?: string | undefined }

/**
 * The second question before the file is taken: how often, and into a complex the caller may change.
 *
 * @throws limited request.rate_limited, not_found property.complex_not_found, and what `admitUpload` throws
 */
export const openUpload = async (request: RequestContext, { complexId }: Target) => {
  const admission = await admitChange(request)
  await enforce(request.services, { import: doerOf(admission.principal) })
  if (complexId !== undefined) await inCompany(request, admission, 'read', (ctx) => requireComplex(ctx, complexId))
}

const shownName = (fileName: string) =>
  fileName
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, 200)

const storePieces = async ({ db }: ImportCtx, importId: string, path: string) => {
  const file = await open(path)
  try {
    for (let piece = 0; ; piece++) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, piece * PIECE_BYTES)
      if (bytesRead === 0 && piece > 0) return
      await db.insert(importFiles).values({ importId, piece, bytes: buffer.subarray(0, bytesRead) })
    }
  } finally {
    await file.close()
  }
}

type Upload = Target & { companyId: string; fileName: string; path: string; bytes: number }

/**
 * Keeps the file for the worker, which reads it next; whoever lost the session or the right meanwhile leaves nothing.
 *
 * @throws unauthenticated, forbidden, not_found property.complex_not_found
 */
export const storeUpload = async (
  request: RequestContext,
  { kind, complexId, companyId, fileName, path, bytes }: Upload,
): Promise<ImportSummary> => {
  // Named, because what was the only context may have become another company's.
  const admission = await admitChange({ ...request, contextKey: `staff:${companyId}` })
  return inCompany(request, admission, 'write', async (ctx) => {
    if (complexId !== undefined) await requireComplex(ctx, complexId)
    const id = uuidv7()
    await ctx.db.insert(imports).values({
      id,
      kind,
      complexId: complexId ?? null,
      fileName: shownName(fileName),
      fileBytes: bytes,
      createdBy: admission.principal.userId,
    })
    await storePieces(ctx, id, path)
    await emitFor(ctx, 'imports.uploaded', id)
    return getImportSummary(ctx, id)
  })
}

/** A read in the caller's company, for what is given out page by page. @throws as procedures do */
export const openReading = async (request: RequestContext) => {
  const admission = await admit(request)
  await enforce(request.services, callerOf(admission.principal))
  return {
    locale: admission.principal.locale,
    read: <T>(work: (ctx: ImportCtx) => Promise<T>) => inCompany(request, admission, 'read', work),
  }
}
