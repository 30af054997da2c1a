import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api } from '../../api.ts'

const LATEST = 6

export const dashboardKeys = {
  overview: ['property', 'overview'] as const,
  complexes: ['property', 'complexes', 'overview'] as const,
  latest: ['property', 'residencies', 'latest'] as const,
}

export const useOverview = (enabled: MaybeRefOrGetter<boolean>) =>
  reactive(
    useQuery({
      queryKey: dashboardKeys.overview,
      queryFn: ({ signal }) => api.property.overview.get.query(undefined, { signal }),
      enabled: computed(() => toValue(enabled)),
    }),
  )

export const useFirstComplexes = () =>
  reactive(
    useQuery({
      queryKey: dashboardKeys.complexes,
      queryFn: async ({ signal }) => (await api.property.complexes.list.query({ limit: LATEST }, { signal })).items,
    }),
  )

/** People who moved in last, by the first day of their residency. */
export const useLatestResidents = (enabled: MaybeRefOrGetter<boolean>) =>
  reactive(
    useQuery({
      queryKey: dashboardKeys.latest,
      queryFn: async ({ signal }) =>
        (await api.property.residencies.list.query({ sort: 'startsOn', order: 'desc', limit: LATEST }, { signal }))
          .items,
      enabled: computed(() => toValue(enabled)),
    }),
  )
