import { and, eq, inArray, sql } from 'drizzle-orm'
import { imports } from '@servai/db/schema/imports'
import type { InCompany } from './evaluate.ts'

const INTERVAL_MS = 1_000
const BEAT_MS = 3_000

/** Calls `tell` at most once a second. */
export const inIntervals = <Args extends unknown[]>(tell: (...args: Args) => Promise<unknown>) => {
  let toldAt = 0
  return async (...args: Args) => {
    if (performance.now() - toldAt < INTERVAL_MS) return
    toldAt = performance.now()
    await tell(...args)
  }
}

/** While `work` is at it, the import says every few seconds that somebody is: a long statement tells nothing. */
export const beating = async <T>(inCompany: InCompany, importId: string, work: () => Promise<T>, everyMs = BEAT_MS) => {
  const beat = () =>
    inCompany((db) =>
      db
        .update(imports)
        .set({ updatedAt: sql`now()` })
        .where(and(eq(imports.id, importId), inArray(imports.status, ['reading', 'running', 'undoing']))),
    )
  // One that is missed, as while the row is held, is followed by another.
  const timer = setInterval(() => void beat().catch(() => undefined), everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
