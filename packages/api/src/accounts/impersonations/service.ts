import { and, desc, eq, gt, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { z } from 'zod'
import type {
  impersonation,
  listImpersonationsInput,
  startedImpersonation,
  startImpersonationInput,
} from '@servai/contract/impersonations'
import { impersonations } from '@servai/db/schema/account-changes'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import { clock } from '../../auth/sessions/service.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { decodeCursor, toPage } from '../../page.ts'
import { auditAct, openAct } from '../acts/service.ts'
import type { AccountsCtx } from '../service.ts'

export const LIFETIME_MINUTES = 30

/** In whole seconds, so that no token outlives the row it stands for. */
const endsAt = sql`date_trunc('second', least(${clock} + ${LIFETIME_MINUTES} * interval '1 minute', ${sessions.expiresAt}))`

/**
 * An access token of the account, for half an hour at most and as long as the caller's session. Another one of the same
 * session ends. The owner is told when it is over.
 *
 * @throws forbidden accounts.own, accounts.platform_staff; conflict accounts.disabled; what `openAct` throws
 */
export const startImpersonation = async (
  ctx: AccountsCtx,
  { id, reason, access }: z.output<typeof startImpersonationInput>,
): Promise<z.input<typeof startedImpersonation>> => {
  const { user } = await openAct(ctx, id, 'impersonate')
  if (user.status === 'disabled') throw new DomainError('conflict', 'accounts.disabled')
  const { db, principal, services } = ctx
  const { userId: impersonatorId, sessionId, tokenVersion } = principal
  await endThose(ctx, eq(impersonations.sessionId, sessionId))
  const [started] = await db
    .insert(impersonations)
    .values({
      impersonatorId,
      sessionId,
      userId: id,
      access,
      reason,
      expiresAt: sql`(select ${endsAt} from ${sessions} where ${sessions.id} = ${sessionId})`,
    })
    .returning({ id: impersonations.id, expiresAt: impersonations.expiresAt })
  if (!started) throw new Error('the impersonation was not inserted')
  const { id: impersonationId, expiresAt } = started
  await auditAct(ctx, 'accounts.impersonation_start', id, { impersonationId, access, reason })
  await emit(ctx, 'accounts.impersonation_expired', { impersonationId }, { availableAt: expiresAt })
  services.metrics.impersonationsStarted.inc({ access })
  const expiresIn = Math.max(1, Math.floor((expiresAt.getTime() - services.now().getTime()) / 1000))
  return {
    id: impersonationId,
    account: { id, name: `${user.firstName} ${user.lastName}`, email: user.email },
    access,
    expiresAt,
    expiresIn,
    accessToken: await services.accessTokens.sign({
      userId: id,
      sessionId,
      tokenVersion,
      impersonationId,
      ttlSeconds: expiresIn,
    }),
  }
}

const endThose = async (ctx: AccountsCtx, which: SQL) => {
  const ended = await ctx.db
    .update(impersonations)
    .set({ endedAt: clock })
    .where(and(which, isNull(impersonations.endedAt), gt(impersonations.expiresAt, clock)))
    .returning({ id: impersonations.id, userId: impersonations.userId })
  // One that its time has ended is written to about already; only its place has to be free.
  await ctx.db
    .update(impersonations)
    .set({ endedAt: impersonations.expiresAt })
    .where(and(which, isNull(impersonations.endedAt)))
  for (const { id: impersonationId, userId } of ended) {
    await auditAct(ctx, 'accounts.impersonation_end', userId, { impersonationId })
    await emit(ctx, 'accounts.impersonation_ended', { impersonationId })
  }
  return ended.length
}

/** Effective on the next request. @throws not_found accounts.impersonation_not_found, also for one that is over */
export const endImpersonation = async (ctx: AccountsCtx, { id }: { id: string }) => {
  if ((await endThose(ctx, eq(impersonations.id, id))) === 0)
    throw new DomainError('not_found', 'accounts.impersonation_not_found')
}

const impersonator = alias(users, 'impersonator')
const account = alias(users, 'account')
const fullName = (of: { firstName: PgColumn; lastName: PgColumn }) =>
  sql<string>`${of.firstName} || ' ' || ${of.lastName}`

/** Of everybody, the latest first. */
export const listImpersonations = async ({ db }: AccountsCtx, input: z.output<typeof listImpersonationsInput>) => {
  const start = decodeCursor(input.cursor)
  const end = sql<Date>`least(${impersonations.endedAt}, ${sessions.revokedAt}, ${impersonations.expiresAt})`
  const rows = await db
    .select({
      id: impersonations.id,
      impersonator: { id: impersonator.id, name: fullName(impersonator), email: impersonator.email },
      account: { id: account.id, name: fullName(account), email: account.email },
      access: impersonations.access,
      reason: impersonations.reason,
      startedAt: impersonations.createdAt,
      endsAt: end.mapWith(impersonations.expiresAt),
      isOpen: sql<boolean>`${impersonations.endedAt} is null and ${end} > now()`,
    })
    .from(impersonations)
    .innerJoin(impersonator, eq(impersonator.id, impersonations.impersonatorId))
    .innerJoin(account, eq(account.id, impersonations.userId))
    .innerJoin(sessions, eq(sessions.id, impersonations.sessionId))
    .where(start ? lt(impersonations.id, start.id) : undefined)
    .orderBy(desc(impersonations.id))
    .limit(input.limit + 1)
  return toPage<z.input<typeof impersonation>>(rows, input.limit, () => null)
}
