import { and, eq, isNull, or, sql } from 'drizzle-orm'
import type { z } from 'zod'
import {
  maySet,
  SETTING_KEYS,
  SETTING_LEVELS,
  SETTINGS,
  type getSettingsInput,
  type resetSettingInput,
  type ResolvedSettings,
  type Setting,
  type SettingKey,
  type SettingLevel,
  type SettingList,
  type SettingSource,
  type setSettingInput,
} from '@servai/contract/settings'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { roleGrants } from '@servai/db/schema/grants'
import { platformSettings, settings } from '@servai/db/schema/settings'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { Ctx, RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { getComplex, holdComplex } from '../complexes/service.ts'
import { requireRight } from '../policy.ts'
import { levelOf, mayDecide, requireProofFor } from './policy.ts'

type AnyDb = CompanyDb | SystemDb
type SettingsCtx = Pick<RequestContext, 'services' | 'requestId' | 'address'> & {
  db: AnyDb
  actor: Actor
  principal: Pick<Principal, 'apiKey' | 'impersonation' | 'authenticatedAtMs'>
  now: () => Date
}
type Decision = { key: string; level: SettingLevel; value: unknown; version: number }

const platformDecisions = (db: AnyDb) =>
  db
    .select({
      key: platformSettings.key,
      level: sql<SettingLevel>`'platform'`,
      value: platformSettings.value,
      version: platformSettings.version,
    })
    .from(platformSettings)

const decisionsOf = (db: CompanyDb, complexId: string | null): Promise<Decision[]> =>
  platformDecisions(db).unionAll(
    db
      .select({
        key: settings.key,
        level: sql<SettingLevel>`case when ${settings.complexId} is null then 'company' else 'complex' end`,
        value: settings.value,
        version: settings.version,
      })
      .from(settings)
      .where(
        and(
          isNull(settings.deletedAt),
          or(isNull(settings.complexId), complexId ? eq(settings.complexId, complexId) : undefined),
        ),
      ),
  )

type Resolved = { value: unknown; source: SettingSource }

/** The narrowest decision that still passes its schema; one from before the schema changed counts for nothing. */
const resolve = (key: SettingKey, decisions: readonly Decision[], levels: readonly SettingLevel[]): Resolved => {
  for (const level of levels.toReversed()) {
    const decision = decisions.find((each) => each.key === key && each.level === level)
    const parsed = decision && SETTINGS[key].schema.safeParse(decision.value)
    if (parsed?.success) return { value: parsed.data, source: level }
  }
  return { value: SETTINGS[key].default, source: 'default' }
}

const resolveAll = (decisions: readonly Decision[]) =>
  // Each value has passed the schema of its key, or is its default.
  Object.fromEntries(SETTING_KEYS.map((key) => [key, resolve(key, decisions, SETTING_LEVELS)])) as ResolvedSettings

/** What holds in a complex of the company at hand, or, with NULL, in the company as a whole. */
export const readSettings = async (db: CompanyDb, complexId: string | null): Promise<ResolvedSettings> =>
  resolveAll(await decisionsOf(db, complexId))

/** What holds in a company that has decided nothing yet. */
export const readPlatformSettings = async (db: SystemDb): Promise<ResolvedSettings> =>
  resolveAll(await platformDecisions(db))

/** The brand of a transaction, which only its type knows, follows from whom it was opened for. */
const inCompany = (ctx: SettingsCtx) => ({ ...ctx, db: ctx.db as CompanyDb }) satisfies Ctx

/**
 * Every setting that can be decided at this level, with what it would inherit.
 *
 * @throws not_found property.complex_not_found, invalid auth.context_required
 */
export const getSettings = async (
  ctx: SettingsCtx,
  { complexId }: z.output<typeof getSettingsInput>,
): Promise<SettingList> => {
  const { actor } = ctx
  if (!complexId) return listSettings(ctx, undefined)
  if (!actor.companyId) throw new DomainError('invalid', 'auth.context_required')
  await getComplex(inCompany(ctx), { id: complexId })
  return listSettings(ctx, complexId)
}

/**
 * @throws invalid request.invalid for a setting of another level, not_found property.complex_not_found,
 *   forbidden auth.forbidden and what `requireProofFor` throws, conflict property.version_conflict, property.parent_removed
 */
export const setSetting = async (ctx: SettingsCtx, input: z.output<typeof setSettingInput>): Promise<Setting> => {
  const { key, complexId } = input
  await requireDecidable(ctx, key, complexId)
  // `null` as a parameter would be SQL's NULL; as a value of a setting it is JSON's.
  const value = sql`${JSON.stringify(input.value)}::text::jsonb`
  const own = await lockOwn(ctx, input)
  if (levelOf(ctx.actor, complexId) === 'platform') await writePlatform(ctx, key, value, own)
  else if (own)
    await ctx.db.update(settings).set({ value, deletedAt: null, deletedBy: null }).where(eq(settings.id, own.id))
  else {
    const values = { complexId: complexId ?? null, key, value }
    const inserted = await ctx.db.insert(settings).values(values).onConflictDoNothing().returning({ id: settings.id })
    if (inserted.length === 0) throw new DomainError('conflict', 'property.version_conflict')
  }
  await auditPlatform(ctx, complexId, { key, value: input.value })
  await applyAtOnce(ctx, key)
  return oneOf(ctx, key, complexId)
}

/**
 * Lets the level inherit again; nothing happens where it does already.
 *
 * @throws as `setSetting`
 */
export const resetSetting = async (ctx: SettingsCtx, input: z.output<typeof resetSettingInput>): Promise<Setting> => {
  const { key, complexId } = input
  await requireDecidable(ctx, key, complexId)
  const own = await lockOwn(ctx, input)
  if (own && !own.isReset) {
    if (levelOf(ctx.actor, complexId) === 'platform')
      await ctx.db.delete(platformSettings).where(eq(platformSettings.key, key))
    else
      await ctx.db
        .update(settings)
        .set({ deletedAt: ctx.now(), deletedBy: ctx.actor.userId })
        .where(eq(settings.id, own.id))
    await auditPlatform(ctx, complexId, { key })
    await applyAtOnce(ctx, key)
  }
  return oneOf(ctx, key, complexId)
}

const listSettings = async (ctx: SettingsCtx, complexId: string | undefined): Promise<SettingList> => {
  const level = levelOf(ctx.actor, complexId)
  const decisions =
    level === 'platform' ? await platformDecisions(ctx.db) : await decisionsOf(inCompany(ctx).db, complexId ?? null)
  const reach = SETTING_LEVELS.slice(0, SETTING_LEVELS.indexOf(level) + 1)
  const isDecidable = mayDecide(ctx.actor, complexId)
  const items = SETTING_KEYS.filter((key) => maySet(key, level)).map((key) => {
    const own = decisions.find((each) => each.key === key && each.level === level)
    return {
      key,
      ...resolve(key, decisions, reach),
      inherited: resolve(key, decisions, reach.slice(0, -1)),
      version: own?.version ?? null,
      allowed: isDecidable ? (own ? (['set', 'reset'] as const) : (['set'] as const)) : [],
    }
  })
  // The values have passed their schemas in `resolve`.
  return { level, items: items as Setting[] }
}

const oneOf = async (ctx: SettingsCtx, key: SettingKey, complexId: string | undefined) =>
  (await listSettings(ctx, complexId)).items.find((item) => item.key === key)!

const requireDecidable = async (ctx: SettingsCtx, key: SettingKey, complexId: string | undefined) => {
  if (complexId) {
    if (!ctx.actor.companyId) throw new DomainError('invalid', 'auth.context_required')
    await holdComplex(inCompany(ctx), complexId)
  }
  requireRight(mayDecide(ctx.actor, complexId))
  requireProofFor(key, ctx.principal, ctx.now())
  if (!maySet(key, levelOf(ctx.actor, complexId)))
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['key'], code: 'setting_level' }] })
}

