import { sessions } from '@servai/db/schema/sessions'
import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { deviceOf } from '../../client-traits.ts'
import { transaction, type Visit } from '../../visit.ts'
import type { Caller } from '../sessions/service.ts'

const unread = (userId: string) =>
  and(
    eq(sessions.userId, userId),
    eq(sessions.revokedReason, 'refresh_reuse'),
    isNull(sessions.noticedAt),
    gt(sessions.revokedAt, sql`now() - interval '30 days'`),
  )

/** Sessions of the caller that ended because their key was used twice, and of which they have not read yet. */
export const listNotices = async ({ services }: Visit, { userId }: Caller) => {
  const rows = await services.database.system({ userId }, 'read', (db) =>
    db
      .select({ id: sessions.id, at: sessions.revokedAt, userAgent: sessions.userAgent })
      .from(sessions)
      .where(unread(userId))
      .orderBy(desc(sessions.revokedAt)),
  )
  return {
    items: rows.map(({ id, at, userAgent }) => ({
      id,
      kind: 'refresh_reuse' as const,
      // Revoked, so it has an end.
      at: at!,
      device: deviceOf(userAgent),
    })),
  }
}

export const readNotices = (visit: Visit, caller: Caller) =>
  transaction(visit, caller, async ({ db }) => {
    await db
      .update(sessions)
      .set({ noticedAt: sql`now()` })
      .where(unread(caller.userId))
  })
