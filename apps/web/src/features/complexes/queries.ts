import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { everyRow, listedRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo, restoreRow } from '../property/removal.ts'

export type Complex = Outputs['property']['complexes']['get']
export type ComplexFilter = Pick<Inputs['property']['complexes']['list'], 'q' | 'sort' | 'order' | 'includeRemoved'>

export const complexKeys = propertyKeys('complexes')

export const useComplexes = (filter: MaybeRefOrGetter<ComplexFilter>) =>
  useKeysetList({
    key: complexKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.complexes.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useComplex = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => complexKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.complexes.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<Complex>(complexKeys, toValue(id)),
    }),
  )

/** All complexes of the company by name. */
export const useComplexOptions = () =>
  reactive(
    useQuery({
      queryKey: complexKeys.options(),
      queryFn: ({ signal }) =>
        everyRow((cursor) => api.property.complexes.list.query({ cursor, limit: 100 }, { signal })),
      placeholderData: keepPreviousData,
    }),
  )

const shown = (complex: Complex) => {
  showRow(complexKeys, complex)
  return complex
}

export const createComplex = async (input: Inputs['property']['complexes']['create']) =>
  shown(await api.property.complexes.create.mutate(input))

export const updateComplex = async (input: Inputs['property']['complexes']['update']) =>
  shown(await api.property.complexes.update.mutate(input))

const restored = async ({ id }: { id: string }) => shown(await api.property.complexes.restore.mutate({ id }))

export const removeComplex = (complex: Complex) =>
  removeWithUndo({
    keys: complexKeys,
    row: complex,
    remove: (target) => api.property.complexes.remove.mutate(target),
    restore: restored,
    texts: {
      removed: t('complexes.removed', { name: complex.name }),
      restored: t('complexes.restored', { name: complex.name }),
    },
    along: { name: complex.name, action: t('complexes.remove') },
  })

export const restoreComplex = (complex: Complex) =>
  restoreRow(() => restored(complex), t('complexes.restored', { name: complex.name }))
