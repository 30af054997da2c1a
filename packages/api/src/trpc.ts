import type { Role } from '@servai/contract/roles'
import type { CompanyDb, Mode, SystemDb } from '@servai/db'
import { initTRPC } from '@trpc/server'
import { admitActor, requireFresh, requireOneself, requireUnblocked, rolesOf, type Actor } from './actor.ts'
import { limitKeyOf } from './client-traits.ts'
import type { RequestContext } from './context.ts'
import { auditDenial } from './denials.ts'
import { DomainError, errorBody, toTrpcError } from './errors.ts'
import { enforce } from './limits.ts'
import { callerOf, requirePrincipal, scopeOf } from './principal.ts'
import { countRefusal } from './refusals.ts'
import { retrying } from './retry.ts'

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export type Meta = {
  /** Who may call it: nobody in particular, a session, a session with a proven address, or these roles. */
  access?: 'public' | 'session' | 'account' | readonly Role[]
  /** Address under /api/v1; `{name}` is a field of the input. `null`: not offered over REST, with a reason beside it. */
  rest?: { method: HttpMethod; path: `/${string}` } | null
  /** One sentence for the API documentation. */
  summary?: string
  /** Refused inside a batch: each call of it costs a hash or a message. */
  alone?: boolean
  /** Open to the staff of a blocked company too: it changes nothing of the company's. */
  whileBlocked?: boolean
  /** Asks whoever calls to have proved who they are in the last quarter of an hour. */
  fresh?: boolean
  /** Open to an API key and to an impersonation although it is of the account, not of a role. */
  anyBearer?: boolean
  /** Closed to both although it is of a role. */
  oneself?: boolean
}

const t = initTRPC
  .context<RequestContext>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error, ctx }) => {
      const { reason, message, ...more } = errorBody(error)
      return {
        code: shape.code,
        message,
        data: { code: shape.data.code, httpStatus: shape.data.httpStatus, reason, requestId: ctx?.requestId, ...more },
      }
    },
  })

export const { router, createCallerFactory } = t

const translated = t.middleware(async ({ ctx, path, type, next }) => {
  const started = performance.now()
  const result = await next()
  if (result.ok) return result
  const error = toTrpcError(result.error)
  countRefusal(ctx.services, error)
  if (!(error.cause instanceof DomainError))
    ctx.services.log.error(
      { err: error.cause ?? error, path, type, requestId: ctx.requestId, durationMs: performance.now() - started },
      'procedure failed',
    )
  return { ...result, error }
})

const base = t.procedure.use(translated)

/** @throws invalid auth.batch_refused */
const requireAlone = ({ calls }: RequestContext, meta: Meta | undefined) => {
  if (meta?.alone && calls > 1) throw new DomainError('invalid', 'auth.batch_refused')
}

/** Anybody. */
export const publicProcedure = base.meta({ access: 'public' }).use(async ({ ctx, meta, next }) => {
  requireAlone(ctx, meta)
  await enforce(ctx.services, { anonymous: limitKeyOf(ctx.address) })
  return next()
})

const identified = base.meta({ access: 'session' }).use(async ({ ctx, meta, path, getRawInput, next }) => {
  requireAlone(ctx, meta)
  const principal = await requirePrincipal(ctx)
  await enforce(ctx.services, callerOf(principal))
  const result = await next({ ctx: { principal } })
  if (!result.ok) await auditDenial(ctx, principal, { path, error: result.error, getRawInput })
  return result
})

/** Whether a procedure that is not public is closed to API keys and to impersonations. */
export const needsOneself = ({ fresh, oneself, anyBearer, access }: Meta) =>
  !!fresh || !!oneself || !(anyBearer || Array.isArray(access))

/** A session, even of somebody whose address is not proven yet: enough to verify, to look and to leave. */
export const sessionProcedure = identified.use(({ ctx, meta = {}, next }) => {
  if (needsOneself(meta)) requireOneself(ctx.principal)
  if (meta.fresh) requireFresh(ctx.principal, ctx.services.now())
  return next()
})

/** A session of somebody whose address is proven. */
export const accountProcedure = sessionProcedure.meta({ access: 'account' }).use(({ ctx, next }) => {
  if (!ctx.principal.emailVerified) throw new DomainError('forbidden', 'auth.email_not_verified')
  return next()
})

const modeOf = (type: string): Mode => (type === 'query' ? 'read' : 'write')

const asActor = accountProcedure.use(({ ctx, meta, type, next }) => {
  const actor = admitActor(ctx.principal, ctx.contextKey, type === 'mutation' ? 'mutation' : 'query')
  const allowed = Array.isArray(meta?.access) ? (meta.access as readonly Role[]) : []
  if (!rolesOf(actor).some((role) => allowed.includes(role))) throw new DomainError('forbidden', 'auth.forbidden')
  if (type === 'mutation' && !meta?.whileBlocked) requireUnblocked(ctx.principal, actor)
  return next({ ctx: { actor, now: ctx.services.now } })
})

/**
 * Inside one company, as one of the roles of `meta.access`: `ctx.db` is a transaction that row-level security binds
 * to the company of the active context. A query reads only.
 */
export const companyProcedure = asActor.use(({ ctx, type, next }) => {
  const { actor } = ctx
  const { companyId } = actor
  if (!companyId) throw new DomainError('invalid', 'auth.context_required')
  const scope = { ...scopeOf(ctx), companyId }
  return retrying(() =>
    ctx.services.database.company(scope, modeOf(type), async (db) => {
      const result = await next({ ctx: { db, actor: actor as Actor & { companyId: string } } })
      // `next` answers a failure instead of throwing it; without this line a failed mutation would commit.
      if (!result.ok) throw result.error
      return result
    }),
  )
})

/** For the platform as a whole, as one of the platform roles of `meta.access`: `ctx.db` sees every company. */
export const platformProcedure = asActor.use(({ ctx, type, next }) => {
  const { actor } = ctx
  if (actor.kind !== 'platform') throw new DomainError('forbidden', 'auth.forbidden')
  const scope = scopeOf(ctx)
  return retrying(() =>
    ctx.services.database.system(scope, modeOf(type), async (db) => {
      const result = await next({ ctx: { db, actor } })
      if (!result.ok) throw result.error
      return result
    }),
  )
})

/**
 * As one of the roles of `meta.access`, for work on accounts, which belong to no company: `ctx.db` is a transaction of
 * the system role, so the service itself asks whose account the actor may reach.
 */
export const accountsProcedure = asActor.use(({ ctx, type, next }) => {
  const scope = scopeOf(ctx)
  return retrying(() =>
    ctx.services.database.system(scope, modeOf(type), async (db) => {
      const result = await next({ ctx: { db } })
      if (!result.ok) throw result.error
      return result
    }),
  )
})

/** In the company of the active context, or, in the context `platform`, across all of them. */
export const anyScopeProcedure = asActor.use(({ ctx, type, next }) => {
  const { actor } = ctx
  const scope = scopeOf(ctx)
  const { database } = ctx.services
  const work = async (db: CompanyDb | SystemDb) => {
    const result = await next({ ctx: { db, actor } })
    if (!result.ok) throw result.error
    return result
  }
  return retrying(() =>
    actor.companyId
      ? database.company({ ...scope, companyId: actor.companyId }, modeOf(type), work)
      : database.system(scope, modeOf(type), work),
  )
})
