import { sql } from 'drizzle-orm'
import { check, foreignKey, index, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { complexes } from './complexes.ts'
import { ACCESS_LEVELS, COMPANY_ROLES, STAFF_ROLES } from './enums.ts'
import { active, companyColumns, instant, isolate, oneOf } from './tenancy.ts'
import { users } from './users.ts'

/** Lets a program act for whoever made it, in one role of theirs and never beyond what they may do themselves. */
export const apiKeys = pgTable(
  'api_keys',
  {
    ...companyColumns,
    name: text('name').notNull(),
    /** The account it acts for; with that account's grant of `role` the key loses its rights. */
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    role: text('role', { enum: STAFF_ROLES }).notNull(),
    complexId: uuid('complex_id'),
    access: text('access', { enum: ACCESS_LEVELS }).notNull(),
    /** First characters of the key, to recognise it by. */
    prefix: text('prefix').notNull(),
    tokenHash: text('token_hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    revokedBy: uuid('revoked_by'),
    /** The key that this one takes the place of. */
    rotatedFrom: uuid('rotated_from'),
    /** When its owner was told that it is about to expire. */
    expiryToldAt: instant('expiry_told_at'),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'api_keys_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    foreignKey({
      name: 'api_keys_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    oneOf('api_keys_role', t.role, STAFF_ROLES),
    oneOf('api_keys_access', t.access, ACCESS_LEVELS),
    check(
      'api_keys_scope',
      sql`(${t.role} in (${sql.raw(COMPANY_ROLES.map((role) => `'${role}'`).join(', '))})) = (${t.complexId} is null)`,
    ),
    uniqueIndex('api_keys_token').on(t.tokenHash),
    index('api_keys_of_user').on(t.userId),
    uniqueIndex('api_keys_rotated_once').on(t.companyId, t.rotatedFrom),
  ],
)

export const apiKeysActive = pgView('api_keys_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(apiKeys).where(active(apiKeys)))
