import type { AppRouter } from '@servai/client'
import { CONTEXT_HEADER } from '@servai/contract/roles'
import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  type Operation,
  type TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createAccess, type Access, type AccessNews } from './access.ts'
import { askStepUp } from './step-up.ts'

export type Inputs = inferRouterInputs<AppRouter>
export type Outputs = inferRouterOutputs<AppRouter>

const TRPC_URL = '/trpc'
const MAX_BATCH = 10
const RENEW_TIMEOUT_MS = 15_000
const CLIENT = { 'x-servai-client': 'web' }

const listeners = new Set<(news: AccessNews) => void>()

export const accessOf = ({ accessToken, expiresIn }: { accessToken: string; expiresIn: number }): Access => ({
  token: accessToken,
  expiresAtMs: Date.now() + expiresIn * 1000,
})

/** Without token and context: what a visitor may call. The refresh cookie travels by itself. */
const visitor = createTRPCClient<AppRouter>({
  links: [httpLink({ url: TRPC_URL, headers: CLIENT })],
})

export const access = createAccess({
  renew: async () => {
    try {
      return accessOf(await visitor.auth.refresh.mutate({}, { signal: AbortSignal.timeout(RENEW_TIMEOUT_MS) }))
    } catch (error) {
      if (statusOf(error) === 401) return null
      throw error
    }
  },
  channel: new BroadcastChannel('servai-access'),
  locks: navigator.locks,
  storage: localStorage,
  onNews: (news) => listeners.forEach((listener) => listener(news)),
})

/** Told when another tab signs in, renews or signs out, and when the server ends the session. */
export const onAccessNews = (listener: (news: AccessNews) => void) => {
  listeners.add(listener)
}

/** The access token of another account that is seen through this tab; in memory only, so a reload ends it. */
let borrowed: string | null = null
let onBorrowedRefused = () => {}

/** From now on calls are made with this token instead of the session's, until the server refuses it or `null` is given. */
export const borrowToken = (token: string | null, onRefused = () => {}) => {
  borrowed = token
  onBorrowedRefused = onRefused
}

/** Options of a call made as oneself while another account is seen. */
export const asOneself = (key: string) => ({ context: { actAs: key, asOneself: true } })

let activeContext: string | null = null

/** Capacity in which the calls from now on are made; a call can name another one, see `inContext`. */
export const actIn = (key: string | null) => {
  activeContext = key
}

/** Options of a call made in another capacity than the active one. */
export const inContext = (key: string, signal?: AbortSignal) => ({ context: { actAs: key }, ...(signal && { signal }) })

const contextKeyOf = (op: Operation): string | null =>
  typeof op.context['actAs'] === 'string' ? op.context['actAs'] : activeContext

export const requestHeaders = async (
  contextKey = activeContext,
  isAsOneself = false,
): Promise<Record<string, string>> => {
  const token = isAsOneself ? await access.token() : (borrowed ?? (await access.token()))
  return {
    ...CLIENT,
    ...(token && { authorization: `Bearer ${token}` }),
    ...(contextKey && { [CONTEXT_HEADER]: contextKey }),
  }
}

const statusOf = (error: unknown): number | undefined =>
  // Every error that the client throws is one of these; `data` is missing when nothing answered.
  (error as TRPCClientError<AppRouter>).data?.httpStatus

type Refusal = TRPCClientError<AppRouter>

/** Tries once more after what `mend` answers for an error has come to `true`; it answers null for an error it does not mend. */
const repeating =
  (mend: (error: Refusal, op: Operation) => Promise<boolean> | null): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let isSecondTry = false
      let subscription = { unsubscribe: () => {} }
      const attempt = () => {
        subscription = next(op).subscribe({
          next: (result) => observer.next(result),
          complete: () => observer.complete(),
          error: (error) => {
            const mending = isSecondTry ? null : mend(error, op)
            if (!mending) return observer.error(error)
            isSecondTry = true
            mending.then(
              (isMended) => (isMended ? attempt() : observer.error(error)),
              () => observer.error(error),
            )
          },
        })
      }
      attempt()
      return () => subscription.unsubscribe()
    })

/** Renews the session where the server no longer accepts the access token. */
const renewing = repeating((error, op) => {
  if (statusOf(error) !== 401 || !access.isHeld()) return null
  if (borrowed && !op.context['asOneself']) {
    onBorrowedRefused()
    return null
  }
  return access.renew().then((token) => token !== null)
})

/** Lets the person prove once more who they are where the server asks for it. */
const proving = repeating((error) => (error.data?.reason === 'auth.step_up_required' ? askStepUp() : null))

const closedListeners = new Set<() => void>()

/** Told when a call was refused because the company asks for a second factor. */
export const onContextClosed = (listener: () => void) => {
  closedListeners.add(listener)
}

/** Mends nothing. */
const noticing = repeating((error) => {
  if (error.data?.reason === 'auth.second_factor_required') closedListeners.forEach((listener) => listener())
  return null
})

/** Reads of one capacity share requests; a change always travels alone. */
const sending: TRPCLink<AppRouter> = (runtime) => {
  const single = httpLink<AppRouter>({
    url: TRPC_URL,
    headers: ({ op }) => requestHeaders(contextKeyOf(op), op.context['asOneself'] === true),
  })(runtime)
  const batches = new Map<string | null, typeof single>()
  const batchOf = (key: string | null) => {
    const existing = batches.get(key)
    if (existing) return existing
    const headers = () => requestHeaders(key)
    const created = httpBatchLink<AppRouter>({ url: TRPC_URL, maxItems: MAX_BATCH, headers })(runtime)
    batches.set(key, created)
    return created
  }
  return (call) => (call.op.type === 'query' ? batchOf(contextKeyOf(call.op)) : single)(call)
}

export const api = createTRPCClient<AppRouter>({ links: [noticing, proving, renewing, sending] })
