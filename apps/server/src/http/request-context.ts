import type { RequestContext, Services } from '@servai/api/context'
import { CONTEXT_HEADER } from '@servai/contract/roles'
import type { CookieJar } from './cookies.ts'
import type { Exchange } from './exchange.ts'
import { watchLimiter } from './rate-headers.ts'

const MAX_USER_AGENT_CHARACTERS = 256
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i

const textOf = (header: string | string[] | undefined) => (typeof header === 'string' ? header : null)

/** What the procedures know of a request. `calls`: how many of them it holds. */
export const createRequestContext =
  (services: Services, cookies: CookieJar) =>
  (
    exchange: Exchange,
    calls: number,
    setHeader: RequestContext['setHeader'] = (name, value) => void exchange.headers.push(name, value),
  ): RequestContext => {
    const { req, requestId, address } = exchange
    const authorization = req.headers.authorization
    const accessToken = authorization === undefined ? null : (BEARER.exec(authorization)?.[1] ?? null)
    exchange.accessToken = accessToken
    return {
      services: { ...services, limiter: watchLimiter(services.limiter, exchange) },
      requestId,
      address,
      userAgent: (req.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_CHARACTERS),
      accessToken,
      contextKey: textOf(req.headers[CONTEXT_HEADER]),
      refreshCookie: {
        read: () => cookies.refresh.read(req),
        write: (token, maxAgeSeconds) => setHeader('set-cookie', cookies.refresh.write(req, token, maxAgeSeconds)),
        clear: () => setHeader('set-cookie', cookies.refresh.clear(req)),
      },
      deviceCookie: {
        read: () => cookies.device.read(req),
        write: (token, maxAgeSeconds) => setHeader('set-cookie', cookies.device.write(req, token, maxAgeSeconds)),
      },
      calls,
      setHeader,
    }
  }

export type RequestContextFactory = ReturnType<typeof createRequestContext>
