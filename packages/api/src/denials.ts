import { id } from '@servai/contract/fields'
import type { Principal } from '@servai/db/principal'
import type { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { actorOf } from './actor.ts'
import { auditRefusedCall } from './audit.ts'
import type { RequestContext } from './context.ts'
import { DomainError } from './errors.ts'
import { take } from './limits.ts'
import { scopeOf } from './principal.ts'
import { transaction } from './visit.ts'

type Call = { path: string; error: TRPCError; getRawInput: () => Promise<unknown> }

const named = z.object({ id })

/** Of the context asked for; null where it is not one of the caller's, so that nobody writes into a stranger's log. */
const companyOf = (principal: Principal, contextKey: string | null): string | null => {
  try {
    return actorOf(principal, contextKey).companyId
  } catch {
    return null
  }
}

/**
 * Writes down that somebody signed in was refused what they may not do or see (SECURITY A9): once a minute for each
 * account and procedure, so that nobody fills the log. Never throws: the refusal stands, written down or not.
 */
export const auditDenial = async (ctx: RequestContext, principal: Principal, { path, error, getRawInput }: Call) => {
  const { cause } = error
  if (!(cause instanceof DomainError) || (cause.code !== 'forbidden' && cause.code !== 'not_found')) return
  // Asked to prove themselves, not refused.
  if (cause.reason === 'auth.step_up_required') return
  const { userId } = principal
  const { allowed } = await take(ctx.services, { denial: `${userId} ${path}` })
  if (!allowed) return
  try {
    const scope = scopeOf({ ...ctx, principal })
    const input = named.safeParse(await getRawInput())
    await transaction(ctx, scope, (tx) =>
      auditRefusedCall(tx, {
        path,
        actorId: userId,
        sessionId: scope.sessionId ?? null,
        companyId: companyOf(principal, ctx.contextKey),
        details: { reason: cause.reason },
        ...(input.success && { entityId: input.data.id }),
      }),
    )
  } catch (err) {
    ctx.services.log.error({ err, path, requestId: ctx.requestId }, 'a denial was not written down')
  }
}
