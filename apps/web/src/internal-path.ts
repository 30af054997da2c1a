/** `value` when it leads somewhere inside the app, else the start page. */
export const internalPath = (value: unknown): string => {
  if (typeof value !== 'string' || !value.startsWith('/') || !URL.canParse(value, location.origin)) return '/'
  // Parsing is what the browser does as well: it drops tabs and takes a backslash for a slash.
  const url = new URL(value, location.origin)
  return url.origin === location.origin ? url.pathname + url.search + url.hash : '/'
}
