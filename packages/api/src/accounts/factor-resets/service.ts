import { and, desc, eq, gt, isNull, lt, lte, notInArray, or, sql } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { z } from 'zod'
import { readRowToken } from '@servai/auth/row-token'
import type { factorReset, listFactorResetsInput } from '@servai/contract/accounts'
import { loadRights, type Principal } from '@servai/db/principal'
import { FACTOR_RESET_TOKEN } from '@servai/db/factor-resets'
import { factorResets } from '@servai/db/schema/account-changes'
import { companies } from '@servai/db/schema/companies'
import { passkeys, recoveryCodes, totpFactors } from '@servai/db/schema/factors'
import { roleGrants } from '@servai/db/schema/grants'
import { users } from '@servai/db/schema/users'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import { limitKeyOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { emit, emitEach } from '../../events.ts'
import { enforce } from '../../limits.ts'
import { decodeCursor, toPage } from '../../page.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { auditAct, endAccess, openAct } from '../acts/service.ts'
import { isPlatformAdmin, mayAct, type Subject } from '../policy.ts'
import type { AccountsCtx } from '../service.ts'

const LIFETIME = sql`interval '24 hours'`

const requester = alias(users, 'requester')
const isHeld = or(isNull(roleGrants.expiresAt), gt(roleGrants.expiresAt, sql`now()`))

/** Whoever asked still could. */
const isAskedRightly = sql`exists (select from ${roleGrants} join ${users} on ${users.id} = ${roleGrants.userId}
  where ${roleGrants.userId} = ${factorResets.requestedBy} and ${isHeld} and ${users.status} = 'active' and ${users.deletedAt} is null
    and case when ${factorResets.companyId} is null then ${roleGrants.role} = 'platform_admin'
      else ${roleGrants.role} = 'director' and ${roleGrants.companyId} = ${factorResets.companyId} end)`
const isUndecided = and(isNull(factorResets.approvedAt), isNull(factorResets.cancelledAt))
const isOpen = and(isUndecided, gt(factorResets.expiresAt, sql`now()`), isAskedRightly)

const notFound = () => new DomainError('not_found', 'accounts.reset_not_found')

const subject = alias(users, 'subject')
const fullName = (of: { firstName: PgColumn; lastName: PgColumn }) =>
  sql<string>`${of.firstName} || ' ' || ${of.lastName}`

const selectResets = ({ db }: Pick<VisitDb, 'db'>) =>
  db
    .select({
      id: factorResets.id,
      account: { id: subject.id, name: fullName(subject), email: subject.email },
      reason: factorResets.reason,
      requestedBy: { id: requester.id, name: fullName(requester) },
      companyId: factorResets.companyId,
      companyName: companies.name,
      requestedAt: factorResets.createdAt,
      expiresAt: factorResets.expiresAt,
    })
    .from(factorResets)
    .innerJoin(subject, eq(subject.id, factorResets.userId))
    .innerJoin(requester, eq(requester.id, factorResets.requestedBy))
    .leftJoin(companies, eq(companies.id, factorResets.companyId))

type Row = Awaited<ReturnType<typeof selectResets>>[number]

/** The open request of an account, if there is one. */
export const findOpenReset = async (ctx: Pick<VisitDb, 'db'>, userId: string): Promise<Row | null> => {
  const [row] = await selectResets(ctx).where(and(eq(factorResets.userId, userId), isOpen))
  return row ?? null
}

/** Not whoever asked, nor the owner; in a company, those who direct it, or the platform. */
const mayApprove = (actor: Actor, rights: Subject, { requestedBy, companyId }: Row) =>
  actor.userId !== requestedBy.id &&
  mayAct(actor, rights, 'reset_factors') &&
  (isPlatformAdmin(actor) || actor.companyId === companyId)

export const presentReset = (actor: Actor, rights: Subject, row: Row): z.input<typeof factorReset> => {
  const { companyId, companyName, ...shown } = row
  const isOurs = isPlatformAdmin(actor) || actor.companyId === companyId
  const mayCancel = isOurs && mayAct(actor, rights, 'reset_factors')
  return {
    ...shown,
    company: companyId === null || companyName === null ? null : { id: companyId, name: companyName },
    allowed: [
      ...(mayApprove(actor, rights, row) ? (['approve'] as const) : []),
      ...(mayCancel ? (['cancel'] as const) : []),
    ],
  }
}

/** Open requests: for directors those of their company, for the platform all. The newest first. */
export const listFactorResets = async (ctx: AccountsCtx, input: z.output<typeof listFactorResetsInput>) => {
  const { actor } = ctx
  const start = decodeCursor(input.cursor)
  const ours = isPlatformAdmin(actor) ? undefined : eq(factorResets.companyId, actor.companyId ?? '')
  const rows = await selectResets(ctx)
    .where(and(isOpen, ours, start ? lt(factorResets.id, start.id) : undefined))
    .orderBy(desc(factorResets.id))
    .limit(input.limit + 1)
  const { items, nextCursor } = toPage(rows, input.limit, () => null)
  const shown = await Promise.all(
    items.map(async (row) => {
      const rights = await loadRights(ctx.services.database, row.account.id)
      return rights ? [presentReset(actor, rights, row)] : []
    }),
  )
  return { items: shown.flat(), nextCursor }
}

/**
 * Asks that the second factor be taken off an account; somebody else has a day to approve. The owner and whoever may
 * approve are written to.
 *
 * @throws conflict accounts.disabled, accounts.no_factors, accounts.reset_open, and what `openAct` throws
 */
export const requestFactorReset = async (ctx: AccountsCtx, { id, reason }: { id: string; reason: string }) => {
  const { user } = await openAct(ctx, id, 'reset_factors')
  if (user.status === 'disabled') throw new DomainError('conflict', 'accounts.disabled')
  const { db, actor, principal } = ctx
  const factors = [totpFactors, passkeys, recoveryCodes].map((table) => db.$count(table, eq(table.userId, id)))
  if ((await Promise.all(factors)).every((found) => found === 0))
    throw new DomainError('conflict', 'accounts.no_factors')
  await db
    .update(factorResets)
    .set({ cancelledAt: sql`now()` })
    .where(
      and(
        eq(factorResets.userId, id),
        isUndecided,
        or(lte(factorResets.expiresAt, sql`now()`), sql`not ${isAskedRightly}`),
      ),
    )
  const companyId = actor.kind === 'staff' ? actor.companyId : null
  const [reset] = await db
    .insert(factorResets)
    .values({ userId: id, companyId, reason, requestedBy: principal.userId, expiresAt: sql`now() + ${LIFETIME}` })
    .onConflictDoNothing()
    .returning({ id: factorResets.id })
  if (!reset) throw new DomainError('conflict', 'accounts.reset_open')
  const resetId = reset.id
  await auditAct(ctx, 'accounts.factor_reset_request', id, { resetId, reason })
  await emit(ctx, 'accounts.factor_reset_requested', { resetId })
  const approvers = await findApprovers(ctx, id)
  await emitEach(
    ctx,
    'accounts.factor_reset_approval_asked',
    approvers.map((approverId) => ({ resetId, approverId })),
  )
}

/** Directors of the company; where there is no other one, and for the platform, its admins. */
const findApprovers = async ({ db, actor, principal }: AccountsCtx, userId: string) => {
  const holders = async (where: ReturnType<typeof and>) => {
    const rows = await db
      .selectDistinct({ id: users.id })
      .from(users)
      .innerJoin(roleGrants, eq(roleGrants.userId, users.id))
      .where(
        and(
          where,
          isHeld,
          eq(users.status, 'active'),
          isNull(users.deletedAt),
          notInArray(users.id, [principal.userId, userId]),
        ),
      )
    return rows.map(({ id }) => id)
  }
  const directors =
    actor.kind === 'staff'
      ? await holders(and(eq(roleGrants.role, 'director'), eq(roleGrants.companyId, actor.companyId)))
      : []
  return directors.length > 0 ? directors : holders(eq(roleGrants.role, 'platform_admin'))
}

const lockOpen = async (ctx: AccountsCtx, id: string) => {
  const ours = isPlatformAdmin(ctx.actor) ? undefined : eq(factorResets.companyId, ctx.actor.companyId ?? '')
  const [row] = await selectResets(ctx).where(and(eq(factorResets.id, id), ours, isOpen))
  if (!row) throw notFound()
  const opened = await openAct(ctx, row.account.id, 'reset_factors')
  return { row, ...opened }
}

/** Of parallel decisions the first one counts. */
const decide = async ({ db }: Pick<VisitDb, 'db'>, id: string, decision: Partial<typeof factorResets.$inferInsert>) => {
  const [decided] = await db
    .update(factorResets)
    .set(decision)
    .where(and(eq(factorResets.id, id), isOpen))
    .returning({ userId: factorResets.userId })
  return decided ?? null
}

/**
 * Takes every second factor, recovery code and trusted device off the account and signs it out everywhere.
 *
 * @throws not_found accounts.reset_not_found, forbidden accounts.second_person, and what `openAct` throws
 */
export const approveFactorReset = async (ctx: AccountsCtx, { id }: { id: string }) => {
  const { row, rights } = await lockOpen(ctx, id)
  if (!mayApprove(ctx.actor, rights, row)) throw new DomainError('forbidden', 'accounts.second_person')
  const userId = row.account.id
  const decided = await decide(ctx, id, { approvedBy: ctx.principal.userId, approvedAt: ctx.now() })
  if (!decided) throw notFound()
  for (const table of [totpFactors, passkeys, recoveryCodes]) await ctx.db.delete(table).where(eq(table.userId, userId))
  await endAccess(ctx, userId, 'factors_changed')
  await auditAct(ctx, 'accounts.factor_reset_approve', userId, { resetId: id, requestedBy: row.requestedBy.id })
  await emit(ctx, 'auth.factors_changed', { userId, change: 'factors_reset' })
}

/** @throws not_found accounts.reset_not_found, and what `openAct` throws */
export const cancelFactorReset = async (ctx: AccountsCtx, { id }: { id: string }) => {
  const { row } = await lockOpen(ctx, id)
  if (!(await decide(ctx, id, { cancelledBy: ctx.principal.userId, cancelledAt: ctx.now() }))) throw notFound()
  await auditAct(ctx, 'accounts.factor_reset_cancel', row.account.id, { resetId: id })
}

const refuse = async (ctx: VisitDb, resetId: string, userId: string) => {
  const decided = await decide(ctx, resetId, { cancelledBy: userId, cancelledAt: ctx.services.now() })
  if (!decided) return false
  const details = { resetId, by: 'owner' }
  await audit(ctx, {
    action: 'accounts.factor_reset_cancel',
    actorId: userId,
    entity: 'users',
    entityId: userId,
    details,
  })
  return true
}

/**
 * The owner says no, by the link in the message about the request.
 *
 * @throws invalid accounts.reset_token_invalid, also for a request that is decided; limited request.rate_limited
 */
export const refuseByToken = async (visit: Visit, token: string) => {
  const { services, address } = visit
  await enforce(services, { factor_reset_refuse_address: limitKeyOf(address) })
  const resetId = readRowToken(services.tokenKeys, FACTOR_RESET_TOKEN, token)
  const invalid = () => new DomainError('invalid', 'accounts.reset_token_invalid')
  if (resetId === null) throw invalid()
  await transaction(visit, {}, async (ctx) => {
    const [reset] = await ctx.db
      .select({ userId: factorResets.userId, cancelledBy: factorResets.cancelledBy })
      .from(factorResets)
      .where(eq(factorResets.id, resetId))
    if (!reset) throw invalid()
    // Pressed twice.
    if (reset.cancelledBy === reset.userId) return
    if (!(await refuse(ctx, resetId, reset.userId))) throw invalid()
  })
}

/** What is asked about the caller's own account; `null` where nothing is. */
export const ownFactorReset = async (visit: Visit, { userId }: Pick<Principal, 'userId'>) => {
  const reset = await visit.services.database.system({ userId }, 'read', (db) => findOpenReset({ db }, userId))
  if (!reset) return { reset: null }
  const { id, reason, companyName, requestedAt, expiresAt } = reset
  return { reset: { id, reason, company: companyName, requestedAt, expiresAt } }
}

/** The owner says no, signed in. @throws not_found accounts.reset_not_found */
export const refuseOwn = async (visit: Visit, { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>) => {
  await transaction(visit, { userId, sessionId }, async (ctx) => {
    const reset = await findOpenReset(ctx, userId)
    if (!reset || !(await refuse(ctx, reset.id, userId))) throw notFound()
  })
}
