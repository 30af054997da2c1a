import { getSettingsInput, resetSettingInput, setSettingInput, setting, settingList } from '@servai/contract/settings'
import { anyScopeProcedure, router } from '../../trpc.ts'
import { SETTINGS_ACCESS } from './policy.ts'
import { getSettings, resetSetting, setSetting } from './service.ts'

export const settingsRouter = router({
  get: anyScopeProcedure
    .meta({
      access: SETTINGS_ACCESS,
      rest: { method: 'GET', path: '/property/settings' },
      summary: 'What the platform, the company or a complex of it has decided, and what it inherits',
    })
    .input(getSettingsInput)
    .output(settingList)
    .query(({ ctx, input }) => getSettings(ctx, input)),
  set: anyScopeProcedure
    .meta({
      access: SETTINGS_ACCESS,
      rest: { method: 'PUT', path: '/property/settings/{key}' },
      summary: 'Decide a setting for the platform, the company or a complex of it',
    })
    .input(setSettingInput)
    .output(setting)
    .mutation(({ ctx, input }) => setSetting(ctx, input)),
  reset: anyScopeProcedure
    .meta({
      access: SETTINGS_ACCESS,
      rest: { method: 'POST', path: '/property/settings/{key}/reset' },
      summary: 'Let a setting be inherited again',
    })
    .input(resetSettingInput)
    .output(setting)
    .mutation(({ ctx, input }) => resetSetting(ctx, input)),
})
