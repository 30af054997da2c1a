import type { IncomingMessage } from 'node:http'

/** `__Host-`: the browser takes it only with Secure, Path=/ and for this host alone. */
const SECURE_NAME = '__Host-rt'
const PLAIN_NAME = 'rt'
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

export type CookieJar = {
  read(req: IncomingMessage): string | null
  /** Values of `Set-Cookie`. */
  write(req: IncomingMessage, token: string, maxAgeSeconds: number): string
  clear(req: IncomingMessage): string
}

/**
 * The refresh token's cookie. Only where the product is served over plain http, which production refuses, another
 * host than this machine gets it without the prefix: a phone on the same network can then be tried.
 */
export const createCookieJar = ({ isHttps, onInsecure }: { isHttps: boolean; onInsecure: () => void }): CookieJar => {
  let isWarned = false
  const isSecure = ({ headers }: IncomingMessage) => isHttps || LOCAL_HOST.test(headers.host ?? '')
  const cookie = (req: IncomingMessage, value: string, maxAgeSeconds: number) => {
    const rest = `${ATTRIBUTES}; Max-Age=${maxAgeSeconds}`
    return isSecure(req) ? `${SECURE_NAME}=${value}; ${rest}; Secure` : `${PLAIN_NAME}=${value}; ${rest}`
  }
  return {
    read: (req) => valueOf(req.headers.cookie, isSecure(req) ? SECURE_NAME : PLAIN_NAME),
    write: (req, token, maxAgeSeconds) => {
      if (!isWarned && !isSecure(req)) {
        isWarned = true
        onInsecure()
      }
      return cookie(req, token, maxAgeSeconds)
    },
    clear: (req) => cookie(req, '', 0),
  }
}
