import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Reason } from '@servai/contract/reasons'
import type { Database } from '@servai/db'
import { loadRights } from '@servai/db/principal'
import { importFiles, importRows, imports } from '@servai/db/schema/imports'
import { requireUnblocked, staffOf, type Actor } from '../../actor.ts'
import { domainErrorOf, DomainError, isRetryable } from '../../errors.ts'
import type { Events, Topic } from '../../events.ts'
import type { JobCtx, JobHandler } from '../../jobs.ts'
import { retrying } from '../../retry.ts'
import { covers, editScope, requireAny, requireRight } from '../policy.ts'
import type { InCompany } from './evaluate.ts'
import { readAgain, readImport } from './read.ts'
import { planForBulk } from './rows.ts'
import { CancelledError, dropRows, runImport } from './run.ts'

type ImportTopic = Extract<Topic, `imports.${string}`>
type Payload = Events[ImportTopic]

const open =
  ({ database }: JobCtx, { companyId, userId, sessionId, requestId }: Payload): InCompany =>
  (work) =>
    database.company({ companyId, userId, sessionId, requestId }, 'write', async (db) => {
      await planForBulk(db)
      return work(db)
    })

/**
 * Who asked for it, with the rights of this moment; a session that has ended takes none of them.
 *
 * @throws forbidden auth.forbidden, auth.company_blocked
 */
const loadActor = async ({ database }: JobCtx, { userId, companyId }: Payload): Promise<Actor> => {
  const rights = await loadRights(database, userId)
  const actor = rights?.active ? staffOf(rights, companyId) : null
  if (!rights || !actor) throw new DomainError('forbidden', 'auth.forbidden')
  requireUnblocked(rights, actor)
  requireAny(editScope(actor))
  return actor
}

const OPEN = ['reading', 'queued', 'running'] as const

const end = (
  inCompany: InCompany,
  importId: string,
  change: { status: 'cancelled' } | { status: 'failed'; failure: Reason },
) =>
  inCompany(async (db) => {
    const [ended] = await db
      .update(imports)
      .set({ ...change, counts: {}, finishedAt: sql`now()` })
      .where(and(eq(imports.id, importId), inArray(imports.status, OPEN)))
      .returning({ id: imports.id })
    await db.delete(importFiles).where(eq(importFiles.importId, importId))
    if (ended) await dropRows(db, importId)
  })

/** Whether another attempt may do better: the database was away or busy. */
const isPassing = (error: unknown) => isRetryable(error) || domainErrorOf(error)?.code === 'unavailable'

const job =
  <T extends ImportTopic>(
    work: (ctx: JobCtx, payload: Payload, inCompany: InCompany, actor: Actor) => Promise<boolean>,
  ): JobHandler<T> =>
  async (ctx, payload) => {
    const inCompany = open(ctx, payload)
    try {
      const actor = await loadActor(ctx, payload)
      return (await retrying(() => work(ctx, payload, inCompany, actor))) ? 'done' : 'skipped'
    } catch (error) {
      if (error instanceof CancelledError) await end(inCompany, payload.importId, { status: 'cancelled' })
      else if (isPassing(error)) throw error
      else {
        const known = domainErrorOf(error)
        if (!known) ctx.log.error({ err: error, importId: payload.importId }, 'import failed')
        await end(inCompany, payload.importId, { status: 'failed', failure: known?.reason ?? 'server.unexpected' })
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

export const runStarted = job<'imports.started'>(async (ctx, payload, inCompany, actor) => {
  const { now, principals } = ctx
  const before = editScope(actor)
  const isDone = await runImport({
    ...payload,
    inCompany,
    actor,
    now,
    suspend: (userId) => principals.suspend(userId),
    confirm: async () => {
      const left = editScope(await loadActor(ctx, payload))
      requireRight(left === 'company' || (before !== 'company' && before.every((id) => covers(left, id))))
    },
  })
  if (isDone) await analyze(ctx)
  return isDone
})

const HOURS_TO_READ = 24
const DAYS_TO_START = 7

/** Ends what nobody reads or starts any more, and lets go of the files and rows of what has ended. */
export const sweepImports = ({ system }: Pick<Database, 'system'>) =>
  system({}, 'write', async (db) => {
    await db.execute(sql`
      update ${imports} set status = 'failed', failure = 'import.expired', counts = '{}', finished_at = now()
      where status = 'reading' and created_at < now() - make_interval(hours => ${HOURS_TO_READ})`)
    await db.execute(sql`
      update ${imports} set status = 'cancelled', counts = '{}', finished_at = now()
      where status = 'ready' and created_at < now() - make_interval(days => ${DAYS_TO_START})`)
    await db.execute(sql`
      delete from ${importFiles} f using ${imports} i where i.company_id = f.company_id and i.id = f.import_id
        and (i.status <> 'reading' or i.created_at < now() - make_interval(hours => ${HOURS_TO_READ}))`)
    await db.execute(sql`
      delete from ${importRows} r using ${imports} i where i.company_id = r.company_id and i.id = r.import_id
        and i.status in ('failed', 'cancelled')`)
  })
