import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { CEREMONY_PURPOSES, PASSKEY_DEVICE_TYPES, SESSION_DELIVERIES } from './enums.ts'
import { sessions } from './sessions.ts'
import { bytea, instant, oneOf, systemOnly } from './tenancy.ts'
import { users } from './users.ts'

const id = uuid('id').primaryKey().$defaultFn(uuidv7)
const createdAt = instant('created_at').notNull().defaultNow()
const ofUser = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

/** An authenticator app (RFC 6238): at most one in use and one being set up for each account. */
export const totpFactors = pgTable(
  'totp_factors',
  {
    id,
    userId: ofUser(),
    /** AES-256-GCM under the ring key `keyId`, bound to the account and this row. */
    secretCipher: bytea('secret_cipher').notNull(),
    keyId: text('key_id').notNull(),
    /** NULL: being set up, which counts for nothing and ends at `expiresAt`. */
    confirmedAt: instant('confirmed_at'),
    expiresAt: instant('expires_at').notNull(),
    /** Number of the last 30-second step whose code was accepted; only a later one can be. */
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
    createdAt,
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [
    ...systemOnly(),
    uniqueIndex('totp_factors_in_use')
      .on(t.userId)
      .where(sql`${t.confirmedAt} is not null`),
    uniqueIndex('totp_factors_pending')
      .on(t.userId)
      .where(sql`${t.confirmedAt} is null`),
    index('totp_factors_of_key').on(t.keyId),
  ],
)

export const passkeys = pgTable(
  'passkeys',
  {
    id,
    userId: ofUser(),
    /** base64url, as the authenticator made it. */
    credentialId: text('credential_id').notNull(),
    /** COSE */
    publicKey: bytea('public_key').notNull(),
    signCount: bigint('sign_count', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull().default([]),
    deviceType: text('device_type', { enum: PASSKEY_DEVICE_TYPES }).notNull(),
    isBackedUp: boolean('is_backed_up').notNull(),
    name: text('name').notNull(),
    createdAt,
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('passkeys_device_type', t.deviceType, PASSKEY_DEVICE_TYPES),
    uniqueIndex('passkeys_credential').on(t.credentialId),
    index('passkeys_of_user').on(t.userId),
  ],
)

/** Ten at a time; a new set replaces the old one. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    id,
    userId: ofUser(),
    /** SHA-256 of 128 random bits. */
    codeHash: text('code_hash').notNull(),
    createdAt,
    usedAt: instant('used_at'),
  },
  (t) => [...systemOnly(), uniqueIndex('recovery_codes_hash').on(t.userId, t.codeHash)],
)

/** A browser that is asked for no second factor until `expiresAt`, unless password or factors change before. */
export const trustedDevices = pgTable(
  'trusted_devices',
  {
    id,
    userId: ofUser(),
    /** SHA-256 of the id in the device's cookie. */
    deviceHash: text('device_hash').notNull(),
    userAgent: text('user_agent').notNull(),
    addressPrefix: text('address_prefix').notNull(),
    createdAt,
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    ...systemOnly(),
    uniqueIndex('trusted_devices_once').on(t.userId, t.deviceHash),
    index('trusted_devices_by_expiry').on(t.expiresAt),
  ],
)

/** Between the password and the second factor: no session yet, only this, once and for a few minutes. */
export const signInChallenges = pgTable(
  'sign_in_challenges',
  {
    id,
    userId: ofUser(),
    tokenHash: text('token_hash').notNull(),
    delivery: text('delivery', { enum: SESSION_DELIVERIES }).notNull(),
    /** Of the account when the password was proved; a later change of password or factors makes the challenge worthless. */
    tokenVersion: integer('token_version').notNull(),
    attempts: integer('attempts').notNull().default(0),
    createdAt,
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('sign_in_challenges_delivery', t.delivery, SESSION_DELIVERIES),
    uniqueIndex('sign_in_challenges_token').on(t.tokenHash),
    index('sign_in_challenges_of_user').on(t.userId),
    index('sign_in_challenges_by_expiry').on(t.expiresAt),
  ],
)

/** A WebAuthn ceremony that has begun; its challenge can be answered once. */
export const passkeyCeremonies = pgTable(
  'passkey_ceremonies',
  {
    id,
    purpose: text('purpose', { enum: CEREMONY_PURPOSES }).notNull(),
    /** NULL where nobody is known yet: sign-in with a passkey alone. */
    userId: uuid('user_id').references(() => users.id, { onDelete: 'cascade' }),
    /** The flow it is bound to. */
    sessionId: uuid('session_id').references(() => sessions.id, { onDelete: 'cascade' }),
    signInChallengeId: uuid('sign_in_challenge_id').references(() => signInChallenges.id, { onDelete: 'cascade' }),
    /** base64url, 32 bytes. */
    challenge: text('challenge').notNull(),
    createdAt,
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [
    ...systemOnly(),
    oneOf('passkey_ceremonies_purpose', t.purpose, CEREMONY_PURPOSES),
    index('passkey_ceremonies_of_user').on(t.userId),
    index('passkey_ceremonies_by_expiry').on(t.expiresAt),
  ],
)
