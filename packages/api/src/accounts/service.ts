import { and, count, desc, eq, exists, gt, inArray, isNotNull, isNull, lt, max, ne, or, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { ACCOUNT_EVENTS, type AccountEvent, type accountBrief, type listAccountsInput } from '@servai/contract/accounts'
import { loadRights, type Principal } from '@servai/db/principal'
import { emailChanges } from '@servai/db/schema/account-changes'
import { apiKeys } from '@servai/db/schema/api-keys'
import { auditLog } from '@servai/db/schema/audit'
import { passkeys, recoveryCodes, totpFactors, trustedDevices } from '@servai/db/schema/factors'
import { roleGrants } from '@servai/db/schema/grants'
import { people } from '@servai/db/schema/people'
import { sessions } from '@servai/db/schema/sessions'
import { staffProfiles } from '@servai/db/schema/staff'
import { credentials, loginThrottle, users } from '@servai/db/schema/users'
import type { Actor } from '../actor.ts'
import { bucketOf } from '../auth/throttle/service.ts'
import { DomainError } from '../errors.ts'
import { contains } from '../keyset.ts'
import { decodeCursor, toPage } from '../page.ts'
import type { VisitDb } from '../visit.ts'
import { findOpenReset, presentReset } from './factor-resets/service.ts'
import { allowedActions, isKnownTo, isPlatformAdmin, isPlatformStaff, mayOpenAgain, type Subject } from './policy.ts'

export type AccountsCtx = VisitDb & { actor: Actor; principal: Principal; now: () => Date }

const EVENTS_SHOWN = 20

const present = isNull(users.deletedAt)
const notFound = () => new DomainError('not_found', 'accounts.not_found')

// Inside another `sql`, or a selection of one table would leave the names of tables out.
const hasSecondFactor = sql<boolean>`(${sql`exists (select from ${totpFactors} where ${totpFactors.userId} = ${users.id} and ${totpFactors.confirmedAt} is not null)
  or exists (select from ${passkeys} where ${passkeys.userId} = ${users.id})`})`
const worksForPlatform = sql<boolean>`(${sql`exists (select from ${roleGrants} where ${roleGrants.userId} = ${users.id}
  and ${roleGrants.companyId} is null and (${roleGrants.expiresAt} is null or ${roleGrants.expiresAt} > now()))`})`

const BRIEF = {
  id: users.id,
  firstName: users.firstName,
  lastName: users.lastName,
  email: users.email,
  status: users.status,
  emailVerified: sql<boolean>`${users.emailVerifiedAt} is not null`,
  hasSecondFactor,
  createdAt: users.createdAt,
}

/** For the platform, the newest first. */
export const listAccounts = async ({ db, actor }: AccountsCtx, input: z.output<typeof listAccountsInput>) => {
  if (!isPlatformAdmin(actor)) throw new DomainError('forbidden', 'auth.forbidden')
  const start = decodeCursor(input.cursor)
  const { q, status } = input
  const rows = await db
    .select({ ...BRIEF, isPlatform: worksForPlatform })
    .from(users)
    .where(
      and(
        present,
        status ? eq(users.status, status) : undefined,
        q
          ? or(contains(users.email, q), contains(sql`(${users.firstName} || ' ' || ${users.lastName})`, q))
          : undefined,
        start ? lt(users.id, start.id) : undefined,
      ),
    )
    .orderBy(desc(users.id))
    .limit(input.limit + 1)
  return toPage<z.input<typeof accountBrief>>(rows, input.limit, () => null)
}

/** What of an account's security the people responsible for it may know: kinds and counts, no secret. @throws not_found accounts.not_found */
export const getAccount = async (ctx: AccountsCtx, { id }: { id: string }) => {
  const { db, actor } = ctx
  const committed = await loadRights(ctx.services.database, id)
  const [account] = await db
    .select({
      ...BRIEF,
      emailKey: users.emailKey,
      disabledByCompanyId: users.disabledByCompanyId,
      passwordChangedAt: credentials.changedAt,
    })
    .from(users)
    .leftJoin(credentials, eq(credentials.userId, users.id))
    .where(and(eq(users.id, id), present))
  if (!account || !committed || !(isKnownTo(actor, committed) || id === actor.userId)) throw notFound()
  const rights = { ...committed, active: account.status === 'active' }
  const { emailKey, disabledByCompanyId: _closedBy, hasSecondFactor: hasFactor, ...brief } = account
  const [factors, live, keys, lockedUntil, emailChange, reset, events] = await Promise.all([
    countFactors(ctx, id),
    countSessions(ctx, id),
    countKeys(ctx, id),
    lockOf(ctx, emailKey),
    openEmailChange(ctx, id),
    findOpenReset(ctx, id),
    readEvents(ctx, rights),
  ])
  return {
    ...brief,
    hasSecondFactor: hasFactor,
    isYou: id === actor.userId,
    isPlatform: isPlatformStaff(rights),
    factors,
    sessions: live,
    apiKeys: keys,
    lockedUntil,
    emailChange,
    factorReset: reset && presentReset(actor, rights, reset),
    events,
    allowed: allowedActions(actor, rights, {
      hasFactors: hasFactor || factors.recoveryCodesLeft > 0,
      hasOpenReset: reset !== null,
      isTheirsToOpen: mayOpenAgain(actor, account),
      isPlatformsToClose: actor.kind === 'platform' && account.disabledByCompanyId !== null,
    }),
  }
}

/** The account of somebody the company knows as a person. @throws not_found accounts.not_found */
export const getAccountOfPerson = async (ctx: AccountsCtx, { id }: { id: string }) => {
  const { companyId } = ctx.actor
  const [person] = await ctx.db
    .select({ userId: people.userId })
    .from(people)
    .where(and(eq(people.id, id), isNull(people.deletedAt), companyId ? eq(people.companyId, companyId) : undefined))
  if (!person?.userId) throw notFound()
  return getAccount(ctx, { id: person.userId })
}

const countFactors = async ({ db }: AccountsCtx, id: string) => {
  const [totp, keys, codes, devices] = await Promise.all([
    db.$count(totpFactors, and(eq(totpFactors.userId, id), isNotNull(totpFactors.confirmedAt))),
    db.$count(passkeys, eq(passkeys.userId, id)),
    db.$count(recoveryCodes, and(eq(recoveryCodes.userId, id), isNull(recoveryCodes.usedAt))),
    db.$count(trustedDevices, and(eq(trustedDevices.userId, id), gt(trustedDevices.expiresAt, sql`now()`))),
  ])
  return { totp: totp > 0, passkeys: keys, recoveryCodesLeft: codes, trustedDevices: devices }
}

const countSessions = async ({ db }: AccountsCtx, id: string) => {
  const idleEnd = sql`${sessions.lastSeenAt} + ${sessions.idleSeconds} * interval '1 second'`
  const live = sql`${sessions.revokedAt} is null and ${sessions.expiresAt} > now() and ${idleEnd} > now()`
  const [row] = await db
    .select({ count: sql`count(*) filter (where ${live})`.mapWith(Number), lastSeenAt: max(sessions.lastSeenAt) })
    .from(sessions)
    .where(eq(sessions.userId, id))
  return row!
}

const countKeys = async ({ db }: AccountsCtx, id: string) => {
  const [row] = await db
    .select({ count: count() })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.userId, id),
        isNull(apiKeys.revokedAt),
        isNull(apiKeys.deletedAt),
        gt(apiKeys.expiresAt, sql`now()`),
      ),
    )
  return row!.count
}

