/** An access token of this browser, shared by all tabs that are signed in. */
export type Access = { token: string; expiresAtMs: number }

/** `started`: somebody signed in here; `renewed`: the same session goes on; `ended`: nobody is signed in any more. */
export type AccessNews = { kind: 'started' | 'renewed'; access: Access } | { kind: 'ended' }

type Channel = Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>
type Locks = { request<T>(name: string, work: () => Promise<T>): Promise<T> }

type Options = {
  /** Asks the server for the next access token; `null` when there is no session any more. */
  renew: () => Promise<Access | null>
  channel: Channel
  /** Missing where the page is not a secure context; then each tab is on its own and the server's grace window helps. */
  locks: Locks | undefined
  /** Of the browser, shared by its tabs: holds the mark that somebody has signed in here, and no secret. */
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** News of other tabs, and the end of the session found by this one. */
  onNews: (news: AccessNews) => void
  now?: () => number
}

const LOCK = 'servai-refresh'
/** Set while somebody may be signed in here: a visitor without it needs not ask the server. */
export const SIGNED_IN_KEY = 'servai.signed-in'
const RENEW_BEFORE_MS = 30_000
const DELIVERY_MS = 50

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Keeps the access token in memory and lets one tab at a time renew it for all. */
export const createAccess = ({ renew, channel, locks, storage, onNews, now = Date.now }: Options) => {
  let current: Access | null = null
  let renewing: Promise<string | null> | null = null

  const isFresh = (access: Access | null): access is Access =>
    access !== null && access.expiresAtMs - now() > RENEW_BEFORE_MS

  const hold = (access: Access | null) => {
    current = access
    if (access) storage.setItem(SIGNED_IN_KEY, '1')
    else storage.removeItem(SIGNED_IN_KEY)
  }

  const tell = (news: AccessNews) => channel.postMessage(news)

  const renewUnlessNewer = async (stale: string | null) => {
    if (isFresh(current) && current.token !== stale) return current.token
    const had = current !== null
    hold(await renew())
    if (current) tell({ kind: 'renewed', access: current })
    else if (had) {
      tell({ kind: 'ended' })
      onNews({ kind: 'ended' })
    }
    return current?.token ?? null
  }

  const renewInTurn = (stale: string | null) =>
    new Promise<string | null>((resolve, reject) => {
      const work = async () => {
        await renewUnlessNewer(stale).then(resolve, reject)
        // The lock is kept until the tabs that wait for it have heard of the new token.
        await pause(DELIVERY_MS)
      }
      if (locks) locks.request(LOCK, work).catch(reject)
      else void work()
    })

  channel.addEventListener('message', ({ data }: MessageEvent<AccessNews>) => {
    hold(data.kind === 'ended' ? null : data.access)
    onNews(data)
  })

  return {
    /** Whether this tab takes itself for signed in. */
    isHeld: () => current !== null,
    /** Renews whatever is at hand except a newer token than `stale`. Rejects when the server cannot be reached. */
    renew: (stale: string | null = current?.token ?? null) =>
      (renewing ??= renewInTurn(stale).finally(() => {
        renewing = null
      })),
    /** The session that this browser still has, as {@link renew} would find it; asks nobody where nobody has signed in. */
    async resume(): Promise<string | null> {
      return storage.getItem(SIGNED_IN_KEY) === null ? null : this.renew()
    },
    /** A token good for the next request; `null` when nobody is signed in. */
    async token(): Promise<string | null> {
      if (!current) return null
      return isFresh(current) ? current.token : this.renew()
    },
    start(access: Access) {
      hold(access)
      tell({ kind: 'started', access })
    },
    end() {
      hold(null)
      tell({ kind: 'ended' })
    },
  }
}
