import type { TRPCError } from '@trpc/server'
import type { Services } from './context.ts'
import { DomainError, type DomainCode } from './errors.ts'

const REFUSING: readonly DomainCode[] = ['unauthenticated', 'forbidden', 'limited', 'unavailable']

/** Counts every answer that turns a caller away, by its reason. */
export const countRefusal = ({ metrics }: Pick<Services, 'metrics'>, { cause }: TRPCError) => {
  if (cause instanceof DomainError && REFUSING.includes(cause.code)) metrics.refusals.inc({ reason: cause.reason })
}
