import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { everyRow, listedRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo, restoreRow } from '../property/removal.ts'

export type Building = Outputs['property']['buildings']['get']
export type BuildingFilter = Pick<
  Inputs['property']['buildings']['list'],
  'q' | 'sort' | 'order' | 'includeRemoved' | 'complexId'
>

export const buildingKeys = propertyKeys('buildings')

export const useBuildings = (filter: MaybeRefOrGetter<BuildingFilter>) =>
  useKeysetList({
    key: buildingKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.buildings.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useBuilding = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => buildingKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.buildings.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<Building>(buildingKeys, toValue(id)),
    }),
  )

/** Buildings of one complex, or of the company where none is given, by name. */
export const useBuildingOptions = (complexId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => buildingKeys.options(toValue(complexId))),
      queryFn: ({ signal }) => {
        const complex = toValue(complexId)
        return everyRow((cursor) =>
          api.property.buildings.list.query({ ...(complex && { complexId: complex }), cursor, limit: 100 }, { signal }),
        )
      },
    }),
  )

const shown = (building: Building) => {
  showRow(buildingKeys, building)
  return building
}

export const createBuilding = async (input: Inputs['property']['buildings']['create']) =>
  shown(await api.property.buildings.create.mutate(input))

export const updateBuilding = async (input: Inputs['property']['buildings']['update']) =>
  shown(await api.property.buildings.update.mutate(input))

const restored = async ({ id }: { id: string }) => shown(await api.property.buildings.restore.mutate({ id }))

export const removeBuilding = (building: Building) =>
  removeWithUndo({
    keys: buildingKeys,
    row: building,
    remove: (target) => api.property.buildings.remove.mutate(target),
    restore: restored,
    texts: {
      removed: t('buildings.removed', { name: building.name }),
      restored: t('buildings.restored', { name: building.name }),
    },
    along: { name: t('buildings.named', { name: building.name }), action: t('buildings.remove') },
  })

export const restoreBuilding = (building: Building) =>
  restoreRow(() => restored(building), t('buildings.restored', { name: building.name }))
