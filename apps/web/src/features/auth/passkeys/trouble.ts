import { shallowRef } from 'vue'
import { reasonOf, type Failure } from '../../../errors.ts'
import { PasskeyError, type PasskeyTrouble } from './browser.ts'

/** What stood in the way of a passkey: the browser's part in our words, the server's as anywhere. */
export const useTrouble = () => {
  const trouble = shallowRef<PasskeyTrouble | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const clear = () => {
    trouble.value = null
    failure.value = null
  }
  const show = (error: unknown) => {
    clear()
    if (error instanceof PasskeyError) trouble.value = error.trouble
    else failure.value = reasonOf(error)
  }
  return { trouble, failure, show, clear }
}
