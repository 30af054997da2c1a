import { sql } from 'drizzle-orm'
import { char, pgPolicy, pgTable, pgView, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { COMPANY_STATUSES } from './enums.ts'
import { active, appRole, companyScope, knownTimezone, oneOf, rowColumns, systemRole } from './tenancy.ts'

/** A management company: the tenant. Every other business row hangs on one. */
export const companies = pgTable(
  'companies',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    name: text('name').notNull(),
    legalName: text('legal_name').notNull(),
    registrationNumber: text('registration_number').notNull(),
    vatNumber: text('vat_number'),
    /** ISO 3166-1 alpha-2 */
    country: char('country', { length: 2 }).notNull(),
    /** ISO 4217 */
    currency: char('currency', { length: 3 }).notNull(),
    locale: text('locale').notNull(),
    /** IANA name */
    timezone: text('timezone').notNull(),
    address: text('address').notNull().default(''),
    email: text('email'),
    phone: text('phone'),
    bankName: text('bank_name').notNull().default(''),
    /** Without spaces, its check digits right. */
    iban: text('iban'),
    /** SWIFT code of the bank. */
    bic: text('bic'),
    status: text('status', { enum: COMPANY_STATUSES }).notNull().default('active'),
    ...rowColumns,
  },
  (t) => [
    pgPolicy('company_isolation', {
      to: appRole,
      using: sql`${t.id} = ${companyScope}`,
      withCheck: sql`${t.id} = ${companyScope}`,
    }),
    pgPolicy('system_access', { to: systemRole, using: sql`true`, withCheck: sql`true` }),
    knownTimezone('companies_timezone', t.timezone),
    oneOf('companies_status', t.status, COMPANY_STATUSES),
    uniqueIndex('companies_registration').on(t.country, t.registrationNumber).where(active(t)),
  ],
)

export const companiesActive = pgView('companies_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(companies).where(active(companies)))
