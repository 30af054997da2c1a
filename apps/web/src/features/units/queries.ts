import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { listedRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo, restoreRow } from '../property/removal.ts'

export type Unit = Outputs['property']['units']['get']
export type UnitFilter = Pick<
  Inputs['property']['units']['list'],
  'q' | 'sort' | 'order' | 'includeRemoved' | 'complexId' | 'buildingId' | 'entranceId' | 'type' | 'unitTypeId'
>

export const unitKeys = propertyKeys('units')

export const useUnits = (filter: MaybeRefOrGetter<UnitFilter>) =>
  useKeysetList({
    key: unitKeys.lists,
    filter,
    fetch: (asked, cursor, signal) => api.property.units.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useUnit = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => unitKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.units.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<Unit>(unitKeys, toValue(id)),
    }),
  )

const shown = (unit: Unit) => {
  showRow(unitKeys, unit)
  return unit
}

export const createUnit = async (input: Inputs['property']['units']['create']) =>
  shown(await api.property.units.create.mutate(input))

export const updateUnit = async (input: Inputs['property']['units']['update']) =>
  shown(await api.property.units.update.mutate(input))

const restored = async ({ id }: { id: string }) => shown(await api.property.units.restore.mutate({ id }))

export const removeUnit = (unit: Unit) =>
  removeWithUndo({
    keys: unitKeys,
    row: unit,
    remove: (target) => api.property.units.remove.mutate(target),
    restore: restored,
    texts: {
      removed: t('units.removed', { number: unit.number }),
      restored: t('units.restored', { number: unit.number }),
    },
    along: { name: t('units.named', { number: unit.number }), action: t('units.remove') },
  })

export const restoreUnit = (unit: Unit) =>
  restoreRow(() => restored(unit), t('units.restored', { number: unit.number }))
