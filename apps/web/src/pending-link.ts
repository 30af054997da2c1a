/**
 * An invite that waits until its holder has an account and a proven address. It stays with the tab, as all secrets do;
 * the tab that a message's link opens asks the others for theirs.
 */
type PendingLink = { route: string; token: string }

const KEY = 'servai.pending-link'
const ANSWER_WITHIN_MS = 300

type News = { kind: 'asked' } | { kind: 'held'; link: PendingLink }
const channel = new BroadcastChannel('servai-pending-link')

export const pendingLink = (): PendingLink | null => {
  const kept = sessionStorage.getItem(KEY)
  // Written by `keepLink` below.
  return kept ? (JSON.parse(kept) as PendingLink) : null
}

export const keepLink = (link: PendingLink) => sessionStorage.setItem(KEY, JSON.stringify(link))

export const dropLink = () => sessionStorage.removeItem(KEY)

channel.addEventListener('message', ({ data }: MessageEvent<News>) => {
  const own = pendingLink()
  if (data.kind === 'asked' && own) channel.postMessage({ kind: 'held', link: own } satisfies News)
})

/** Resolves when another tab of this browser has handed over what waits there, or none has. */
export const inheritLink = () =>
  new Promise<void>((resolve) => {
    if (pendingLink()) return resolve()
    const take = ({ data }: MessageEvent<News>) => {
      if (data.kind !== 'held') return
      keepLink(data.link)
      end()
    }
    const end = () => {
      clearTimeout(timer)
      channel.removeEventListener('message', take)
      resolve()
    }
    const timer = setTimeout(end, ANSWER_WITHIN_MS)
    channel.addEventListener('message', take)
    channel.postMessage({ kind: 'asked' } satisfies News)
  })

/**
 * The token behind the `#` of a link such as `/invite#<token>`, taken out of the address at once and kept for this
 * route; else the one kept before. `null` when there is none.
 */
export const takeLink = (route: string): string | null => {
  const token = location.hash.slice(1)
  if (token) {
    history.replaceState(history.state, '', location.pathname + location.search)
    keepLink({ route, token })
    return token
  }
  const kept = pendingLink()
  return kept?.route === route ? kept.token : null
}
