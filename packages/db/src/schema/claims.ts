import { sql } from 'drizzle-orm'
import { check, foreignKey, index, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { complexes } from './complexes.ts'
import { CLAIM_STATUSES, RESIDENCY_KINDS } from './enums.ts'
import { residencies } from './residencies.ts'
import { active, companyColumns, instant, isolate, oneOf, removedWith } from './tenancy.ts'
import { users } from './users.ts'

/**
 * Somebody says they live in a complex. Until a manager has approved, it gives nothing, and which unit it is only the
 * manager decides: what the claimant writes is words.
 */
export const claims = pgTable(
  'claims',
  {
    ...companyColumns,
    complexId: uuid('complex_id').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** As the account had them when it asked. */
    firstName: text('first_name').notNull(),
    lastName: text('last_name').notNull(),
    email: text('email').notNull(),
    phone: text('phone'),
    statedBuilding: text('stated_building').notNull().default(''),
    statedUnit: text('stated_unit').notNull(),
    kind: text('kind', { enum: RESIDENCY_KINDS }).notNull(),
    message: text('message').notNull().default(''),
    status: text('status', { enum: CLAIM_STATUSES }).notNull().default('pending'),
    residencyId: uuid('residency_id'),
    decidedAt: instant('decided_at'),
    decidedBy: uuid('decided_by'),
    /** Shown to the claimant when declined. */
    decisionNote: text('decision_note').notNull().default(''),
  },
  (t) => [
    ...isolate(t),
    removedWith('claims', t),
    foreignKey({
      name: 'claims_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    foreignKey({
      name: 'claims_residency',
      columns: [t.companyId, t.residencyId],
      foreignColumns: [residencies.companyId, residencies.id],
    }),
    oneOf('claims_kind', t.kind, RESIDENCY_KINDS),
    oneOf('claims_status', t.status, CLAIM_STATUSES),
    check('claims_decided', sql`(${t.status} = 'pending') = (${t.decidedAt} is null)`),
    check('claims_approved', sql`(${t.status} = 'approved') = (${t.residencyId} is not null)`),
    uniqueIndex('claims_pending')
      .on(t.companyId, t.complexId, t.userId)
      .where(sql`${t.status} = 'pending' and ${t.deletedAt} is null`),
    index('claims_of_account').on(t.userId, t.id),
    index('claims_of_company').on(t.companyId, t.status, t.id).where(active(t)),
    index('claims_by_decision').on(t.companyId, t.decidedAt, t.id).where(active(t)),
  ],
)

export const claimsActive = pgView('claims_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(claims).where(active(claims)))
