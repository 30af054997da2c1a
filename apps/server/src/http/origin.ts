import type { IncomingMessage } from 'node:http'
import { DomainError } from '@servai/api/errors'
import { CONTEXT_HEADER } from '@servai/contract/roles'
import type { CookieJar } from './cookies.ts'
import type { HeaderList } from './headers.ts'
import { isLocalHost } from './local-host.ts'
import { RATE_HEADERS } from './rate-headers.ts'

/** Only a page that servAI let in by CORS, or a program, can send it. */
export const CLIENT_HEADER = 'x-servai-client'

/** Name of an uploaded file, percent-encoded. */
export const FILE_NAME_HEADER = 'x-file-name'

const ALLOWED_HEADERS = ['authorization', 'content-type', CLIENT_HEADER, CONTEXT_HEADER, FILE_NAME_HEADER].join(', ')
const NOTHING: HeaderList = []

export type OriginGate = {
  /** Headers that let the page of a listed origin read the answer; none for any other. */
  corsHeaders(req: IncomingMessage): HeaderList
  /** Headers of the answer to a preflight. @throws forbidden request.cross_site */
  preflight(req: IncomingMessage): HeaderList
  /** For everything that may change state. @throws forbidden request.cross_site */
  requireOwnPage(req: IncomingMessage): void
  /** For what development alone shows to everybody. @throws forbidden request.cross_site */
  requireOwnHost(req: IncomingMessage): void
}

export type OriginGateOptions = {
  appOrigin: string
  allowedOrigins: readonly string[]
  /** Development: the local address under which this very server was reached counts as its own. */
  trustsHost: boolean
  cookies: CookieJar
}

/** The wall against other sites' pages (SECURITY A7). */
export const createOriginGate = ({ appOrigin, allowedOrigins, trustsHost, cookies }: OriginGateOptions): OriginGate => {
  const listed = new Map(
    allowedOrigins.map((origin) => [
      origin,
      [
        'access-control-allow-origin',
        origin,
        'access-control-allow-credentials',
        'true',
        'access-control-expose-headers',
        ['x-request-id', 'retry-after', ...RATE_HEADERS].join(', '),
      ],
    ]),
  )
  const refuse = () => new DomainError('forbidden', 'request.cross_site')
  const appHost = new URL(appOrigin).host
  const isOwnHost = (host = '') => host === appHost || isLocalHost(host)
  const isOwn = (origin: string, host: string | undefined) =>
    origin === appOrigin ||
    (trustsHost && isOwnHost(host) && (origin === `http://${host}` || origin === `https://${host}`))

  return {
    corsHeaders: ({ headers }) => (headers.origin === undefined ? NOTHING : (listed.get(headers.origin) ?? NOTHING)),

    preflight: ({ headers }) => {
      const allowed = listed.get(headers.origin ?? '')
      if (!allowed) throw refuse()
      return [
        'access-control-allow-methods',
        'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers',
        ALLOWED_HEADERS,
        'access-control-max-age',
        '600',
      ]
    },

    requireOwnPage: (req) => {
      const { origin, host } = req.headers
      const site = req.headers['sec-fetch-site']
      const isListed = origin !== undefined && listed.has(origin)
      const usesCookie = cookies.refresh.read(req) !== null
      const isOurs =
        site === undefined
          ? // A program sends neither; a browser that leaves both out must not carry anybody's cookie.
            origin === undefined
            ? !usesCookie
            : isListed || isOwn(origin, host)
          : (site === 'same-origin' && (!trustsHost || isOwnHost(host))) || isListed
      if (!isOurs || (usesCookie && req.headers[CLIENT_HEADER] === undefined)) throw refuse()
    },

    requireOwnHost: ({ headers }) => {
      if (!isOwnHost(headers.host)) throw refuse()
    },
  }
}
