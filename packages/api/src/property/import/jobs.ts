import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Reason } from '@servai/contract/reasons'
import type { CompanyDb } from '@servai/db'
import { loadKeyRights, loadRights } from '@servai/db/principal'
import { importFiles, imports } from '@servai/db/schema/imports'
import { requireUnblocked, staffOf, type Actor } from '../../actor.ts'
import { domainErrorOf, DomainError, isRetryable } from '../../errors.ts'
import type { Events, Topic } from '../../events.ts'
import type { JobCtx, JobHandler } from '../../jobs.ts'
import { retrying } from '../../retry.ts'
import { covers, editScope, requireAny, requireRight } from '../policy.ts'
import type { InCompany } from './evaluate.ts'
import { readAgain, readImport } from './read.ts'
import { beating } from './progress.ts'
import { planForBulk } from './rows.ts'
import { CancelledError, dropRows, runImport, type Run } from './run.ts'
import { refuseUndo, runUndo } from './undo.ts'

type ImportTopic = Extract<Topic, `imports.${string}`>
type Payload = Events[ImportTopic]

const open =
  ({ database }: JobCtx, { importId: _id, ...scope }: Payload): InCompany =>
  (work) =>
    database.company(scope, 'write', async (db) => {
      await planForBulk(db)
      return work(db)
    })

/**
 * Who asked for it, with the rights of this moment; a session that has ended takes none of them, a key that has all.
 *
 * @throws forbidden auth.forbidden, auth.company_blocked
 */
const loadActor = async ({ database }: JobCtx, { userId, apiKeyId, companyId }: Payload): Promise<Actor> => {
  const rights = await (apiKeyId ? loadKeyRights(database, apiKeyId) : loadRights(database, userId))
  const actor = rights?.active ? staffOf(rights, companyId) : null
  if (!rights || !actor) throw new DomainError('forbidden', 'auth.forbidden')
  requireUnblocked(rights, actor)
  requireAny(editScope(actor))
  return actor
}

const OPEN = ['reading', 'queued', 'running'] as const

const end =
  (importId: string, change: { status: 'cancelled' } | { status: 'failed'; failure: Reason }) =>
  async (db: CompanyDb) => {
    const [ended] = await db
      .update(imports)
      .set({ ...change, counts: {}, finishedAt: sql`now()` })
      .where(and(eq(imports.id, importId), inArray(imports.status, OPEN)))
      .returning({ id: imports.id })
    await db.delete(importFiles).where(eq(importFiles.importId, importId))
    if (ended) await dropRows(db, importId)
  }

/** Whether another attempt may do better: the database was away or busy. */
const isPassing = (error: unknown) => isRetryable(error) || domainErrorOf(error)?.code === 'unavailable'

type Work = (ctx: JobCtx, payload: Payload, inCompany: InCompany, actor: Actor) => Promise<boolean>
/** What becomes of an import that came to nothing; without a reason where the fault is ours. */
type Refuse = (db: CompanyDb, importId: string, error: DomainError | null) => Promise<unknown>

const fail: Refuse = (db, importId, error) =>
  end(importId, { status: 'failed', failure: error?.reason ?? 'server.unexpected' })(db)

const job =
  <T extends ImportTopic>(work: Work, refuse = fail): JobHandler<T> =>
  async (ctx, payload) => {
    const { importId } = payload
    const inCompany = open(ctx, payload)
    try {
      const actor = await loadActor(ctx, payload)
      const isDone = await beating(inCompany, importId, () => retrying(() => work(ctx, payload, inCompany, actor)))
      return isDone ? 'done' : 'skipped'
    } catch (error) {
      if (error instanceof CancelledError) await inCompany(end(importId, { status: 'cancelled' }))
      else if (isPassing(error)) throw error
      else {
        const known = domainErrorOf(error)
        if (!known) ctx.log.error({ err: error, importId }, 'import failed')
        await inCompany((db) => refuse(db, importId, known))
      }
      return 'done'
    }
  }

export const readUploaded = job<'imports.uploaded'>((_ctx, { importId, companyId }, inCompany, actor) =>
  readImport({ importId, companyId, inCompany, actor }),
)

export const readMapped = job<'imports.mapped'>((_ctx, { importId, companyId }, inCompany, actor) =>
  readAgain({ importId, companyId, inCompany, actor }),
)

/** What has been applied stays applied when this fails. */
const analyze = ({ database, log }: JobCtx) =>
  database
    .system({}, 'write', (db) => db.execute(sql`select analyze_registry()`))
    .catch((err: unknown) => log.warn({ err }, 'statistics are left to autovacuum'))

const runOf = (ctx: JobCtx, payload: Payload, inCompany: InCompany, actor: Actor): Run => {
  const before = editScope(actor)
  return {
    ...payload,
    inCompany,
    actor,
    now: ctx.now,
    suspend: (userId) => ctx.principals.suspend(userId),
    confirm: async () => {
      const left = editScope(await loadActor(ctx, payload))
      requireRight(left === 'company' || (before !== 'company' && before.every((id) => covers(left, id))))
    },
  }
}

export const runStarted = job<'imports.started'>(async (ctx, ...rest) => {
  const isDone = await runImport(runOf(ctx, ...rest))
  if (isDone) await analyze(ctx)
  return isDone
})

export const takeBack = job<'imports.undo_requested'>(async (ctx, ...rest) => {
  // Asked for right after the import, it would find tables that are still believed to be empty.
  await analyze(ctx)
  return runUndo(runOf(ctx, ...rest))
}, refuseUndo)
