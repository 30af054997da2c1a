export type Tokens = { accessToken: string; refreshToken?: string | undefined }

export type SessionOptions = {
  refreshToken: string | null
  /** Answers `null` where the server says that the session is over. */
  renew: (refreshToken: string | null) => Promise<Tokens | null>
  onRefreshToken: (refreshToken: string | null) => void
}

/** The tokens of one signed-in person, in memory only. */
export const createSession = ({ renew, onRefreshToken, ...given }: SessionOptions) => {
  let accessToken: string | null = null
  let refreshToken = given.refreshToken
  let renewing: Promise<boolean> | null = null
  let changes = 0

  const keep = (tokens: Tokens | null) => {
    changes += 1
    accessToken = tokens?.accessToken ?? null
    const next = tokens?.refreshToken ?? null
    if (next !== refreshToken) onRefreshToken((refreshToken = next))
  }

  const renewOnce = async () => {
    const before = changes
    const tokens = await renew(refreshToken)
    // Somebody signed in or out meanwhile: that counts.
    if (changes === before) keep(tokens)
    return accessToken !== null
  }

  return {
    keep,
    accessToken: () => accessToken,
    refreshToken: () => refreshToken,
    /** Renews after `rejected` was refused, once for all who ask at the same time. Answers whether to try again. */
    replace: (rejected: string | null) => {
      if (accessToken !== rejected) return Promise.resolve(accessToken !== null)
      renewing ??= renewOnce().finally(() => {
        renewing = null
      })
      return renewing
    },
  }
}

/** Of a program with an API key: always the same, and over where the server says so. */
export const sessionOfKey = (key: string): Session => ({
  keep: () => {},
  accessToken: () => key,
  refreshToken: () => null,
  replace: () => Promise.resolve(false),
})

export type Session = ReturnType<typeof createSession>
