import { sql } from 'drizzle-orm'
import { check, foreignKey, index, pgPolicy, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { uuidv7 } from 'uuidv7'
import { COMPANY_ROLES, GRANT_ROLES, PLATFORM_ROLES } from './enums.ts'
import { companies } from './companies.ts'
import { complexes } from './complexes.ts'
import { appRole, companyScope, instant, oneOf, systemOnly } from './tenancy.ts'
import { users } from './users.ts'

const list = (roles: readonly string[]) => sql.raw(roles.map((role) => `'${role}'`).join(', '))

/** What a person may do, and where: platform-wide, in a company, or in one complex of it. */
export const roleGrants = pgTable(
  'role_grants',
  {
    id: uuid('id').primaryKey().$defaultFn(uuidv7),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    role: text('role', { enum: GRANT_ROLES }).notNull(),
    companyId: uuid('company_id').references(() => companies.id),
    complexId: uuid('complex_id'),
    grantedBy: uuid('granted_by'),
    expiresAt: instant('expires_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    pgPolicy('company_isolation', {
      to: appRole,
      using: sql`${t.companyId} = ${companyScope}`,
      withCheck: sql`${t.companyId} = ${companyScope} and ${t.role} not in (${list(PLATFORM_ROLES)})`,
    }),
    ...systemOnly(),
    foreignKey({
      name: 'role_grants_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    oneOf('role_grants_role', t.role, GRANT_ROLES),
    check(
      'role_grants_scope',
      sql`case when ${t.role} in (${list(PLATFORM_ROLES)}) then ${t.companyId} is null and ${t.complexId} is null
               when ${t.role} in (${list(COMPANY_ROLES)}) then ${t.companyId} is not null and ${t.complexId} is null
               else ${t.companyId} is not null and ${t.complexId} is not null end`,
    ),
    uniqueIndex('role_grants_once').on(
      t.userId,
      t.role,
      sql`coalesce(${t.companyId}, '00000000-0000-0000-0000-000000000000')`,
      sql`coalesce(${t.complexId}, '00000000-0000-0000-0000-000000000000')`,
    ),
    index('role_grants_of_company').on(t.companyId),
  ],
)
