import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Outputs } from '../../api.ts'

export type SearchGroup = Outputs['property']['search']['groups'][number]
export type SearchHit = SearchGroup['hits'][number]

const FRESH_MS = 10_000

/** What is found for the words; while new ones are looked up, what was found before stays. */
export const useSearch = (words: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['search', toValue(words)]),
      queryFn: ({ signal }) => api.property.search.query({ q: toValue(words) }, { signal }),
      enabled: computed(() => toValue(words) !== ''),
      placeholderData: keepPreviousData,
      staleTime: FRESH_MS,
    }),
  )
