import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

/**
 * State of a list that lives in the URL: filters, search, sort. Values that equal their default are left out of it.
 * Each property of the answer can be read and set.
 */
export const useUrlQuery = <T extends Record<string, string>>(defaults: T) => {
  const route = useRoute()
  const router = useRouter()

  const read = (key: string) => {
    const value = route.query[key]
    return typeof value === 'string' ? value : (defaults[key] ?? '')
  }

  // A navigation takes a moment; a second change within it builds on the first.
  let underWay: LocationQuery | null = null

  /** Changes several at once. */
  const set = (changes: Partial<T>) => {
    const query = { ...(underWay ?? route.query) }
    for (const [key, value] of Object.entries(changes))
      if (value === defaults[key] || value === undefined) delete query[key]
      else query[key] = value
    underWay = query
    void router.replace({ query, hash: route.hash }).finally(() => {
      if (underWay === query) underWay = null
    })
  }

  const values = computed(() => Object.fromEntries(Object.keys(defaults).map((key) => [key, read(key)])) as T)

  /** One of them as a model. */
  const field = <K extends keyof T & string>(key: K): WritableComputedRef<T[K]> =>
    computed({
      get: () => values.value[key],
      set: (value) => set({ [key]: value } as unknown as Partial<T>),
    })

  return { values, set, field, clear: () => set(defaults) }
}
