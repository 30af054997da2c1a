import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than the work it hides takes on a machine that is not overloaded. */
const LEVEL_MS = 25

/** Takes the same time whether there is little or much to do, so that the time of an answer does not tell which. */
export const inLevelTime = async <T>(work: () => Promise<T>): Promise<T> => {
  const [result] = await Promise.all([work(), sleep(LEVEL_MS)])
  return result
}
