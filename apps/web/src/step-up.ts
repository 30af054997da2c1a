import { shallowRef } from 'vue'

/** Set while a dialog waits for the person to prove once more who they are. */
export const stepUp = shallowRef<{ answer: (isProved: boolean) => void } | null>(null)

let asking: Promise<boolean> | null = null

/** Asks once for all calls that were refused at the same time; `false` when the person would rather not. */
export const askStepUp = (): Promise<boolean> => {
  asking ??= new Promise<boolean>((resolve) => {
    stepUp.value = { answer: resolve }
  }).finally(() => {
    asking = null
    stepUp.value = null
  })
  return asking
}
