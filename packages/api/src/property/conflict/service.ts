import { desc, eq } from 'drizzle-orm'
import type { CompanyDb, SystemDb } from '@servai/db'
import { auditLog } from '@servai/db/schema/audit'
import { DomainError } from '../../errors.ts'
import { readAuthors } from '../actors/service.ts'

type Shown = { id: string; version: number; updatedAt: string }

/**
 * That the caller has seen the row as it stands now.
 *
 * @param read answers the row as this caller may see it
 * @throws conflict property.version_conflict with that row, who changed it and when
 */
export const requireVersion = async (
  { db }: { db: CompanyDb | SystemDb },
  row: { version: number },
  expected: number | undefined,
  read: () => Promise<Shown>,
) => {
  if (expected === undefined || row.version === expected) return
  const current = await read()
  throw new DomainError('conflict', 'property.version_conflict', {
    conflict: { current, changedBy: await readLastAuthor(db, current.id), changedAt: current.updatedAt },
  })
}

const readLastAuthor = async (db: CompanyDb | SystemDb, id: string) => {
  const [last] = await db
    .select({ actorId: auditLog.actorId })
    .from(auditLog)
    .where(eq(auditLog.entityId, id))
    .orderBy(desc(auditLog.id))
    .limit(1)
  const { name } = (await readAuthors(db, [last?.actorId ?? null]))(last?.actorId ?? null)
  return name === null ? null : { name }
}
