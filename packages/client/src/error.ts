import { TRPCClientError } from '@trpc/client'
import type { AppRouter, Reason } from './router.ts'

/** Why nothing came back: no connection, no answer in time, or the caller's own signal. */
export type ClientReason = 'client.unreachable' | 'client.timed_out' | 'client.aborted'

export type Issue = { path: (string | number)[]; code: string }

/** Everything that a call of this client rejects with. */
export class ServaiError extends TRPCClientError<AppRouter> {
  override name = 'ServaiError'
  /** Stable key, e.g. `auth.invalid_credentials`; the message is for developers. */
  readonly reason: Reason | ClientReason
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  /** Name it when you ask for help: the server's logs carry it. `null` where no answer came. */
  readonly requestId: string | null
  /** What is wrong with which field of the input. */
  readonly issues: readonly Issue[]
  /** When another try makes sense, or `null` where the server does not say. */
  readonly retryAfterSeconds: number | null

  constructor(error: TRPCClientError<AppRouter>) {
    super(error.message, {
      ...(error.shape && { result: { error: error.shape } }),
      ...(error.cause && { cause: error.cause }),
      ...(error.meta && { meta: error.meta }),
    })
    // The base class sets the prototype to its own.
    Object.setPrototypeOf(this, new.target.prototype)
    const response = responseOf(error)
    this.reason = error.data?.reason ?? clientReason(error.cause, response)
    this.status = error.data?.httpStatus ?? response?.status ?? 0
    this.requestId = error.data?.requestId ?? response?.headers.get('x-request-id') ?? null
    this.issues = error.data?.issues ?? []
    const seconds = Number(response?.headers.get('retry-after'))
    this.retryAfterSeconds = seconds > 0 ? seconds : null
  }
}

/** The links put the answer there as they got it. */
const responseOf = ({ meta }: TRPCClientError<AppRouter>) =>
  meta?.['response'] instanceof Response ? meta['response'] : null

const clientReason = (cause: Error | undefined, response: Response | null): Reason | ClientReason => {
  if (cause?.name === 'TimeoutError') return 'client.timed_out'
  if (cause?.name === 'AbortError') return 'client.aborted'
  // Something answered, but not servAI: a proxy's own page, say.
  return response ? 'server.unavailable' : 'client.unreachable'
}
