import { httpBatchLink, httpLink, type TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { ServaiError } from './error.ts'
import type { AppRouter } from './router.ts'
import type { Session } from './session.ts'

/** What the server takes in one request. */
const MAX_BATCH = 10

type Fetch = typeof globalThis.fetch
export type Transport = { url: string; fetch: Fetch; headers: Record<string, string> }

/** Every error of the links below becomes a `ServaiError`. */
export const explaining: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({ ...observer, error: (error) => observer.error(new ServaiError(error)) }),
    )

/** Renews the session and tries once more where the access token is missing or no longer accepted. */
export const renewing =
  (session: Session): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let subscription = { unsubscribe: () => {} }
      let isOver = false
      const send = (onRefused: (error: TRPCClientError<AppRouter>, token: string | null) => void) => {
        const token = session.accessToken()
        const signed = { ...op, context: { ...op.context, accessToken: token } }
        subscription = next(signed).subscribe({ ...observer, error: (error) => onRefused(error, token) })
      }
      send((refused, token) => {
        if (refused.data?.httpStatus !== 401 || isOver) return observer.error(refused)
        session.replace(token).then(
          (renewed) => {
            if (isOver) return
            if (renewed) send((error) => observer.error(error))
            else observer.error(refused)
          },
          (error: TRPCClientError<AppRouter>) => observer.error(error),
        )
      })
      return () => {
        isOver = true
        subscription.unsubscribe()
      }
    })

const bearer = (context: Record<string, unknown> | undefined): Record<string, string> =>
  typeof context?.['accessToken'] === 'string' ? { authorization: `Bearer ${context['accessToken']}` } : {}

/** Queries made in the same turn share a request; a change always travels alone. */
export const sending = ({ url, fetch, headers }: Transport): TRPCLink<AppRouter> => {
  const single = httpLink<AppRouter>({ url, fetch, headers: ({ op }) => ({ ...headers, ...bearer(op.context) }) })
  const batch = httpBatchLink<AppRouter>({
    url,
    fetch,
    maxItems: MAX_BATCH,
    headers: ({ opList }) => ({ ...headers, ...bearer(opList[0].context) }),
  })
  return (runtime) => {
    const [one, many] = [single(runtime), batch(runtime)]
    return (call) => (call.op.type === 'query' ? many(call) : one(call))
  }
}
