import type { CompanyDb, SystemDb } from '@servai/db'
import { sql } from 'drizzle-orm'
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

/** A key stands where a session does, and is none: the transaction knows which it is for. */
const ofSession = (id: string | null) =>
  sql`case when nullif(current_setting('app.api_key_id', true), '') is null then ${id}::uuid end`

/** Written in the caller's transaction; id, time and who stands behind the actor are the database's to say. */
export const audit = async ({ db, requestId, address }: Auditor, event: AuditEvent) => {
  const { action, result = 'ok', actorId, sessionId, companyId, entity, entityId, details } = event
  await db.execute(sql`
    insert into audit_log (company_id, actor_id, session_id, request_id, address, action, result, entity, entity_id, after)
    values (${companyId ?? null}, ${actorId ?? null}, ${ofSession(sessionId ?? null)}, ${requestId}, ${address ?? null},
      ${action}, ${result}, ${entity ?? null}, ${entityId ?? null}, ${details ? JSON.stringify(details) : null}::jsonb)`)
}
