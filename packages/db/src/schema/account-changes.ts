import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { ACCESS_LEVELS, ACCOUNT_EXPORT_STATUSES } from './enums.ts'
import { sessions } from './sessions.ts'
import { bytea, instant, oneOf, systemOnly } from './tenancy.ts'
import { users } from './users.ts'

const id = uuid('id').primaryKey().$defaultFn(uuidv7)
const createdAt = instant('created_at').notNull().defaultNow()

/** A new address takes the place of the old one when both mailboxes have agreed. */
export const emailChanges = pgTable(
  'email_changes',
  {
    id,
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** As typed, for sending; the account has another one by the time the old mailbox is told. */
    oldEmail: text('old_email').notNull(),
    newEmail: text('new_email').notNull(),
    newEmailKey: text('new_email_key').notNull(),
    oldConfirmedAt: instant('old_confirmed_at'),
    newConfirmedAt: instant('new_confirmed_at'),
    createdAt,
    expiresAt: instant('expires_at').notNull(),
    cancelledAt: instant('cancelled_at'),
    doneAt: instant('done_at'),
  },
  (t) => [
    ...systemOnly(),
    uniqueIndex('email_changes_one_open')
      .on(t.userId)
      .where(sql`${t.doneAt} is null and ${t.cancelledAt} is null`),
    index('email_changes_by_expiry').on(t.expiresAt),
  ],
)

/** Somebody lost their second factor: one colleague asks, another one agrees, then it is taken off the account. */
export const factorResets = pgTable(
  'factor_resets',
  {
    id,
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** NULL: asked for by the platform. */
    companyId: uuid('company_id'),
    reason: text('reason').notNull(),
    requestedBy: uuid('requested_by')
      .notNull()
      .references(() => users.id),
    createdAt,
    expiresAt: instant('expires_at').notNull(),
    approvedBy: uuid('approved_by').references(() => users.id),
    approvedAt: instant('approved_at'),
    cancelledBy: uuid('cancelled_by').references(() => users.id),
    cancelledAt: instant('cancelled_at'),
  },
  (t) => [
    ...systemOnly(),
    check(
      'factor_resets_two_people',
      sql`${t.approvedBy} is null or ${t.approvedBy} not in (${t.requestedBy}, ${t.userId})`,
    ),
    check('factor_resets_not_for_oneself', sql`${t.requestedBy} <> ${t.userId}`),
    check('factor_resets_approved', sql`(${t.approvedBy} is null) = (${t.approvedAt} is null)`),
    uniqueIndex('factor_resets_one_open')
      .on(t.userId)
      .where(sql`${t.approvedAt} is null and ${t.cancelledAt} is null`),
    index('factor_resets_by_expiry').on(t.expiresAt),
  ],
)

/** Platform staff see with the eyes of an account, for a while and out of a session of their own. */
export const impersonations = pgTable(
  'impersonations',
  {
    id,
    impersonatorId: uuid('impersonator_id')
      .notNull()
      .references(() => users.id),
    /** The impersonator's; the impersonation ends with it. */
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    access: text('access', { enum: ACCESS_LEVELS }).notNull().default('read'),
    reason: text('reason').notNull(),
    createdAt,
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('impersonations_access', t.access, ACCESS_LEVELS),
    check('impersonations_of_another', sql`${t.impersonatorId} <> ${t.userId}`),
    uniqueIndex('impersonations_one_open')
      .on(t.sessionId)
      .where(sql`${t.endedAt} is null`),
    index('impersonations_of_user').on(t.userId),
    index('impersonations_by_expiry').on(t.expiresAt),
  ],
)

/** Everything an account has with us, as a file for its owner. */
export const accountExports = pgTable(
  'account_exports',
  {
    id,
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    status: text('status', { enum: ACCOUNT_EXPORT_STATUSES }).notNull().default('queued'),
    /** A zip of JSON and files; gone with the row. */
    content: bytea('content'),
    sizeBytes: integer('size_bytes'),
    createdAt,
    finishedAt: instant('finished_at'),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    ...systemOnly(),
    oneOf('account_exports_status', t.status, ACCOUNT_EXPORT_STATUSES),
    index('account_exports_of_user').on(t.userId, t.createdAt),
    index('account_exports_by_expiry').on(t.expiresAt),
  ],
)

/** An account that its owner had erased. The address stays only until the last message has gone to it. */
export const accountErasures = pgTable(
  'account_erasures',
  {
    id,
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    email: text('email'),
    locale: text('locale').notNull(),
    createdAt,
  },
  (t) => [
    ...systemOnly(),
    uniqueIndex('account_erasures_once').on(t.userId),
    index('account_erasures_untold')
      .on(t.createdAt)
      .where(sql`${t.email} is not null`),
  ],
)
