import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { addOption, everyRow, listedRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo } from '../property/removal.ts'
import { fullName } from './residency.ts'

export type Residency = Outputs['property']['residencies']['get']
export type Person = Residency['person']
export type ResidencyFilter = Pick<
  Inputs['property']['residencies']['list'],
  'q' | 'sort' | 'order' | 'complexId' | 'personId'
>

export const residencyKeys = propertyKeys('residencies')

export const useResidencies = (filter: MaybeRefOrGetter<ResidencyFilter>) =>
  useKeysetList({
    key: residencyKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.residencies.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useResidency = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => residencyKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.residencies.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<Residency>(residencyKeys, toValue(id)),
    }),
  )

/** Everybody who lives or lived in a unit, newest first; nobody while no unit is chosen. */
export const useResidentsOfUnit = (unitId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => residencyKeys.options(toValue(unitId))),
      enabled: computed(() => toValue(unitId) !== ''),
      queryFn: ({ signal }) =>
        everyRow((cursor) =>
          api.property.residencies.list.query(
            { unitId: toValue(unitId), sort: 'startsOn', order: 'desc', cursor, limit: 100 },
            { signal },
          ),
        ),
    }),
  )

const SUGGESTIONS = 20

/** People of the company whose name contains the words, each once. */
export const usePeopleNamed = (words: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'people', 'named', toValue(words)] as const),
      queryFn: async ({ signal }) => {
        const { items } = await api.property.residencies.list.query(
          { q: toValue(words), limit: SUGGESTIONS },
          { signal },
        )
        return [...new Map(items.map(({ person, unit }) => [person.id, { person, unit }])).values()]
      },
      enabled: computed(() => toValue(words).trim().length >= 2),
    }),
  )

const shown = (residency: Residency) => {
  showRow(residencyKeys, residency)
  return residency
}

export const createResidency = async (input: Inputs['property']['residencies']['create']) => {
  const residency = await api.property.residencies.create.mutate(input)
  addOption(residencyKeys, residency.unit.id, residency)
  return shown(residency)
}

export const updateResidency = async (input: Inputs['property']['residencies']['update']) =>
  shown(await api.property.residencies.update.mutate(input))

export const removeResidency = (residency: Residency) => {
  const name = fullName(residency.person)
  return removeWithUndo({
    keys: residencyKeys,
    row: residency,
    remove: (target) => api.property.residencies.remove.mutate(target),
    restore: async ({ id }) => shown(await api.property.residencies.restore.mutate({ id })),
    texts: {
      removed: t('people.removed', { name }),
      restored: t('people.restored', { name }),
    },
  })
}
