import type { IncomingMessage } from 'node:http'

const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'
/** Browsers treat these as secure even over http. */
const LOCAL_HOST = /^(localhost|[\w-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/

const valueOf = (header: string | undefined, name: string): string | null => {
  if (!header) return null
  for (const part of header.split(';')) {
    const cookie = part.trim()
    if (cookie.startsWith(`${name}=`)) return cookie.slice(name.length + 1)
  }
  return null
}

export type Cookie = {
  read(req: IncomingMessage): string | null
  /** Values of `Set-Cookie`. */
  write(req: IncomingMessage, value: string, maxAgeSeconds: number): string
  clear(req: IncomingMessage): string
}

/** The refresh token's cookie, and the one by which a known device is told. */
export type CookieJar = { refresh: Cookie; device: Cookie }

/**
 * Every cookie of servAI. `__Host-`: the browser takes it only with Secure, Path=/ and for this host alone. Only where
 * the product is served over plain http, which production refuses, another host than this machine gets them without
 * the prefix: a phone on the same network can then be tried.
 */
export const createCookieJar = ({ isHttps, onInsecure }: { isHttps: boolean; onInsecure: () => void }): CookieJar => {
  let isWarned = false
  const isSecure = ({ headers }: IncomingMessage) => isHttps || LOCAL_HOST.test(headers.host ?? '')

  const named = (name: string): Cookie => {
    const nameFor = (req: IncomingMessage) => (isSecure(req) ? `__Host-${name}` : name)
    const cookie = (req: IncomingMessage, value: string, maxAgeSeconds: number) =>
      `${nameFor(req)}=${value}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}${isSecure(req) ? '; Secure' : ''}`
    return {
      read: (req) => valueOf(req.headers.cookie, nameFor(req)),
      write: (req, value, maxAgeSeconds) => {
        if (!isWarned && !isSecure(req)) {
          isWarned = true
          onInsecure()
        }
        return cookie(req, value, maxAgeSeconds)
      },
      clear: (req) => cookie(req, '', 0),
    }
  }
  return { refresh: named('rt'), device: named('device') }
}
