import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { RESIDENCY_KINDS } from './enums.ts'
import { people } from './people.ts'
import { residencies } from './residencies.ts'
import { active, companyColumns, instant, isolate, oneOf, removedWith } from './tenancy.ts'
import { units } from './units.ts'
import { users } from './users.ts'

/** A way into one unit. The token is derived from the row (ADR 0004), so a link can be shown and printed again. */
export const invites = pgTable(
  'invites',
  {
    ...companyColumns,
    unitId: uuid('unit_id').notNull(),
    /** Whom it is for, where the company knows that person already: whoever accepts becomes them. */
    personId: uuid('person_id'),
    kind: text('kind', { enum: RESIDENCY_KINDS }).notNull(),
    /** NULL: as often as people like until it expires. */
    maxUses: integer('max_uses'),
    usedCount: integer('used_count').notNull().default(0),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    revokedBy: uuid('revoked_by'),
    tokenHash: text('token_hash').notNull(),
    nonce: text('nonce').notNull(),
    keyId: text('key_id').notNull(),
    /** The account of a member of staff or of a resident of the unit. */
    createdBy: uuid('created_by').notNull(),
    mailedAt: instant('mailed_at'),
  },
  (t) => [
    ...isolate(t),
    removedWith('invites', t),
    foreignKey({ name: 'invites_unit', columns: [t.companyId, t.unitId], foreignColumns: [units.companyId, units.id] }),
    foreignKey({
      name: 'invites_person',
      columns: [t.companyId, t.personId],
      foreignColumns: [people.companyId, people.id],
    }),
    oneOf('invites_kind', t.kind, RESIDENCY_KINDS),
    check('invites_uses', sql`${t.usedCount} >= 0 and ${t.usedCount} <= coalesce(${t.maxUses}, ${t.usedCount})`),
    check('invites_max_uses', sql`${t.maxUses} > 0`),
    check('invites_for_one', sql`${t.personId} is null or ${t.maxUses} = 1`),
    uniqueIndex('invites_token').on(t.tokenHash),
    index('invites_of_unit').on(t.companyId, t.unitId, t.id).where(active(t)),
    index('invites_of_person').on(t.companyId, t.personId).where(active(t)),
    index('invites_of_unit_ever').on(t.companyId, t.unitId),
    index('invites_of_person_ever').on(t.companyId, t.personId),
    index('invites_by_expiry').on(t.companyId, t.expiresAt, t.id).where(active(t)),
  ],
)

export const invitesActive = pgView('invites_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(invites).where(active(invites)))

/** Who came in by an invite: once per account, however often it is accepted. */
export const inviteUses = pgTable(
  'invite_uses',
  {
    ...companyColumns,
    inviteId: uuid('invite_id').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    residencyId: uuid('residency_id').notNull(),
  },
  (t) => [
    ...isolate(t),
    foreignKey({
      name: 'invite_uses_invite',
      columns: [t.companyId, t.inviteId],
      foreignColumns: [invites.companyId, invites.id],
    }),
    foreignKey({
      name: 'invite_uses_residency',
      columns: [t.companyId, t.residencyId],
      foreignColumns: [residencies.companyId, residencies.id],
    }),
    uniqueIndex('invite_uses_once').on(t.companyId, t.inviteId, t.userId),
  ],
)
