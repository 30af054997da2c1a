import { sql } from 'drizzle-orm'
import { bigint, index, jsonb, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { AUDIT_RESULTS } from './enums.ts'
import { appRole, companyScope, instant, ownerRole, systemOnly } from './tenancy.ts'

/** Of the transaction that writes, whoever writes. */
const setting = (name: string) => sql.raw(`nullif(current_setting('app.${name}', true), '')::uuid`)

/**
 * Who did what, when. Append-only by grant and by trigger. Changes of data are written by the trigger `audit_changes`
 * of every company table; security events by the services.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    companyId: uuid('company_id'),
    actorId: uuid('actor_id'),
    /** Who acted as `actorId`. */
    impersonatorId: uuid('impersonator_id').default(setting('impersonator_id')),
    apiKeyId: uuid('api_key_id').default(setting('api_key_id')),
    sessionId: uuid('session_id'),
    requestId: text('request_id'),
    address: text('address'),
    /** `units.update`, `auth.login`, ... */
    action: text('action').notNull(),
    result: text('result', { enum: AUDIT_RESULTS }).notNull().default('ok'),
    entity: text('entity'),
    entityId: uuid('entity_id'),
    /** Old and new values, only of what changed. */
    before: jsonb('before').$type<Record<string, unknown>>(),
    after: jsonb('after').$type<Record<string, unknown>>(),
  },
  (t) => [
    pgPolicy('company_reads', { to: appRole, for: 'select', using: sql`${t.companyId} = ${companyScope}` }),
    pgPolicy('company_appends', { to: appRole, for: 'insert', withCheck: sql`${t.companyId} = ${companyScope}` }),
    // Foreign keys that cascade act as the owner, and so do the triggers they set off.
    pgPolicy('owner_appends', { to: ownerRole, for: 'insert', withCheck: sql`${t.companyId} = ${companyScope}` }),
    ...systemOnly(),
    index('audit_log_of_company').on(t.companyId, t.id),
    index('audit_log_of_entity').on(t.companyId, t.entityId, t.id),
    index('audit_log_of_actor').on(t.actorId, t.id),
  ],
)
