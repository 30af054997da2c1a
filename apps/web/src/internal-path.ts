/** `value` when it leads somewhere inside the app, else the start page. */
export const internalPath = (value: unknown): string => {
  if (typeof value !== 'string' || !value.startsWith('/') || !URL.canParse(value, location.origin)) return '/'
  // Parsing is what the browser does as well: it drops tabs and takes a backslash for a slash.
  const url = new URL(value, location.origin)
  if (url.origin !== location.origin) return '/'
  // `/.//host` has shrunk to `//host`, which the next to read it would take for another host.
  return url.pathname.replace(/^\/+/, '/') + url.search + url.hash
}
