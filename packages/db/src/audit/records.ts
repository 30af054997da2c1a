import type { AuditRecord } from './links.ts'

/** Columns of `audit_log a` as `readRecord` takes them; `id` is null where a join found no row. */
export const RECORD_COLUMNS = `
  a.id::float8 as "id", (extract(epoch from a.at) * 1000)::float8 as "atMs", a.company_id as "companyId",
  a.actor_id as "actorId", a.impersonator_id as "impersonatorId", a.api_key_id as "apiKeyId", a.session_id as "sessionId",
  a.request_id as "requestId", a.address, a.action, a.result, a.entity, a.entity_id as "entityId",
  a.before::text as "before", a.after::text as "after"`

export type RecordColumns = {
  id: number
  atMs: number
  companyId: string | null
  actorId: string | null
  impersonatorId: string | null
  apiKeyId: string | null
  sessionId: string | null
  requestId: string | null
  address: string | null
  action: string
  result: string
  entity: string | null
  entityId: string | null
  before: string | null
  after: string | null
}

/** The order is part of what is sealed. */
export const readRecord = (row: RecordColumns): AuditRecord => ({
  id: row.id,
  atMs: row.atMs,
  who: [row.actorId, row.impersonatorId, row.apiKeyId, row.sessionId, row.requestId, row.address],
  what: [row.companyId, row.action, row.result, row.entity, row.entityId],
  before: row.before,
  after: row.after,
})
