import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { AuditEventName } from '@servai/contract/audit-names'
import type { ImportStatus } from '@servai/contract/imports'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { importRows, imports } from '@servai/db/schema/imports'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import { DomainError } from '../../errors.ts'
import { covers } from '../policy.ts'
import {
  compare,
  countStates,
  loadImport,
  targetOf,
  type InCompany,
  type LoadedImport,
  type RowCounts,
} from './evaluate.ts'
import { accountsOf, applyPeople, lockHomes, lockPeople } from './people-apply.ts'
import { inIntervals } from './progress.ts'
import { execute, joinComplex, patiently, planForBulk, rowsIn, type Target } from './rows.ts'
import { applyUnits, lockBuildings, type Applied } from './unit-apply.ts'

/** Thrown between two chunks when somebody asked for an end: everything is rolled back. */
export class CancelledError extends Error {
  override name = 'CancelledError'
}

/** In the order of their ids, so that two imports never wait for each other. */
const lockComplexes = (db: CompanyDb, target: Target) =>
  patiently(db, () =>
    db.execute(
      sql`select c.id from ${complexes} c where c.deleted_at is null and c.id in (
          select c.id from ${rowsIn(target.importId, sql`complex text`, null)} ${joinComplex(target)})
        order by c.id for no key update`,
    ),
  )

/** Whether the complex of the import is still there and still the actor's to change. */
const requireTarget = async (db: CompanyDb, { complexId, scope }: Target) => {
  if (complexId === null) return
  const [complex] = await db
    .select({ id: complexes.id })
    .from(complexes)
    .where(and(eq(complexes.id, complexId), isNull(complexes.deletedAt)))
  if (!complex) throw new DomainError('not_found', 'property.complex_not_found')
  if (!covers(scope, complexId)) throw new DomainError('forbidden', 'auth.forbidden')
}

const APPLYING: ImportStatus[] = ['queued', 'running']

type Applier = {
  /** Called between two chunks; throws to end the import. */
  onChunk(applied: Applied): Promise<void>
}

/**
 * Applies all good rows, or none, in the transaction given: locks what they lead to, compares them once more with the
 * registry, writes what still differs.
 *
 * @returns the counts, and the accounts whose rights are to be read anew before the commit
 */
export const applyRows = async (db: CompanyDb, found: LoadedImport, actor: Actor, { onChunk }: Applier) => {
  const target = targetOf(found, actor)
  const { kind, id } = found
  await planForBulk(db)
  await requireTarget(db, target)
  await lockComplexes(db, target)
  await (kind === 'units' ? lockBuildings(db, target) : lockHomes(db, id))
  let different = await compare(db, kind, target)
  if (kind === 'people' && different > 0) {
    // The homes that the comparison has found only now.
    await lockHomes(db, id)
    different += await compare(db, kind, target)
  }
  // After the comparison, which finds them: whose address may be changed is asked once more when it is written.
  if (kind === 'people') await lockPeople(db, id)
  const applied = await (kind === 'units' ? applyUnits(db, target, onChunk) : applyPeople(db, target, onChunk))
  const counts: Applied & RowCounts = { ...(await countStates(db, id)), ...applied, different }
  return { counts, accounts: kind === 'people' ? await accountsOf(db, id) : [] }
}

export type Run = {
  importId: string
  inCompany: InCompany
  actor: Actor
  requestId: string
  sessionId?: string | null
  now: () => Date
  suspend: (userId: string) => Promise<void>
  /** Asked when all is written: throws where the actor may not do it any more. */
  confirm: () => Promise<void>
}

/** Between chunks, over another connection: the transaction that applies the rows is not seen before its end. */
const createProgress = (inCompany: InCompany, importId: string, before: Record<string, number>) =>
  inIntervals((applied: Applied) =>
    inCompany((db) =>
      db
        .update(imports)
        .set({ counts: { ...before, ...applied } })
        .where(and(eq(imports.id, importId), eq(imports.status, 'running'))),
    ),
  )

const isCancelled = async (db: CompanyDb, importId: string) => {
  const [row] = await db.select({ at: imports.cancelRequestedAt }).from(imports).where(eq(imports.id, importId))
  return row === undefined || row.at !== null
}

/** Marks it as running, for everybody to see; `null` when it is not to be run any more. */
const begin = ({ inCompany, importId, now }: Run) =>
  inCompany(async (db) => {
    const [row] = await db
      .update(imports)
      .set({ status: 'running', startedAt: now() })
      .where(and(eq(imports.id, importId), inArray(imports.status, APPLYING)))
      .returning({ id: imports.id })
    return row ? await loadImport(db, importId) : undefined
  })

/** @throws unavailable server.busy while another run is at the same import, or its worker has just died */
export const holdRun = async (db: CompanyDb, importId: string) => {
  const [mine] = await execute<{ ok: boolean }>(
    db,
    sql`select pg_try_advisory_xact_lock(hashtextextended(${importId}, 0)) as ok`,
  )
  if (!mine?.ok) throw new DomainError('unavailable', 'server.busy')
}

/**
 * Applies an import from beginning to end in one transaction; a run that was killed has left nothing and starts anew.
 *
 * @returns `false` where there was nothing to do: it was cancelled, or is done
 * @throws CancelledError, DomainError, among them unavailable server.busy while another run is at it
 */
export const runImport = async (run: Run) => {
  const { inCompany, importId, actor, requestId, sessionId, now, suspend, confirm } = run
  const found = await begin(run)
  if (!found) return false
  const tell = createProgress(inCompany, importId, found.counts)
  return inCompany(async (db) => {
    await holdRun(db, importId)
    const { counts, accounts } = await applyRows(db, found, actor, {
      onChunk: async (applied) => {
        if (await isCancelled(db, importId)) throw new CancelledError('cancelled')
        await tell(applied)
      },
    })
    await confirm()
    const [done] = await db
      .update(imports)
      .set({ status: counts.refused > 0 ? 'done_with_errors' : 'done', counts, finishedAt: now() })
      .where(and(eq(imports.id, importId), eq(imports.status, 'running'), isNull(imports.cancelRequestedAt)))
      .returning({ id: imports.id })
    if (!done) throw new CancelledError('cancelled')
    await auditImport({ db, requestId, actor, sessionId }, 'property.import', found, counts)
    for (const userId of accounts) await suspend(userId)
    return true
  })
}

type Auditor = { db: CompanyDb; requestId: string; actor: Actor; sessionId?: string | null; address?: string }

export const auditImport = (
  { actor, sessionId, ...auditor }: Auditor,
  action: AuditEventName,
  { id, kind, complexId, fileName }: LoadedImport,
  counts: Record<string, number>,
) =>
  audit(auditor, {
    action,
    companyId: actor.companyId,
    actorId: actor.userId,
    sessionId,
    entity: 'imports',
    entityId: id,
    details: { kind, complexId, fileName, ...counts },
  })

/** What has been kept of an import that will not be applied. */
export const dropRows = (db: CompanyDb, importId: string) =>
  db.delete(importRows).where(eq(importRows.importId, importId))
