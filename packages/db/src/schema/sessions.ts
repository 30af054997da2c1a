import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { REVOCATION_REASONS, SESSION_DELIVERIES, TOKEN_PURPOSES } from './enums.ts'
import { instant, oneOf, systemOnly } from './tenancy.ts'
import { users } from './users.ts'

/** A family of refresh tokens: token number `counter` is the current one (SECURITY A4). */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    delivery: text('delivery', { enum: SESSION_DELIVERIES }).notNull(),
    /** base64url, 32 bytes; with the ring key `keyId` it gives the key of this family. */
    nonce: text('nonce').notNull(),
    keyId: text('key_id').notNull(),
    counter: integer('counter').notNull().default(0),
    rotatedAt: instant('rotated_at').notNull().defaultNow(),
    /** Absolute end of the session; a refresh never extends it. */
    expiresAt: instant('expires_at').notNull(),
    idleSeconds: integer('idle_seconds').notNull(),
    /** Network prefix only: /24 or /48. */
    addressPrefix: text('address_prefix').notNull(),
    userAgent: text('user_agent').notNull(),
    /** SHA-256 of the id in the device's cookie; NULL for a program. */
    deviceHash: text('device_hash'),
    /** When whoever holds it last proved who they are; sensitive acts ask for a recent one. */
    authenticatedAt: instant('authenticated_at').notNull().defaultNow(),
    /** When a second factor was last proved in it, or by the trusted device it was opened on. */
    secondFactorAt: instant('second_factor_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason', { enum: REVOCATION_REASONS }),
    /** When its owner said that they have read why it ended. */
    noticedAt: instant('noticed_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('sessions_delivery', t.delivery, SESSION_DELIVERIES),
    oneOf('sessions_revoked_reason', t.revokedReason, REVOCATION_REASONS),
    index('sessions_live')
      .on(t.userId, t.lastSeenAt)
      .where(sql`${t.revokedAt} is null`),
    index('sessions_of_user').on(t.userId, t.createdAt),
    index('sessions_by_expiry').on(t.expiresAt),
  ],
)

/** One-time tokens. The token itself is derived from id, nonce and a key; only its SHA-256 is kept. */
export const authTokens = pgTable(
  'auth_tokens',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: text('purpose', { enum: TOKEN_PURPOSES }).notNull(),
    nonce: text('nonce').notNull(),
    keyId: text('key_id').notNull(),
    tokenHash: text('token_hash').notNull(),
    /** The address the token was sent to; it proves that one only. */
    emailKey: text('email_key').notNull(),
    requestedFrom: text('requested_from'),
    userAgent: text('user_agent'),
    createdAt: instant('created_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    voidedAt: instant('voided_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('auth_tokens_purpose', t.purpose, TOKEN_PURPOSES),
    uniqueIndex('auth_tokens_hash').on(t.tokenHash),
    uniqueIndex('auth_tokens_one_live')
      .on(t.userId, t.purpose)
      .where(sql`${t.usedAt} is null and ${t.voidedAt} is null`),
    index('auth_tokens_by_expiry').on(t.expiresAt),
  ],
)
