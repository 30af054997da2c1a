import { eq, isNull, or, sql } from 'drizzle-orm'
import {
  SETTING_KEYS,
  SETTING_LEVELS,
  SETTINGS,
  type ResolvedSettings,
  type SettingKey,
  type SettingLevel,
  type SettingSource,
} from '@servai/contract/settings'
import type { CompanyDb, SystemDb } from '@servai/db'
import { platformSettings, settings } from '@servai/db/schema/settings'

type Decision = { key: string; level: SettingLevel; value: unknown; version: number }

const platformDecisions = (db: CompanyDb | SystemDb) =>
  db
    .select({
      key: platformSettings.key,
      level: sql<SettingLevel>`'platform'`,
      value: platformSettings.value,
      version: platformSettings.version,
    })
    .from(platformSettings)

const decisionsOf = async (db: CompanyDb, complexId: string | null): Promise<Decision[]> => {
  const own = db
    .select({
      key: settings.key,
      level: sql<SettingLevel>`case when ${settings.complexId} is null then 'company' else 'complex' end`,
      value: settings.value,
      version: settings.version,
    })
    .from(settings)
    .where(
      sql`${isNull(settings.deletedAt)} and ${or(isNull(settings.complexId), complexId ? eq(settings.complexId, complexId) : undefined)}`,
    )
  return platformDecisions(db).unionAll(own)
}

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
