import type { KnownDevice } from '@servai/auth/device-token'
import type { Principal } from '@servai/db/principal'
import type { SystemDb } from '@servai/db'
import { trustedDevices } from '@servai/db/schema/factors'
import { sessions } from '@servai/db/schema/sessions'
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import { audit } from '../../audit.ts'
import { deviceOf, networkOf } from '../../client-traits.ts'
import { DomainError } from '../../errors.ts'
import { transaction, type Visit, type VisitDb } from '../../visit.ts'
import { deviceHashOf } from '../devices/service.ts'

export const TRUSTED_FOR_DAYS = 30
const MAX_USER_AGENT = 300

const isLive = gt(trustedDevices.expiresAt, sql`now()`)
const tracesOf = ({ address, userAgent }: VisitDb) => ({
  addressPrefix: networkOf(address),
  userAgent: userAgent.slice(0, MAX_USER_AGENT),
  lastUsedAt: sql`now()`,
})

/** When the second factor was proved on this device, if the account trusts it; null for any other. */
export const useTrustedDevice = async (
  ctx: VisitDb,
  userId: string,
  device: KnownDevice | null,
): Promise<Date | null> => {
  if (device?.userId !== userId) return null
  const [trusted] = await ctx.db
    .update(trustedDevices)
    .set(tracesOf(ctx))
    .where(and(eq(trustedDevices.userId, userId), eq(trustedDevices.deviceHash, deviceHashOf(device.deviceId)), isLive))
    .returning({ provedAt: trustedDevices.createdAt })
  return trusted?.provedAt ?? null
}

/** For 30 days from now. */
export const trustDevice = async (ctx: VisitDb, userId: string, deviceId: string) => {
  const terms = { createdAt: sql`now()`, expiresAt: sql`now() + ${TRUSTED_FOR_DAYS} * interval '1 day'` }
  const [trusted] = await ctx.db
    .insert(trustedDevices)
    .values({ userId, deviceHash: deviceHashOf(deviceId), ...tracesOf(ctx), ...terms })
    .onConflictDoUpdate({
      target: [trustedDevices.userId, trustedDevices.deviceHash],
      set: { ...tracesOf(ctx), ...terms },
    })
    .returning({ id: trustedDevices.id })
  await audit(ctx, {
    action: 'auth.device_trust',
    actorId: userId,
    entity: 'trusted_devices',
    ...(trusted && { entityId: trusted.id }),
  })
}

/** Every browser is asked again; with any change of password or factors. */
export const forgetTrustedDevices = async (db: SystemDb, userId: string) => {
  await db.delete(trustedDevices).where(eq(trustedDevices.userId, userId))
}

export const listTrustedDevices = async (db: SystemDb, { userId, sessionId }: Principal) => {
  const rows = await db
    .select({ device: trustedDevices, current: sql<boolean>`coalesce(${sessions.id} = ${sessionId}, false)` })
    .from(trustedDevices)
    .leftJoin(sessions, and(eq(sessions.id, sessionId), eq(sessions.deviceHash, trustedDevices.deviceHash)))
    .where(and(eq(trustedDevices.userId, userId), isLive))
    .orderBy(desc(trustedDevices.lastUsedAt), desc(trustedDevices.id))
  return rows.map(({ device: { id, userAgent, addressPrefix, createdAt, lastUsedAt, expiresAt }, current }) => ({
    id,
    device: deviceOf(userAgent),
    addressPrefix,
    createdAt,
    lastUsedAt,
    expiresAt,
    current,
  }))
}

/** @throws not_found auth.trusted_device_not_found, also for somebody else's */
export const removeTrustedDevice = (visit: Visit, { userId, sessionId }: Principal, id: string) =>
  transaction(visit, { userId, sessionId }, async (ctx) => {
    const removed = await ctx.db
      .delete(trustedDevices)
      .where(and(eq(trustedDevices.id, id), eq(trustedDevices.userId, userId)))
      .returning({ id: trustedDevices.id })
    if (removed.length === 0) throw new DomainError('not_found', 'auth.trusted_device_not_found')
    await audit(ctx, {
      action: 'auth.device_distrust',
      actorId: userId,
      sessionId,
      entity: 'trusted_devices',
      entityId: id,
    })
  })
