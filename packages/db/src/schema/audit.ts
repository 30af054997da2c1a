import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { AUDIT_RESULTS } from './enums.ts'
import { appRole, bytea, companyScope, instant, ownerRole, systemOnly } from './tenancy.ts'

/** Of the transaction that writes, whoever writes. */
const setting = (name: string) => sql.raw(`nullif(current_setting('app.${name}', true), '')::uuid`)

/** An identity column of a partitioned table would need PostgreSQL 17. */
export const auditLogIds = pgSequence('audit_log_id_seq')

/**
 * Who did what, when; by months of `at`. Append-only by grant and by trigger, and nobody who serves sets `id`, `at`,
 * `impersonator_id` or `api_key_id`. Changes of data are written by the trigger `audit_changes` of every company table;
 * security events by the services.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).notNull().default(sql.raw(`nextval('audit_log_id_seq')`)),
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
    primaryKey({ columns: [t.id, t.at] }),
    pgPolicy('company_reads', { to: appRole, for: 'select', using: sql`${t.companyId} = ${companyScope}` }),
    pgPolicy('company_appends', { to: appRole, for: 'insert', withCheck: sql`${t.companyId} = ${companyScope}` }),
    // Foreign keys that cascade act as the owner, and so do the triggers they set off.
    pgPolicy('owner_appends', { to: ownerRole, for: 'insert', withCheck: sql`${t.companyId} = ${companyScope}` }),
    ...systemOnly(),
    index('audit_log_by_time').on(t.at, t.id),
    index('audit_log_of_company').on(t.companyId, t.at, t.id),
    index('audit_log_of_entity').on(t.companyId, t.entityId, t.id),
    index('audit_log_of_actor').on(t.actorId, t.at, t.id),
    index('audit_log_refused')
      .on(t.companyId, t.at, t.id)
      .where(sql`${t.result} <> 'ok'`),
  ],
)

/**
 * Link `seq` of a chain: a company's, or the platform's under the zero id. `hash` is an HMAC over the link before, these
 * columns and `parts`; `parts` holds four HMACs of 16 bytes, of who, what, before and after. By months of `sealed_at`.
 */
export const auditSeals = pgTable(
  'audit_seals',
  {
    chain: uuid('chain').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    auditId: bigint('audit_id', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    sealedAt: instant('sealed_at').notNull(),
    kid: text('kid').notNull(),
    parts: bytea('parts').notNull(),
    hash: bytea('hash').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.chain, t.seq, t.sealedAt] }),
    pgPolicy('company_reads', { to: appRole, for: 'select', using: sql`${t.chain} = ${companyScope}` }),
    ...systemOnly(),
    index('audit_seals_of_row').on(t.auditId),
  ],
)

/** Where each chain ends, and after which link it begins since its oldest months were dropped. */
export const auditChains = pgTable(
  'audit_chains',
  {
    chain: uuid('chain').primaryKey(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    hash: bytea('hash').notNull(),
    sealedAt: instant('sealed_at').notNull(),
    /** The last link that was dropped, 0 while none was, and its hash. */
    droppedSeq: bigint('dropped_seq', { mode: 'number' }).notNull().default(0),
    droppedHash: bytea('dropped_hash'),
    /** Rows before this instant were dropped. */
    rowsSince: instant('rows_since'),
    /** HMAC over the three: only whoever has the key moves the beginning. */
    droppedKid: text('dropped_kid'),
    droppedMac: bytea('dropped_mac'),
  },
  (t) => [
    pgPolicy('company_reads', { to: appRole, for: 'select', using: sql`${t.chain} = ${companyScope}` }),
    ...systemOnly(),
  ],
)

/** One row: how far the sealer has come, and what the last verification found. */
export const auditSealing = pgTable(
  'audit_sealing',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    /** No transaction can bring a row up to this id any more, and all that came are sealed. */
    settledId: bigint('settled_id', { mode: 'number' }).notNull().default(0),
    verifiedAt: instant('verified_at'),
    verifiedRows: bigint('verified_rows', { mode: 'number' }),
    verifiedFaults: integer('verified_faults'),
    anchoredAt: instant('anchored_at'),
  },
  (t) => [...systemOnly(), check('audit_sealing_only', sql`${t.isOnly}`)],
)
