import { ref } from 'vue'
import { session } from '../../session.ts'
import type { SearchGroup, SearchHit } from './queries.ts'

export type Recent = Pick<SearchHit, 'id' | 'label' | 'place' | 'target'> & { kind: SearchGroup['kind'] }

const MOST = 6

/** Names of people are kept for this tab only, and apart for each capacity. */
const keyOf = () => `servai.recent.${session.account?.id ?? ''}.${session.context?.key ?? ''}`

const read = (): Recent[] => {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf()) ?? '[]')
    // Written below; of another shape only if somebody played with the browser's storage.
    return Array.isArray(kept) ? (kept as Recent[]) : []
  } catch {
    return []
  }
}

/** What was lately opened from here, the latest first. */
export const useRecent = () => {
  const items = ref(read())
  return {
    items,
    add: (recent: Recent) => {
      items.value = [recent, ...items.value.filter(({ id }) => id !== recent.id)].slice(0, MOST)
      sessionStorage.setItem(keyOf(), JSON.stringify(items.value))
    },
  }
}
