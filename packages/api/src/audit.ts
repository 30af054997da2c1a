import type { CompanyDb, SystemDb } from '@servai/db'
import { auditLog } from '@servai/db/schema/audit'
import type { AUDIT_RESULTS } from '@servai/db/schema/enums'

export type AuditEvent = {
  /** `auth.login`, `property.import`, ...; changes of rows are written by the database itself. */
  action: string
  result?: (typeof AUDIT_RESULTS)[number]
  actorId?: string | null
  sessionId?: string | null
  companyId?: string | null
  entity?: string
  entityId?: string
  /** Never a password, a token or a full e-mail address. */
  details?: Record<string, unknown>
}

type Auditor = { db: CompanyDb | SystemDb; requestId: string; address?: string }

/** Written in the caller's transaction. */
export const audit = async ({ db, requestId, address }: Auditor, { details, ...event }: AuditEvent) => {
  await db.insert(auditLog).values({ ...event, requestId, address, after: details })
}