type Own = { id: string; version: number; isReset: boolean }

/** This level's row, against being changed by somebody else until the end of the transaction. */
const lockOwn = async (
  { db, actor }: SettingsCtx,
  {
    key,
    complexId,
    version: seen,
  }: { key: string; complexId?: string | undefined; version?: number | null | undefined },
): Promise<Own | null> => {
  const [row] =
    levelOf(actor, complexId) === 'platform'
      ? await db
          .select({ id: platformSettings.key, version: platformSettings.version, deletedAt: sql<null>`null` })
          .from(platformSettings)
          .where(eq(platformSettings.key, key))
          .for('update')
      : await db
          .select({ id: settings.id, version: settings.version, deletedAt: settings.deletedAt })
          .from(settings)
          .where(and(eq(settings.key, key), complexId ? eq(settings.complexId, complexId) : isNull(settings.complexId)))
          .for('update')
  const current = row && !row.deletedAt ? row.version : null
  if (seen !== undefined && seen !== current) throw new DomainError('conflict', 'property.version_conflict')
  return row ? { id: row.id, version: row.version, isReset: row.deletedAt !== null } : null
}

const writePlatform = async (
  { db, actor }: SettingsCtx,
  key: SettingKey,
  value: ReturnType<typeof sql>,
  own: Own | null,
) => {
  const stamps = { updatedAt: sql`now()`, updatedBy: actor.userId }
  if (own) {
    await db
      .update(platformSettings)
      .set({ value, version: own.version + 1, ...stamps })
      .where(eq(platformSettings.key, key))
    return
  }
  const inserted = await db
    .insert(platformSettings)
    .values({ key, value, updatedBy: actor.userId })
    .onConflictDoNothing()
    .returning({ key: platformSettings.key })
  if (inserted.length === 0) throw new DomainError('conflict', 'property.version_conflict')
}

/** Rows of companies are audited by the database. */
const auditPlatform = async (
  ctx: SettingsCtx,
  complexId: string | undefined,
  details: { key: SettingKey; value?: unknown },
) => {
  if (levelOf(ctx.actor, complexId) !== 'platform') return
  const action = 'value' in details ? 'settings.set' : 'settings.reset'
  await audit(ctx, { action, actorId: ctx.actor.userId, entity: 'platform_settings', details })
}

/** What is known of principals holds this setting: it is forgotten for all staff at hand, so the next call sees the new one. */
const applyAtOnce = async ({ db, services }: SettingsCtx, key: SettingKey) => {
  if (key !== 'security.staffSecondFactor') return
  const staff = await db.selectDistinct({ userId: roleGrants.userId }).from(roleGrants)
  await Promise.all(staff.map(({ userId }) => services.principals.suspend(userId)))
}
