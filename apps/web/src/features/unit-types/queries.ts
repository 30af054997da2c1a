import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { reactive } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import { hasRole } from '../../session.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { everyRow, hideRow, PAGE_ROWS, propertyKeys, refreshProperty, showRow } from '../property/cache.ts'
import { countsInWords, restoreRow } from '../property/removal.ts'
import { HOME_READERS } from '../property/roles.ts'

export type UnitType = Outputs['property']['unitTypes']['list']['items'][number]

export const unitTypeKeys = propertyKeys('unitTypes')

export const useUnitTypes = () =>
  useKeysetList({
    key: unitTypeKeys.lists,
    filter: {},
    fetch: (_filter, cursor, signal) => api.property.unitTypes.list.query({ cursor, limit: PAGE_ROWS }, { signal }),
  })

/** All of the company's own types by name. */
export const useUnitTypeOptions = () =>
  reactive(
    useQuery({
      queryKey: unitTypeKeys.options(),
      queryFn: ({ signal }) =>
        everyRow((cursor) => api.property.unitTypes.list.query({ cursor, limit: 100 }, { signal })),
      placeholderData: keepPreviousData,
      enabled: hasRole(HOME_READERS),
    }),
  )

const shown = (type: UnitType) => {
  showRow(unitTypeKeys, type)
  return type
}

export const createUnitType = async (input: Inputs['property']['unitTypes']['create']) =>
  shown(await api.property.unitTypes.create.mutate(input))

export const updateUnitType = async (input: Inputs['property']['unitTypes']['update']) =>
  shown(await api.property.unitTypes.update.mutate(input))

/** Refused while units have it; nothing goes along. */
export const removeUnitType = async ({ id, version, name }: UnitType) => {
  const putBack = hideRow(unitTypeKeys, id)
  try {
    await api.property.unitTypes.remove.mutate({ id, version })
  } catch (error) {
    putBack()
    refreshProperty()
    const failure = reasonOf(error)
    if (failure.reason === 'property.unit_type_in_use')
      notifyRefused(t('registry.types.inUse', { name, counts: countsInWords(failure.counts) }))
    else notifyError(failure)
    return
  }
  refreshProperty()
  notifyDone(t('registry.types.removed', { name }), () =>
    restoreRow(
      async () => shown(await api.property.unitTypes.restore.mutate({ id })),
      t('registry.types.restored', { name }),
    ),
  )
}