const lockOf = async ({ db }: AccountsCtx, emailKey: string) => {
  const [row] = await db
    .select({ lockedUntil: loginThrottle.lockedUntil })
    .from(loginThrottle)
    .where(and(eq(loginThrottle.identifierHash, bucketOf(emailKey)), gt(loginThrottle.lockedUntil, sql`now()`)))
  return row?.lockedUntil ?? null
}

const openEmailChange = async ({ db }: AccountsCtx, id: string) => {
  const [row] = await db
    .select({ requestedAt: emailChanges.createdAt, expiresAt: emailChanges.expiresAt })
    .from(emailChanges)
    .where(
      and(
        eq(emailChanges.userId, id),
        isNull(emailChanges.doneAt),
        isNull(emailChanges.cancelledAt),
        gt(emailChanges.expiresAt, sql`now()`),
      ),
    )
  return row ?? null
}

const readEvents = async ({ db, actor }: AccountsCtx, { userId, grants, homes }: Subject) => {
  const isSecurity = inArray(auditLog.action, [...ACCOUNT_EVENTS])
  const companyIds = isPlatformAdmin(actor)
    ? [...new Set([...grants, ...homes].flatMap(({ companyId }) => companyId ?? []))]
    : [actor.companyId ?? '']
  const where = or(isNull(auditLog.companyId), inArray(auditLog.companyId, companyIds))
  // What it did to the accounts of others is an event of theirs.
  const isToOthers = and(eq(auditLog.entity, 'users'), ne(auditLog.entityId, userId))
  const whose = [
    and(eq(auditLog.actorId, userId), where, sql`(${isToOthers}) is not true`),
    and(eq(auditLog.entityId, userId), where),
  ]
  const isColleague = exists(
    db
      .select({ id: staffProfiles.id })
      .from(staffProfiles)
      .where(and(eq(staffProfiles.userId, auditLog.actorId), eq(staffProfiles.companyId, actor.companyId ?? userId))),
  )
  const found = await Promise.all(
    whose.map((which) =>
      db
        .select({
          id: auditLog.id,
          at: auditLog.at,
          action: sql<AccountEvent>`${auditLog.action}`,
          result: auditLog.result,
          actorId: auditLog.actorId,
          // Who works for the platform is told to the platform alone.
          name: sql<
            string | null
          >`case when ${isPlatformAdmin(actor)} or ${isColleague} then ${users.firstName} || ' ' || ${users.lastName} end`,
        })
        .from(auditLog)
        .leftJoin(users, eq(users.id, auditLog.actorId))
        .where(and(which, isSecurity))
        .orderBy(desc(auditLog.id))
        .limit(EVENTS_SHOWN),
    ),
  )
  const latest = new Map(found.flat().map((event) => [event.id, event]))
  return [...latest.values()]
    .toSorted((a, b) => b.id - a.id)
    .slice(0, EVENTS_SHOWN)
    .map(({ id: _id, actorId, name, ...event }) => ({
      ...event,
      by: actorId === null ? null : actorId === userId ? ('owner' as const) : ('somebody' as const),
      name: actorId === userId ? null : name,
    }))
}
