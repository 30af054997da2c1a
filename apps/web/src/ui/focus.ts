import { nextTick, watch, type WatchSource } from 'vue'

/** The heading of what has just opened, for keyboard and screen reader; leaves a focus alone that is in the page already. */
export const focusHeading = async () => {
  await nextTick()
  const main = document.querySelector('#main')
  if (!main || main.contains(document.activeElement)) return
  const heading = main.querySelector<HTMLElement>('h1')
  heading?.setAttribute('tabindex', '-1')
  heading?.focus({ preventScroll: true })
}

/** For a page of several steps: each begins at its heading, as the button that led to it is gone. */
export const useStepFocus = (step: WatchSource) =>
  watch(
    step,
    () => {
      scrollTo({ top: 0 })
      void focusHeading()
    },
    { flush: 'post' },
  )
