import { SETTINGS, type SettingKey, type SettingLevel } from '@servai/contract/settings'
import { t } from '../../i18n/i18n.ts'
import type { Setting, Value } from './queries.ts'

export const settingName = (key: SettingKey) => t(`settings.key.${key}`)

export const isDays = (key: SettingKey) => key.endsWith('Days')

export const valueInWords = (key: SettingKey, value: Value) => {
  if (value === null) return t('settings.noLimit')
  if (typeof value === 'boolean') return t(value ? 'settings.yes' : 'settings.no')
  return isDays(key) ? t('settings.days', { count: value }) : String(value)
}

/** Where a value comes from, seen from the level it is shown on. */
export const sourceInWords = ({ source }: Pick<Setting, 'source'>, level: SettingLevel) =>
  t(`settings.source.${source === level ? 'own' : source}`)

export const kindOf = (key: SettingKey): 'switch' | 'number' | 'limit' => {
  const { schema } = SETTINGS[key]
  if (schema.safeParse(true).success) return 'switch'
  return schema.safeParse(null).success ? 'limit' : 'number'
}

/** `invites` of `invites.ttlDays`. */
export const groupOf = (key: SettingKey) => {
  const [group] = key.split('.')
  // The keys begin with these words.
  return group as 'invites' | 'claims' | 'security' | 'staff'
}
