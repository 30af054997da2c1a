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
  clearTimeout(leaving.get(id)?.timer)
  leaving.delete(id)
  shown.value = shown.value.filter((toast) => toast.id !== id)
  // What held them may be gone with the last of them, and would never let go.
  if (shown.value.length === 0) isHeld = false
}

const show = (toast: Omit<Toast, 'id'>) => {
  const id = ++lastId
  shown.value = [...shown.value, { ...toast, id }].slice(-MAX_SHOWN)
  return id
}

/** How long each still stays once nobody is at them any more. */
const leaving = new Map<number, { afterMs: number; timer: ReturnType<typeof setTimeout> | undefined }>()
let isHeld = false

const leave = (id: number, afterMs: number) =>
  leaving.set(id, { afterMs, timer: isHeld ? undefined : setTimeout(() => dismiss(id), afterMs) })

/** While the pointer is over them, or the keyboard in them, none goes. */
export const holdToasts = () => {
  isHeld = true
  for (const { timer } of leaving.values()) clearTimeout(timer)
}

/** Their time begins anew. */
export const releaseToasts = () => {
  isHeld = false
  for (const [id, { afterMs, timer }] of leaving) {
    clearTimeout(timer)
    leave(id, afterMs)
  }
}

/** Says what was done; with `undo` it can be taken back for ten seconds. */
export const notifyDone = (text: string, undo?: () => unknown) => {
  const id = show({ kind: 'done', text, ...(undo && { undo }) })
  leave(id, undo ? UNDO_MS : DONE_MS)
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
