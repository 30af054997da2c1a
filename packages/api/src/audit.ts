import type { AuditDetail, AuditEventName, AuditWhy } from '@servai/contract/audit-names'
import type { ImportCount } from '@servai/contract/imports'
import type { CompanyDb, SystemDb } from '@servai/db'
import { sql } from 'drizzle-orm'
import type { AUDIT_RESULTS } from '@servai/db/schema/enums'

export type AuditDetails = Partial<Record<AuditDetail | ImportCount, unknown>> & { why?: AuditWhy }

type Entry = {
  result?: (typeof AUDIT_RESULTS)[number]
  actorId?: string | null
  sessionId?: string | null
  companyId?: string | null
  entity?: string
  entityId?: string
  /** Never a password, a token or a full e-mail address. */
  details?: Record<string, unknown>
}

export type AuditEvent = Entry & {
  /** Changes of rows are written by the database itself. */
  action: AuditEventName
  details?: AuditDetails
}

type Auditor = { db: CompanyDb | SystemDb; requestId: string; address?: string }

/** A key stands where a session does, and is none: the transaction knows which it is for. */
const ofSession = (id: string | null) =>
  sql`case when nullif(current_setting('app.api_key_id', true), '') is null then ${id}::uuid end`

/** An event of ours. */
export const audit = (auditor: Auditor, event: AuditEvent) => appendAudit(auditor, event)

/** A call that was refused, by the path of its procedure. */
export const auditRefusedCall = (auditor: Auditor, { path, ...entry }: Omit<Entry, 'result'> & { path: string }) =>
  appendAudit(auditor, { ...entry, action: path, result: 'denied' })

/**
 * Written in the caller's transaction; id, time and who stands behind the actor are the database's to say. What fails or is
 * denied at the sign-in of an account belongs to the companies it works for, so that their directors see it; that of any other
 * account, and of addresses without one, to the platform.
 */
export const appendAudit = async ({ db, requestId, address }: Auditor, entry: Entry & { action: string }) => {
  const { action, result = 'ok', actorId, sessionId, companyId, entity, entityId, details } = entry
  const isRefusedAccess = result !== 'ok' && !companyId && action.startsWith('auth.')
  const account = actorId ?? (entity === 'users' ? entityId : null) ?? null
  const companies = isRefusedAccess
    ? sql`with employers as (
        select distinct company_id from role_grants
        where user_id = ${account}::uuid and company_id is not null and coalesce(expires_at > now(), true)
      ) select company_id from employers union all select null where not exists (select from employers)`
    : sql`select ${companyId ?? null}::uuid`
  await db.execute(sql`
    insert into audit_log (company_id, actor_id, session_id, request_id, address, action, result, entity, entity_id, after)
    select c.company_id, ${actorId ?? null}::uuid, ${ofSession(sessionId ?? null)}, ${requestId}, ${address ?? null}, ${action},
      ${result}, ${entity ?? null}, ${entityId ?? null}::uuid, ${details ? JSON.stringify(details) : null}::jsonb
    from (${companies}) c (company_id)`)
}
