import type { AuditEventName } from '@servai/contract/audit-names'
import { ACCOUNT_EXPORT_DAYS } from '@servai/contract/personal-data'
import type { Database } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { accountExports } from '@servai/db/schema/account-changes'
import { and, desc, eq, gt, inArray, ne, sql } from 'drizzle-orm'
import { requireFresh, requireOneself } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { requirePrincipal } from '../../principal.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { lockUser } from '../sessions/service.ts'

type Owner = Pick<Principal, 'userId' | 'sessionId'>

/** Longer than a worker takes for one, with everything that may go wrong on the way. */
const ABANDONED_HOURS = 1
/** For whom the worker never came. */
const WAITING_DAYS = ACCOUNT_EXPORT_DAYS

const shown = {
  id: accountExports.id,
  status: accountExports.status,
  createdAt: accountExports.createdAt,
  sizeBytes: accountExports.sizeBytes,
  expiresAt: accountExports.expiresAt,
}

export const listAccountExports = async ({ services }: Visit, { userId }: Owner) => {
  const items = await services.database.system({ userId }, 'read', (db) =>
    db
      .select(shown)
      .from(accountExports)
      .where(and(eq(accountExports.userId, userId), gt(accountExports.expiresAt, sql`now()`)))
      .orderBy(desc(accountExports.createdAt), desc(accountExports.id)),
  )
  return { items }
}

const isUnderWay = and(
  inArray(accountExports.status, ['queued', 'running']),
  gt(accountExports.createdAt, sql`now() - ${ABANDONED_HOURS} * interval '1 hour'`),
)

/**
 * The worker makes it; one at a time.
 *
 * @throws conflict personal_data.export_running, limited request.rate_limited
 */
export const requestAccountExport = async (visit: Visit, { userId, sessionId }: Owner) => {
  const counted = await enforce(visit.services, { personal_data_export: userId })
  try {
    return await transaction(visit, { userId, sessionId }, async (ctx) => {
      await lockUser(ctx, userId)
      const own = eq(accountExports.userId, userId)
      const [running] = await ctx.db.select({ id: accountExports.id }).from(accountExports).where(and(own, isUnderWay))
      if (running) throw new DomainError('conflict', 'personal_data.export_running')
      const expiresAt = sql`now() + ${WAITING_DAYS} * interval '1 day'`
      const [row] = await ctx.db.insert(accountExports).values({ userId, expiresAt }).returning(shown)
      if (!row) throw new Error('the export was not inserted')
      await emit(ctx, 'account.export_requested', { userId, exportId: row.id })
      await auditOwn(ctx, 'auth.personal_data_export', { userId, sessionId })
      return row
    })
  } catch (error) {
    await counted.giveBack()
    throw error
  }
}

const auditOwn = (ctx: VisitDb, action: AuditEventName, { userId, sessionId }: Owner) =>
  audit(ctx, { action, actorId: userId, sessionId, entity: 'users', entityId: userId })

const PIECE_BYTES = 512 * 1024

async function* piecesOf({ services: { database } }: Visit, exportId: string): AsyncGenerator<Buffer> {
  for (let from = 1; ; from += PIECE_BYTES) {
    const [row] = await database.lookup<{ bytes: Buffer }>(
      'select substring(content from $2::int for $3::int) as bytes from account_exports where id = $1',
      [exportId, from, PIECE_BYTES],
    )
    if (!row || row.bytes.length === 0) return
    yield row.bytes
  }
}

/**
 * A finished copy, for its owner alone: no key, nobody in their place, and after a recent proof.
 *
 * @throws unauthenticated, forbidden auth.step_up_required, auth.session_required, auth.impersonating,
 *   not_found personal_data.export_not_found, also for somebody else's, limited request.rate_limited
 */
export const openAccountExport = async (request: RequestContext, { id }: { id: string }) => {
  const principal = await requirePrincipal(request)
  const { userId } = principal
  const { services } = request
  await enforce(services, { api: userId })
  requireOneself(principal)
  requireFresh(principal, services.now())
  const isOwn = and(
    eq(accountExports.id, id),
    eq(accountExports.userId, userId),
    eq(accountExports.status, 'done'),
    gt(accountExports.expiresAt, sql`now()`),
  )
  const row = await transaction(request, principal, async (ctx) => {
    const [found] = await ctx.db.select(shown).from(accountExports).where(isOwn)
    if (!found) throw new DomainError('not_found', 'personal_data.export_not_found')
    await auditOwn(ctx, 'auth.personal_data_download', principal)
    return found
  })
  const day = row.createdAt.toISOString().slice(0, 10)
  return { fileName: `servAI ${day}.zip`, bytes: row.sizeBytes, content: piecesOf(request, id) }
}

type Export = Pick<typeof accountExports.$inferSelect, 'id' | 'userId'>
type Store = Pick<Database, 'system'>

/** For the worker: an export that waits is taken up, also again; one that has ended is answered as it is. */
export const beginAccountExport = ({ system }: Store, id: string) =>
  system({}, 'write', async (db) => {
    const open = and(eq(accountExports.id, id), inArray(accountExports.status, ['queued', 'running']))
    await db.update(accountExports).set({ status: 'running' }).where(open)
    const [row] = await db
      .select({ ...shown, userId: accountExports.userId })
      .from(accountExports)
      .where(eq(accountExports.id, id))
    return row ?? null
  })

/** In place of every copy before it; null where the account is gone. */
export const finishAccountExport = ({ system }: Store, { id, userId }: Export, content: Buffer) =>
  system({}, 'write', async (db) => {
    const others = and(eq(accountExports.userId, userId), eq(accountExports.status, 'done'), ne(accountExports.id, id))
    await db.delete(accountExports).where(others)
    const [done] = await db
      .update(accountExports)
      .set({
        status: 'done',
        content,
        sizeBytes: content.length,
        finishedAt: sql`now()`,
        expiresAt: sql`now() + ${ACCOUNT_EXPORT_DAYS} * interval '1 day'`,
      })
      .where(eq(accountExports.id, id))
      .returning({ expiresAt: accountExports.expiresAt })
    return done ?? null
  })

export const failAccountExport = ({ system }: Store, { id }: Export) =>
  system({}, 'write', async (db) => {
    await db
      .update(accountExports)
      .set({ status: 'failed', finishedAt: sql`now()` })
      .where(eq(accountExports.id, id))
  })
