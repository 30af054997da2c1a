import { sql } from 'drizzle-orm'
import { integer, pgPolicy, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { companies } from './companies.ts'
import { USER_STATUSES } from './enums.ts'
import { active, appRole, companyScope, instant, oneOf, rowColumns, systemOnly } from './tenancy.ts'

/** An account. Global: one person signs in once, whatever companies they work for or live with. */
export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    /** As typed, for sending. */
    email: text('email').notNull(),
    /** NFC, trimmed, lower case: what makes two addresses one account. */
    emailKey: text('email_key').notNull(),
    firstName: text('first_name').notNull(),
    lastName: text('last_name').notNull(),
    locale: text('locale').notNull(),
    status: text('status', { enum: USER_STATUSES }).notNull().default('active'),
    /** Of a disabled account: the company that may open it again; without one the platform alone may. */
    disabledByCompanyId: uuid('disabled_by_company_id').references(() => companies.id, { onDelete: 'set null' }),
    emailVerifiedAt: instant('email_verified_at'),
    /** Every access token carries it; a bump kills all that were issued before. */
    tokenVersion: integer('token_version').notNull().default(1),
    ...rowColumns,
  },
  (t) => [
    ...systemOnly(),
    // A company sees who works, or has worked, for it; the columns are in the grant.
    pgPolicy('staff_directory', {
      to: appRole,
      for: 'select',
      using: sql`exists (select from staff_profiles s where s.user_id = ${t.id} and s.company_id = ${companyScope})`,
    }),
    oneOf('users_status', t.status, USER_STATUSES),
    uniqueIndex('users_email').on(t.emailKey).where(active(t)),
  ],
)

/** Apart from `users`, so that no query for a person can ever return a hash. */
export const credentials = pgTable(
  'credentials',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    passwordHash: text('password_hash').notNull(),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  () => systemOnly(),
)

/** Consecutive failures by submitted identifier, whether an account has it or not (SECURITY A2). */
export const loginThrottle = pgTable(
  'login_throttle',
  {
    identifierHash: text('identifier_hash').primaryKey(),
    failures: integer('failures').notNull().default(0),
    lockedUntil: instant('locked_until'),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  () => systemOnly(),
)

export const usersActive = pgView('users_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(users).where(active(users)))
