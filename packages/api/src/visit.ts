import type { Scope, SystemDb } from '@servai/db'
import type { RequestContext } from './context.ts'
import { retrying } from './retry.ts'

/** What identity services need of a request; they open their transactions themselves, because none may span a hash. */
export type Visit = Pick<RequestContext, 'services' | 'requestId' | 'address' | 'userAgent'>

/** A visit inside a transaction of the system role: what `audit` and `emit` take. */
export type VisitDb = Visit & { db: SystemDb }

type Who = Pick<Scope, 'userId' | 'sessionId' | 'impersonatorId' | 'apiKeyId'>

export const transaction = <T>(visit: Visit, who: Who, work: (ctx: VisitDb) => Promise<T>): Promise<T> => {
  const { services, requestId, address, userAgent } = visit
  return retrying(() =>
    services.database.system({ ...who, requestId, address }, 'write', (db) =>
      work({ services, requestId, address, userAgent, db }),
    ),
  )
}
