import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'

type Page<Row> = { items: Row[]; nextCursor: string | null }

type Options<Row, Filter> = {
  /** Where the answers are kept; the filter is added to it. */
  key: MaybeRefOrGetter<readonly unknown[]>
  filter: MaybeRefOrGetter<Filter>
  fetch: (filter: Filter, cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>
  enabled?: MaybeRefOrGetter<boolean>
}

/** A list of keyset pages that grows by "Load more"; a new filter keeps the old rows on the screen until it is answered. */
export const useKeysetList = <Row, Filter>({ key, filter, fetch, enabled = true }: Options<Row, Filter>) => {
  const query = useInfiniteQuery({
    queryKey: computed(() => [...toValue(key), toValue(filter)]),
    queryFn: ({ pageParam, signal }) => fetch(toValue(filter), pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<Row>) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    // Rows are replaced, never changed: to watch each field of fifty thousand would cost more than to show them.
    shallow: true,
    enabled: computed(() => toValue(enabled)),
  })
  return reactive({
    /** `undefined` until the first page is there. */
    rows: computed(() => query.data.value?.pages.flatMap((page) => page.items)),
    error: query.error,
    /** Nothing to show yet. */
    isPending: query.isPending,
    /** The rows shown belong to the filter before. */
    isOutdated: query.isPlaceholderData,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => query.fetchNextPage(),
    refetch: () => query.refetch(),
  })
}

export type KeysetList<Row> = {
  rows: Row[] | undefined
  error: unknown
  isPending: boolean
  isOutdated: boolean
  hasMore: boolean
  isLoadingMore: boolean
  loadMore: () => unknown
  refetch: () => unknown
}
