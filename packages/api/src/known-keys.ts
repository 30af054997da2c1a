/** What this process remembers of API keys that it has seen to be good, by their hash. It proves nothing: every call asks the database. */
export type KnownKeys = {
  has(tokenHash: string): boolean
  remember(tokenHash: string): void
  forget(tokenHash: string): void
  /** Of calls with one key, the first does its work alone, and the others wait for it; it never passes an error on to them. */
  inTurn<T>(tokenHash: string, work: () => Promise<T>): Promise<T>
}

/** At most `size` of them: beyond that the one unused for longest is forgotten. */
export const createKnownKeys = (size: number): KnownKeys => {
  const known = new Set<string>()
  const working = new Map<string, Promise<unknown>>()
  const remember = (tokenHash: string) => {
    known.delete(tokenHash)
    known.add(tokenHash)
    if (known.size > size) for (const oldest of known) return known.delete(oldest)
  }
  return {
    has: (tokenHash) => known.has(tokenHash),
    remember: (tokenHash) => void remember(tokenHash),
    forget: (tokenHash) => void known.delete(tokenHash),
    async inTurn(tokenHash, work) {
      const first = working.get(tokenHash)
      if (first) {
        await first.catch(() => undefined)
        return work()
      }
      const mine = work()
      working.set(tokenHash, mine)
      try {
        return await mine
      } finally {
        working.delete(tokenHash)
      }
    },
  }
}
