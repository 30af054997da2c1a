import type { RequestContext } from '@servai/api/context'
import { auditRefusedRequest } from '@servai/api/denials'
import type { Exchange } from './exchange.ts'
import { failureOf } from './failure.ts'
import type { RequestContextFactory } from './request-context.ts'

type FileCall = {
  /** As a procedure would be called; the audit log names a refusal by it. */
  name: string
  /** Of the row that is asked for, as sent. */
  idOf?: (path: string) => string | undefined
}

/** A request that takes or gives a file and so is no procedure; what it refuses is written down as for one. */
export const fileCall =
  (
    contextOf: RequestContextFactory,
    { name, idOf }: FileCall,
    handle: (exchange: Exchange, ctx: RequestContext) => Promise<void>,
  ) =>
  async (exchange: Exchange): Promise<void> => {
    const ctx = contextOf(exchange, 1)
    try {
      await handle(exchange, ctx)
    } catch (error) {
      const getRawInput = async () => ({ id: idOf?.(exchange.path) })
      await auditRefusedRequest(ctx, { path: name, error: failureOf(error), getRawInput })
      throw error
    }
  }
