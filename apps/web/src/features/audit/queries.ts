import { ref, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { session } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'

export type AuditEntry = Outputs['audit']['list']['items'][number]
export type AuditFilter = Omit<Inputs['audit']['list'], 'cursor' | 'limit'>

const PAGE_ROWS = 50
/** Pages without a match that are passed over before the person is asked. */
const EMPTY_PAGES = 5

/** A rare word is looked for piece by piece; `searchedUntil` tells how far the search has come where it has not ended. */
export const useAudit = (filter: MaybeRefOrGetter<AuditFilter>) => {
  const searchedUntil = ref<string | null>(null)
  const list = useKeysetList({
    key: () => ['audit', session.context?.key],
    filter,
    fetch: async (asked: AuditFilter, cursor, signal) => {
      const read = (from: string | undefined) =>
        api.audit.list.query({ ...toValue(asked), cursor: from, limit: PAGE_ROWS }, { signal })
      let page = await read(cursor)
      for (let passed = 0; page.items.length === 0 && page.nextCursor !== null && passed < EMPTY_PAGES; passed++)
        page = await read(page.nextCursor)
      searchedUntil.value = page.searchedUntil
      return page
    },
  })
  return { list, searchedUntil }
}
