import { useQuery } from '@tanstack/vue-query'
import type { SettingKey } from '@servai/contract/settings'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Outputs } from '../../api.ts'
import { queryClient } from '../../session.ts'

export type Settings = Outputs['property']['settings']['get']
export type Setting = Settings['items'][number]
export type Value = Setting['value']

/** Nothing: of the company, or of the platform, whichever the person acts for. */
type ComplexId = string | undefined

const keyOf = (complexId: ComplexId) => ['property', 'settings', complexId ?? 'own'] as const

export const useSettings = (complexId: MaybeRefOrGetter<ComplexId>) =>
  reactive(
    useQuery({
      queryKey: computed(() => keyOf(toValue(complexId))),
      queryFn: ({ signal }) => api.property.settings.get.query({ complexId: toValue(complexId) }, { signal }),
    }),
  )

const shown = (complexId: ComplexId, setting: Setting) => {
  queryClient.setQueryData<Settings>(
    keyOf(complexId),
    (settings) =>
      settings && { ...settings, items: settings.items.map((item) => (item.key === setting.key ? setting : item)) },
  )
  // A complex inherits what the company decides.
  if (!complexId) void queryClient.invalidateQueries({ queryKey: ['property', 'settings'] })
  return setting
}

type Seen = { key: SettingKey; version: number | null }

export const setSetting = async (complexId: ComplexId, { key, version }: Seen, value: Value) =>
  shown(complexId, await api.property.settings.set.mutate({ complexId, key, value, version }))

export const resetSetting = async (complexId: ComplexId, { key, version }: Seen) =>
  shown(complexId, await api.property.settings.reset.mutate({ complexId, key, version }))

export const refreshSettings = (complexId: ComplexId) =>
  void queryClient.invalidateQueries({ queryKey: keyOf(complexId) })
