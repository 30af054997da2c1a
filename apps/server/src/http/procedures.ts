import type { RequestContext } from '@servai/api/context'
import type { Meta } from '@servai/api/trpc'
import { callTRPCProcedure, type AnyTRPCProcedure, type AnyTRPCRouter } from '@trpc/server'
import type { z } from 'zod'
import type { Exchange } from './exchange.ts'

export type Procedure = {
  /** `auth.login` */
  name: string
  type: 'query' | 'mutation' | 'subscription'
  meta: Meta
  input: z.ZodType | undefined
  output: z.ZodType | undefined
}

type Definition = AnyTRPCProcedure['_def'] & { inputs: unknown[]; output?: unknown }

/** Every procedure of a router by its name. */
export const proceduresOf = (router: AnyTRPCRouter): ReadonlyMap<string, Procedure> =>
  new Map(
    Object.entries(router._def.procedures as Record<string, AnyTRPCProcedure>).map(([name, { _def }]) => {
      // tRPC keeps both at run time and leaves them out of its public type; all schemas of servAI are zod's.
      const { inputs, output } = _def as Definition
      return [
        name,
        {
          name,
          type: _def.type,
          meta: (_def.meta ?? {}) as Meta,
          input: inputs.at(-1) as z.ZodType | undefined,
          output: output as z.ZodType | undefined,
        },
      ]
    }),
  )

/** What the browser stored for the person who leaves; cookies are cleared by name, never those of a whole domain. */
const SIGNS_OUT = new Set(['auth.logout', 'auth.logoutAll'])

type Call = { procedure: Procedure; ctx: RequestContext; batchIndex: number; getRawInput: () => Promise<unknown> }

/** Runs procedures for the transports that are servAI's own. */
export const createCaller =
  (router: AnyTRPCRouter) =>
  async (exchange: Exchange, { procedure: { name, type }, ...call }: Call): Promise<unknown> => {
    const data: unknown = await callTRPCProcedure({ router, path: name, type, signal: undefined, ...call })
    if (SIGNS_OUT.has(name)) exchange.headers.push('clear-site-data', '"storage"')
    return data
  }

export type Caller = ReturnType<typeof createCaller>
