import { shallowRef } from 'vue'

export type Question = {
  /** Names the thing. */
  title: string
  /** What goes with it, in numbers. */
  text?: string
  /** A verb: "Remove building". */
  action: string
  isDangerous?: boolean
}

export const question = shallowRef<(Question & { answer: (isAgreed: boolean) => void }) | null>(null)

/** Asks before something that cannot be undone; `true` when the person agrees. */
export const confirm = (asked: Question): Promise<boolean> =>
  new Promise((resolve) => {
    question.value?.answer(false)
    question.value = {
      ...asked,
      answer: (isAgreed) => {
        question.value = null
        resolve(isAgreed)
      },
    }
  })
