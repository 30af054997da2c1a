import { readonly, ref } from 'vue'
import type { Failure } from '../errors.ts'

export type Toast = {
  id: number
  kind: 'done' | 'error'
  /** What was done; for an error its `failure` says what happened. */
  text: string
  failure?: Failure
  undo?: () => unknown
}

const DONE_MS = 5_000
const UNDO_MS = 10_000
const MAX_SHOWN = 4

const shown = ref<Toast[]>([])
let lastId = 0

export const toasts = readonly(shown)

export const dismiss = (id: number) => {
  shown.value = shown.value.filter((toast) => toast.id !== id)
}

const show = (toast: Omit<Toast, 'id'>) => {
  const id = ++lastId
  shown.value = [...shown.value, { ...toast, id }].slice(-MAX_SHOWN)
  return id
}

/** Says what was done; with `undo` it can be taken back for ten seconds. */
export const notifyDone = (text: string, undo?: () => unknown) => {
  const id = show({ kind: 'done', text, ...(undo && { undo }) })
  setTimeout(() => dismiss(id), undo ? UNDO_MS : DONE_MS)
}

/** Stays until it is read: `notifyError(reasonOf(error))`. */
export const notifyError = (failure: Failure) => {
  const isShown = shown.value.some(({ failure: other }) => other?.reason === failure.reason)
  if (!isShown) show({ kind: 'error', text: '', failure })
}

/** An outcome that is no failure but needs words of its own; stays until it is read. */
export const notifyRefused = (text: string) => {
  if (!shown.value.some((toast) => toast.text === text)) show({ kind: 'error', text })
}
