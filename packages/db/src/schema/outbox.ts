import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { appRole, companyScope, instant, systemOnly } from './tenancy.ts'

/** Side effects to come, written in the transaction that causes them. Payloads are ids only. */
export const outbox = pgTable(
  'outbox',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    companyId: uuid('company_id'),
    topic: text('topic').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    requestId: text('request_id'),
    createdAt: instant('created_at').notNull().defaultNow(),
    availableAt: instant('available_at').notNull().defaultNow(),
    relayedAt: instant('relayed_at'),
    attempts: integer('attempts').notNull().default(0),
    doneAt: instant('done_at'),
    /** Set when every attempt failed: the dead letter. */
    failedAt: instant('failed_at'),
    lastError: text('last_error'),
  },
  (t) => [
    pgPolicy('company_isolation', { to: appRole, for: 'insert', withCheck: sql`${t.companyId} = ${companyScope}` }),
    ...systemOnly(),
    index('outbox_open')
      .on(t.availableAt, t.id)
      .where(sql`${t.doneAt} is null and ${t.failedAt} is null`),
  ],
)

/** Where mail goes in development. Never written in production. */
export const devMailbox = pgTable(
  'dev_mailbox',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    idempotencyKey: text('idempotency_key').notNull().unique(),
    sender: text('sender').notNull(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    html: text('html').notNull(),
    text: text('text').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [...systemOnly(), index('dev_mailbox_by_recipient').on(t.recipient, t.createdAt)],
)
