import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api } from '../../api.ts'

export const useUnitGrid = (complexId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'units', 'grid', toValue(complexId)] as const),
      queryFn: ({ signal }) => api.property.units.grid.query({ complexId: toValue(complexId) }, { signal }),
    }),
  )

export const useUnitCard = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'units', 'card', toValue(id)] as const),
      queryFn: ({ signal }) => api.property.units.card.query({ id: toValue(id) }, { signal }),
    }),
  )
