import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { addOption, everyRow, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo } from '../property/removal.ts'

export type Entrance = Outputs['property']['entrances']['get']

export const entranceKeys = propertyKeys('entrances')

/** Entrances of a building by number; none while no building is chosen. */
export const useEntranceOptions = (buildingId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => entranceKeys.options(toValue(buildingId))),
      queryFn: ({ signal }) =>
        everyRow((cursor) =>
          api.property.entrances.list.query({ buildingId: toValue(buildingId), cursor, limit: 100 }, { signal }),
        ),
      enabled: computed(() => toValue(buildingId) !== ''),
    }),
  )

const shown = (entrance: Entrance) => {
  showRow(entranceKeys, entrance)
  return entrance
}

export const createEntrance = async (input: Inputs['property']['entrances']['create']) => {
  const entrance = await api.property.entrances.create.mutate(input)
  addOption(entranceKeys, entrance.building.id, entrance)
  return shown(entrance)
}

export const updateEntrance = async (input: Inputs['property']['entrances']['update']) =>
  shown(await api.property.entrances.update.mutate(input))

export const removeEntrance = (entrance: Entrance) =>
  removeWithUndo({
    keys: entranceKeys,
    row: entrance,
    remove: (target) => api.property.entrances.remove.mutate(target),
    restore: async ({ id }) => shown(await api.property.entrances.restore.mutate({ id })),
    texts: {
      removed: t('buildings.entranceRemoved', { number: entrance.number }),
      restored: t('buildings.entranceRestored', { number: entrance.number }),
    },
    along: { name: t('registry.grid.entrance', { number: entrance.number }), action: t('buildings.removeEntrance') },
  })
