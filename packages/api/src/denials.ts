import { id } from '@servai/contract/fields'
import type { Principal } from '@servai/db/principal'
import type { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { actorOf } from './actor.ts'
import { auditRefusedCall } from './audit.ts'
import type { RequestContext } from './context.ts'
import { DomainError } from './errors.ts'
import { take } from './limits.ts'
import { doerOf, requirePrincipal, scopeOf } from './principal.ts'
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

const denialOf = ({ cause }: TRPCError): DomainError | null => {
  if (!(cause instanceof DomainError) || (cause.code !== 'forbidden' && cause.code !== 'not_found')) return null
  // Asked to prove themselves, not refused.
  return cause.reason === 'auth.step_up_required' ? null : cause
}

/**
 * Writes down that somebody signed in was refused what they may not do or see (SECURITY A9): once a minute for each
 * account and procedure, so that nobody fills the log. Never throws: the refusal stands, written down or not.
 */
export const auditDenial = async (ctx: RequestContext, principal: Principal, { path, error, getRawInput }: Call) => {
  const cause = denialOf(error)
  if (!cause) return
  const { userId } = principal
  const { allowed } = await take(ctx.services, { denial: `${doerOf(principal)} ${path}` })
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

/** The same for a request that is no procedure, of whoever makes it. Never throws. */
export const auditRefusedRequest = async (ctx: RequestContext, call: Call) => {
  if (!denialOf(call.error)) return
  const principal = await requirePrincipal(ctx).catch(() => null)
  if (principal) await auditDenial(ctx, principal, call)
}
