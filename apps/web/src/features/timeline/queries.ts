import { useInfiniteQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'

export type TimelineEntry = Outputs['property']['timeline']['list']['items'][number]
export type TimelineOf = Inputs['property']['timeline']['list']['entity']

const PAGE = 20

export const useTimeline = (entity: TimelineOf, id: MaybeRefOrGetter<string>) => {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['property', 'timeline', entity, toValue(id)] as const),
    queryFn: ({ pageParam, signal }) =>
      api.property.timeline.list.query({ entity, id: toValue(id), cursor: pageParam, limit: PAGE }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  })
  return reactive({
    data: computed(() => query.data.value?.pages.flatMap((page) => page.items)),
    error: query.error,
    isPending: query.isPending,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => query.fetchNextPage(),
    refetch: () => query.refetch(),
  })
}
