import { sql } from 'drizzle-orm'
import { foreignKey, index, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { active, companyColumns, isolate, readByOwner } from './tenancy.ts'
import { users } from './users.ts'

/** What a company knows of a person. `userId` is set once that person signs in with an account of their own. */
export const people = pgTable(
  'people',
  {
    ...companyColumns,
    userId: uuid('user_id').references(() => users.id),
    firstName: text('first_name').notNull(),
    lastName: text('last_name').notNull(),
    email: text('email'),
    phone: text('phone'),
    /** What makes two spellings one address. */
    emailKey: text('email_key').generatedAlwaysAs(sql`lower(btrim(normalize(email)))`),
    /** Digits alone. */
    phoneKey: text('phone_key').generatedAlwaysAs(sql`regexp_replace(phone, '[^0-9]', '', 'g')`),
    note: text('note').notNull().default(''),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'people_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    uniqueIndex('people_account').on(t.companyId, t.userId).where(active(t)),
    index('people_by_account').on(t.userId),
    index('people_by_email').on(t.companyId, t.emailKey).where(active(t)),
    index('people_by_phone').on(t.companyId, t.phoneKey).where(active(t)),
    index('people_by_name').on(t.companyId, t.lastName, t.firstName, t.id).where(active(t)),
    readByOwner(),
    index('people_by_full_name')
      .on(t.companyId, sql`lower(${t.firstName} || ' ' || ${t.lastName}) collate "C"`)
      .where(active(t)),
    index('people_by_reversed_name')
      .on(t.companyId, sql`lower(${t.lastName} || ' ' || ${t.firstName}) collate "C"`)
      .where(active(t)),
    index('people_by_email_prefix')
      .on(t.companyId, sql`${t.emailKey} collate "C"`)
      .where(active(t)),
    index('people_phone_search').using('gin', sql`${t.phoneKey} gin_trgm_ops`),
    index('people_search').using('gin', sql`(lower(${t.firstName} || ' ' || ${t.lastName})) gin_trgm_ops`),
  ],
)

export const peopleActive = pgView('people_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(people).where(active(people)))
