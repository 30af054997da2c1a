import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type SQL } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from './index.ts'
import {
  accountErasures,
  accountExports,
  emailChanges,
  factorResets,
  impersonations,
} from './schema/account-changes.ts'
import { apiKeys } from './schema/api-keys.ts'
import { passkeyCeremonies, signInChallenges, totpFactors, trustedDevices } from './schema/factors.ts'
import { invites, inviteUses } from './schema/invites.ts'
import { devMailbox, outbox } from './schema/outbox.ts'
import { authTokens, sessions } from './schema/sessions.ts'
import { staffInvites } from './schema/staff.ts'
import { scheduledRuns } from './schema/upkeep.ts'
import { loginThrottle } from './schema/users.ts'

type Access = Pick<Database, 'system'>

/** Rows that nobody needs any more; the oldest go first where the table can tell. */
type Remains = { table: PgTable; where: SQL; oldest?: SQL }

const ago = (interval: string) => sql`now() - ${interval}::text::interval`

/** What AUDIT_RETENTION_DAYS may be; nothing younger than the least can be dropped. */
export const AUDIT_RETENTION_DAYS = { fallback: 90, min: 30, max: 3_650 }

/** How long things are kept after they have ended. */
export const RETENTION_DAYS = { outboxDays: 7, tokensDays: 7, sessionsDays: 30, invitesDays: 30, eventsDays: 90 }
const days = (count: number) => `${count} days`

/** Longer than any link or challenge lives, so that "this link has expired" can be told from "never heard of it". */
const AFTER_EXPIRY = days(RETENTION_DAYS.tokensDays)
/** What happened to an account, for whoever looks into it. */
const FOR_REVIEW = days(RETENTION_DAYS.eventsDays)
/** PRODUCT: revoked refresh tokens 30 days, ended invites as long. */
const MONTH = days(RETENTION_DAYS.sessionsDays)
const INVITES = days(RETENTION_DAYS.invitesDays)
/** At 100 failures a password is disabled until it is reset: that has to be remembered. */
const DISABLED_AT = 100

const byId = sql`id`

/** What goes when, by the clock of UTC. */
export const CLEANUPS = {
  invites: {
    at: '02:00',
    remains: [
      {
        table: invites,
        where: sql`(expires_at < ${ago(INVITES)} or revoked_at < ${ago(INVITES)}) and not exists (
          select from ${inviteUses} u where u.company_id = invites.company_id and u.invite_id = invites.id)`,
      },
      {
        table: staffInvites,
        where: sql`accepted_at is null and (expires_at < ${ago(INVITES)} or revoked_at < ${ago(INVITES)})`,
      },
    ],
  },
  outbox: {
    at: '04:00',
    remains: [
      { table: outbox, where: sql`done_at < ${ago(days(RETENTION_DAYS.outboxDays))}`, oldest: byId },
      { table: outbox, where: sql`failed_at < ${ago(FOR_REVIEW)}`, oldest: byId },
      { table: devMailbox, where: sql`created_at < ${ago(MONTH)}`, oldest: byId },
      { table: scheduledRuns, where: sql`due_at < ${ago(FOR_REVIEW)}` },
    ],
  },
  tokens: {
    at: '05:00',
    remains: [
      { table: authTokens, where: sql`expires_at < ${ago(AFTER_EXPIRY)}` },
      { table: passkeyCeremonies, where: sql`expires_at < ${ago('1 day')}` },
      { table: signInChallenges, where: sql`expires_at < ${ago('1 day')}` },
      { table: totpFactors, where: sql`confirmed_at is null and expires_at < now()` },
      { table: trustedDevices, where: sql`expires_at < now()` },
      { table: accountExports, where: sql`expires_at < now()` },
      { table: accountErasures, where: sql`email is not null and created_at < ${ago(AFTER_EXPIRY)}` },
      { table: emailChanges, where: sql`expires_at < ${ago(MONTH)}` },
      { table: factorResets, where: sql`expires_at < ${ago(FOR_REVIEW)}` },
      { table: impersonations, where: sql`expires_at < ${ago(FOR_REVIEW)}` },
      { table: apiKeys, where: sql`expires_at < ${ago(FOR_REVIEW)} or revoked_at < ${ago(FOR_REVIEW)}` },
      {
        table: loginThrottle,
        where: sql`updated_at < ${ago(FOR_REVIEW)} and failures < ${DISABLED_AT} and (locked_until is null or locked_until < now())`,
      },
    ],
  },
  sessions: {
    at: '05:30',
    remains: [
      { table: sessions, where: sql`expires_at < ${ago(MONTH)}` },
      { table: sessions, where: sql`revoked_at < ${ago(MONTH)}`, oldest: byId },
    ],
  },
} as const satisfies Record<string, { at: string; remains: readonly Remains[] }>

export type CleanupName = keyof typeof CLEANUPS

export type Pace = {
  /** Rows a transaction takes at most. */
  batch: number
  /** Between two transactions. */
  pauseMs: number
  /** Asked before every batch; false ends the work. */
  goesOn: () => boolean | Promise<boolean>
}

const BATCH = 1_000
const PAUSE_MS = 100

const removeBatch = (database: Access, { table, where, oldest }: Remains, batch: number): Promise<number> =>
  database.system({}, 'write', async (db) => {
    const [row] = await db.execute<{ removed: number }>(sql`
      with remains as (
        select ctid from ${table} where ${where} ${oldest ? sql`order by ${oldest}` : sql``} limit ${batch} for update skip locked),
      removed as (delete from ${table} using remains where ${table}.ctid = remains.ctid returning 1)
      select count(*)::int as removed from removed`)
    return row?.removed ?? 0
  })

/** Removes what remains of a table in small transactions; rows that somebody holds are left for the next time. Returns how many. */
export const removeRemains = async (
  database: Access,
  remains: Remains,
  { batch = BATCH, pauseMs = PAUSE_MS, goesOn = () => true }: Partial<Pace> = {},
): Promise<number> => {
  let total = 0
  while (await goesOn()) {
    const removed = await removeBatch(database, remains, batch)
    total += removed
    if (removed < batch) break
    await sleep(pauseMs)
  }
  return total
}

/** Everything one clean-up is for. Returns the number of rows. */
export const cleanUp = async (database: Access, name: CleanupName, pace: Partial<Pace> = {}): Promise<number> => {
  let total = 0
  for (const remains of CLEANUPS[name].remains) total += await removeRemains(database, remains, pace)
  return total
}
