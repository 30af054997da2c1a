import { computed, shallowRef, watch } from 'vue'

type Identified = { id: string }

/** Rows a person has chosen; those that leave the list leave the selection. */
export const useSelection = <Row extends Identified>(rows: () => readonly Row[] | undefined) => {
  const ids = shallowRef<ReadonlySet<string>>(new Set())

  watch(rows, (now) => {
    if (ids.value.size === 0 || !now) return
    const left = new Set(now.map(({ id }) => id))
    const kept = [...ids.value].filter((id) => left.has(id))
    if (kept.length < ids.value.size) ids.value = new Set(kept)
  })

  return {
    ids,
    rows: computed(() => (rows() ?? []).filter(({ id }) => ids.value.has(id))),
    clear: () => {
      ids.value = new Set()
    },
  }
}
