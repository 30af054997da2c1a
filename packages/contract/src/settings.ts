import { z } from 'zod'
import { id, version } from './fields.ts'

/** From the widest to the narrowest; what a level has not decided it inherits from the one before. */
export const SETTING_LEVELS = ['platform', 'company', 'complex'] as const
export const SETTING_SOURCES = ['default', ...SETTING_LEVELS] as const
export type SettingLevel = (typeof SETTING_LEVELS)[number]
export type SettingSource = (typeof SETTING_SOURCES)[number]

/** Every setting: what it may be, what it is until somebody decides, and who may decide. NULL is a value like any other. */
export const SETTINGS = {
  'invites.ttlDays': { schema: z.int().min(1).max(90), default: 7, levels: SETTING_LEVELS },
  /** NULL: as many as anybody wants. */
  'invites.maxActivePerUnit': { schema: z.int().min(1).max(100).nullable(), default: 1, levels: SETTING_LEVELS },
  'invites.familyByResidents': { schema: z.boolean(), default: true, levels: SETTING_LEVELS },
  'claims.open': { schema: z.boolean(), default: true, levels: SETTING_LEVELS },
  'security.staffSecondFactor': { schema: z.boolean(), default: true, levels: ['platform', 'company'] },
  'staff.inviteTtlDays': { schema: z.int().min(1).max(30), default: 7, levels: ['platform', 'company'] },
} as const satisfies Record<string, { schema: z.ZodType; default: unknown; levels: readonly SettingLevel[] }>

export type SettingKey = keyof typeof SETTINGS
export type SettingValue<K extends SettingKey = SettingKey> = z.output<(typeof SETTINGS)[K]['schema']>
export type ResolvedSettings = { [K in SettingKey]: { value: SettingValue<K>; source: SettingSource } }

// Object.keys forgets the key type that `as const` has proved.
export const SETTING_KEYS = Object.keys(SETTINGS) as [SettingKey, ...SettingKey[]]

export const maySet = (key: SettingKey, level: SettingLevel) =>
  (SETTINGS[key].levels as readonly SettingLevel[]).includes(level)

const value = z.union([z.number(), z.boolean(), z.null()])
const resolved = { value, source: z.enum(SETTING_SOURCES) }

export const setting = z.strictObject({
  key: z.enum(SETTING_KEYS),
  ...resolved,
  /** What would hold if this level had not decided. */
  inherited: z.strictObject(resolved),
  /** Of this level's own decision; NULL while it is inherited. */
  version: version.nullable(),
  allowed: z.array(z.enum(['set', 'reset'])),
})
export const settingList = z.strictObject({ level: z.enum(SETTING_LEVELS), items: z.array(setting) })

/** Without a complex: of the company, or of the platform, whichever the caller acts for. */
const scope = { complexId: id.optional() }
/** The `version` that was seen, NULL when the value was inherited then; absent: whatever it is now. */
const seen = { version: version.nullable().optional() }

export const getSettingsInput = z.strictObject(scope)
export const setSettingInput = z
  .strictObject({ ...scope, key: z.enum(SETTING_KEYS), value, ...seen })
  .superRefine(({ key, value: given }, problems) => {
    for (const issue of SETTINGS[key].schema.safeParse(given).error?.issues ?? [])
      problems.addIssue({ ...issue, path: ['value', ...issue.path] })
  })
export const resetSettingInput = z.strictObject({ ...scope, key: z.enum(SETTING_KEYS), ...seen })

export type Setting = z.infer<typeof setting>
export type SettingList = z.infer<typeof settingList>
