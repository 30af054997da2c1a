import { sql } from 'drizzle-orm'
import { check, foreignKey, index, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { COMPANY_ROLES, SPECIALISATIONS, STAFF_ROLES } from './enums.ts'
import { active, companyColumns, instant, isolate, oneOf } from './tenancy.ts'
import { users } from './users.ts'

const list = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '))

/** An account that works, or has worked, for the company. What it may do is in `role_grants`. */
export const staffProfiles = pgTable(
  'staff_profiles',
  {
    ...companyColumns,
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** "Senior electrician", as the company puts it. */
    title: text('title').notNull().default(''),
    phone: text('phone'),
    specialisations: text('specialisations', { enum: SPECIALISATIONS }).array().notNull().default([]),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'staff_profiles_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    check('staff_profiles_specialisations', sql`${t.specialisations} <@ array[${list(SPECIALISATIONS)}]`),
    uniqueIndex('staff_profiles_account').on(t.companyId, t.userId).where(active(t)),
    index('staff_profiles_by_account').on(t.userId),
  ],
)

export const staffProfilesActive = pgView('staff_profiles_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(staffProfiles).where(active(staffProfiles)))

/** Bound to company, role and address: only an account that has proved this address can accept. */
export const staffInvites = pgTable(
  'staff_invites',
  {
    ...companyColumns,
    /** As typed, for sending. */
    email: text('email').notNull(),
    emailKey: text('email_key').notNull(),
    role: text('role', { enum: STAFF_ROLES }).notNull(),
    /** Complexes of a role that is held in complexes; asked again when it is accepted. */
    complexIds: uuid('complex_ids').array().notNull().default([]),
    title: text('title').notNull().default(''),
    specialisations: text('specialisations', { enum: SPECIALISATIONS }).array().notNull().default([]),
    /** The language of the message to somebody without an account. */
    locale: text('locale').notNull(),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    revokedBy: uuid('revoked_by'),
    acceptedAt: instant('accepted_at'),
    acceptedBy: uuid('accepted_by').references(() => users.id),
    tokenHash: text('token_hash').notNull(),
    nonce: text('nonce').notNull(),
    keyId: text('key_id').notNull(),
    createdBy: uuid('created_by'),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'staff_invites_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    oneOf('staff_invites_role', t.role, STAFF_ROLES),
    check('staff_invites_specialisations', sql`${t.specialisations} <@ array[${list(SPECIALISATIONS)}]`),
    check('staff_invites_scope', sql`(${t.role} in (${list(COMPANY_ROLES)})) = (cardinality(${t.complexIds}) = 0)`),
    check('staff_invites_accepted', sql`(${t.acceptedAt} is null) = (${t.acceptedBy} is null)`),
    uniqueIndex('staff_invites_token').on(t.tokenHash),
    uniqueIndex('staff_invites_open')
      .on(t.companyId, t.emailKey, t.role)
      .where(sql`${t.deletedAt} is null and ${t.acceptedAt} is null and ${t.revokedAt} is null`),
  ],
)

export const staffInvitesActive = pgView('staff_invites_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(staffInvites).where(active(staffInvites)))
