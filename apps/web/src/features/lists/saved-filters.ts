import { ref, watch } from 'vue'
import type { LocationQuery } from 'vue-router'
import { session } from '../../session.ts'

export type SavedFilter = { name: string; query: Record<string, string> }

const MOST = 20

const isSaved = (value: unknown): value is SavedFilter =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'query' in value &&
  typeof value.query === 'object' &&
  value.query !== null &&
  Object.values(value.query).every((each) => typeof each === 'string')

/** For this person in this company, in this browser. */
const keyOf = (list: string) =>
  `servai.filters.${session.account?.id ?? ''}.${session.context?.company?.id ?? ''}.${list}`

const read = (key: string): SavedFilter[] => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isSaved) : []
  } catch {
    return []
  }
}

/** Of an address, what narrows a list. */
export const filterIn = (query: LocationQuery): SavedFilter['query'] =>
  Object.fromEntries(
    Object.entries(query)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

export const isSameFilter = (a: SavedFilter['query'], b: SavedFilter['query']) =>
  JSON.stringify(filterIn(a)) === JSON.stringify(filterIn(b))

/** Filters of a list that somebody has given a name; the address stays what decides. */
export const useSavedFilters = (list: string) => {
  const filters = ref<SavedFilter[]>([])
  watch(
    () => keyOf(list),
    (key) => (filters.value = read(key)),
    { immediate: true },
  )
  const keep = (next: SavedFilter[]) => {
    filters.value = next
    localStorage.setItem(keyOf(list), JSON.stringify(next))
  }
  return {
    filters,
    /** In the place of one of the same name. */
    add: (filter: SavedFilter) =>
      keep([filter, ...filters.value.filter(({ name }) => name !== filter.name)].slice(0, MOST)),
    remove: (name: string) => keep(filters.value.filter((filter) => filter.name !== name)),
  }
}
