export type Turns = {
  /** Runs `work` once a place is free and no other of the same owner's is taken. */
  inTurn<T>(owner: string, work: () => Promise<T>): Promise<T>
}

/** A few places, at most one of them for each owner; who waits longest comes first. */
export const createTurns = (places: number): Turns => {
  const busy = new Set<string>()
  const waiting: { owner: string; go: () => void }[] = []

  const admit = () => {
    while (busy.size < places) {
      const index = waiting.findIndex(({ owner }) => !busy.has(owner))
      const [next] = index < 0 ? [] : waiting.splice(index, 1)
      if (!next) return
      busy.add(next.owner)
      next.go()
    }
  }

  return {
    inTurn: async (owner, work) => {
      await new Promise<void>((go) => {
        waiting.push({ owner, go })
        admit()
      })
      try {
        return await work()
      } finally {
        busy.delete(owner)
        admit()
      }
    },
  }
}
