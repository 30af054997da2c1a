/**
 * The one-time token that a message's link carries behind the `#`, or `null`. Takes it out of the address at once:
 * it must not stay in the history, in a bookmark or on the screen.
 */
export const takeToken = (): string | null => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search)
  return token || null
}
