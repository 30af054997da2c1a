import { onScopeDispose, readonly, ref, toValue, watch, type MaybeRefOrGetter } from 'vue'

const PATIENCE_MS = 150

/** True once `waiting` has lasted so long that something has to be shown. */
export const useLate = (waiting: MaybeRefOrGetter<boolean>) => {
  const isLate = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => toValue(waiting),
    (isWaiting) => {
      clearTimeout(timer)
      isLate.value = false
      if (isWaiting) timer = setTimeout(() => (isLate.value = true), PATIENCE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return readonly(isLate)
}
