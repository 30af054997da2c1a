import type { Database } from '@servai/db'
import { wallFaults } from '@servai/db/self-check'
import type { AnyTRPCRouter } from '@trpc/server'
import { proceduresOf, type Procedure } from './http/procedures.ts'

const MAX_CLOCK_SKEW_MS = 5_000

const clockFaults = async (database: Pick<Database, 'lookup'>): Promise<string[]> => {
  const before = Date.now()
  const [row] = await database.lookup<{ now: number }>('select (extract(epoch from now()) * 1000)::float8 as now', [])
  const skewMs = Math.abs((row?.now ?? 0) - (before + Date.now()) / 2)
  return skewMs < MAX_CLOCK_SKEW_MS
    ? []
    : [`this machine's clock and the database's are ${Math.round(skewMs / 1000)} s apart`]
}

const faultOf = ({ name, meta, input, output, type }: Procedure): string | null => {
  if (meta.access === undefined) return `procedure ${name} does not say who may call it`
  if (meta.rest === undefined) return `procedure ${name} does not say whether it is offered over REST`
  if (type === 'mutation' && !input) return `procedure ${name} changes something and checks no input`
  return output || type === 'subscription' ? null : `procedure ${name} does not say what it answers`
}

/** Procedures that are not described well enough to be served. */
export const procedureFaults = (router: AnyTRPCRouter): string[] =>
  [...proceduresOf(router).values()].map(faultOf).filter((fault) => fault !== null)

/** What makes it unsafe to serve from this database with this code; empty when nothing does. */
export const startFaults = async (database: Database, router: AnyTRPCRouter): Promise<string[]> => [
  ...procedureFaults(router),
  ...(await wallFaults(database)),
  ...(await clockFaults(database)),
]
