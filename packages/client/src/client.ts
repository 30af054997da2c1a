import { createTRPCClient, type TRPCClient } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import { SecondFactorRequired, type SecondFactorProof } from './challenge.ts'
import { ServaiError } from './error.ts'
import { explaining, renewing, sending, type Transport } from './links.ts'
import type { AppRouter } from './router.ts'
import { createSession, sessionOfKey, type Session } from './session.ts'

const CONTEXT_HEADER = 'x-servai-context'
const CLIENT_HEADER = 'x-servai-client'

export type Account = inferRouterOutputs<AppRouter>['auth']['me']
type SignedIn = inferRouterOutputs<AppRouter>['auth']['completeSignIn']

export type ServaiClientOptions = {
  /** Where servAI runs, e.g. `https://servai.example.com`. */
  url: string
  /** Capacity to act in, a `key` of `account.contexts`; not needed by people who have only one. */
  context?: string
  /** Where the refresh token travels: `body` (default) for programs, `cookie` for pages of an allowed origin. */
  delivery?: 'body' | 'cookie'
  /** Acts with this API key: nobody signs in, nothing is renewed, and the key's only capacity needs no `context`. */
  apiKey?: string
  /** Takes up the session of an earlier run instead of signing in. */
  refreshToken?: string
  /** Told each new refresh token (the one before is spent), and `null` at the end of the session. */
  onRefreshToken?: (refreshToken: string | null) => void
  /** Of one request; 30,000 by default. */
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
}

export type ServaiClient = {
  /** Every procedure: `api.property.units.list.query({ limit: 50 })`. Rejects with `ServaiError` only. */
  readonly api: TRPCClient<AppRouter>
  /**
   * @throws SecondFactorRequired for an account with a second factor: its `complete` goes on
   * @throws ServaiError `auth.invalid_credentials`, `request.rate_limited`, `server.busy`
   */
  signIn(email: string, password: string): Promise<Account>
  /** Ends the session here and, where it can be reached, at the server. */
  signOut(): Promise<void>
  /** The same session in another capacity. */
  as(context: string): ServaiClient
  /** An authorised request to the REST API or a download; `path` starts with `/`. Renews the session as `api` does. */
  fetch(path: `/${string}`, init?: RequestInit): Promise<Response>
}

/** A client of one person. Tokens are kept in memory; an expired one is renewed without being asked for. */
export const createServaiClient = (options: ServaiClientOptions): ServaiClient => {
  const { delivery = 'body', timeoutMs = 30_000, onRefreshToken = () => {} } = options
  const send = options.fetch ?? globalThis.fetch
  const origin = options.url.replace(/\/+$/, '')

  const fetch: typeof globalThis.fetch = (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    return send(input, {
      ...init,
      credentials: delivery === 'cookie' ? 'include' : 'omit',
      signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
    })
  }
  const transport = { url: `${origin}/trpc`, fetch, headers: { [CLIENT_HEADER]: 'servai-client' } }

  /** Without session and context: signing in, renewing and leaving. */
  const visitor = createTRPCClient<AppRouter>({ links: [explaining, sending(transport)] })

  const session = options.apiKey
    ? sessionOfKey(options.apiKey)
    : createSession({
        refreshToken: options.refreshToken ?? null,
        onRefreshToken,
        renew: async (refreshToken) => {
          if (delivery === 'body' && refreshToken === null) return null
          try {
            return await visitor.auth.refresh.mutate(refreshToken === null ? {} : { refreshToken })
          } catch (error) {
            if (error instanceof ServaiError && error.status === 401) return null
            throw error
          }
        },
      })

  const keep = ({ user, ...tokens }: SignedIn): Account => {
    session.keep(tokens)
    return user
  }

  const signIn: ServaiClient['signIn'] = async (email, password) => {
    if (options.apiKey) throw new TypeError('a client with an API key signs nobody in')
    const answer = await visitor.auth.login.mutate({ email, password, delivery })
    if (!('challenge' in answer)) return keep(answer)
    const { token: challengeToken, methods, expiresIn } = answer.challenge
    throw new SecondFactorRequired({
      methods,
      expiresIn,
      complete: async (proof: SecondFactorProof) =>
        keep(await visitor.auth.completeSignIn.mutate({ challengeToken, proof })),
    })
  }

  const signOut = async () => {
    const refreshToken = session.refreshToken()
    session.keep(null)
    if (delivery === 'cookie' || refreshToken !== null)
      await visitor.auth.logout.mutate(refreshToken === null ? {} : { refreshToken })
  }

  const actingAs = (context: string | undefined): ServaiClient => {
    const headers = { ...transport.headers, ...(context && { [CONTEXT_HEADER]: context }) }
    return {
      api: createTRPCClient<AppRouter>({ links: [explaining, renewing(session), sending({ ...transport, headers })] }),
      signIn,
      signOut,
      as: actingAs,
      fetch: (path, init) => fetchAuthorised(session, { url: `${origin}${path}`, fetch, headers }, init),
    }
  }
  return actingAs(options.context)
}

const fetchAuthorised = async (session: Session, { url, fetch, headers }: Transport, init: RequestInit = {}) => {
  const attempt = (token: string | null) => {
    const all = new Headers({ ...headers, ...(token && { authorization: `Bearer ${token}` }) })
    new Headers(init.headers).forEach((value, name) => all.set(name, value))
    return fetch(url, { ...init, headers: all })
  }
  const token = session.accessToken()
  const response = await attempt(token)
  // A stream is spent with the first attempt.
  const isRepeatable = !(init.body instanceof ReadableStream)
  const isRenewed = response.status === 401 && isRepeatable && (await session.replace(token))
  return isRenewed ? attempt(session.accessToken()) : response
}
