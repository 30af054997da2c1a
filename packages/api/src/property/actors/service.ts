import { inArray, sql } from 'drizzle-orm'
import type { CompanyDb, SystemDb } from '@servai/db'
import { people } from '@servai/db/schema/people'
import { staffProfiles } from '@servai/db/schema/staff'
import { users } from '@servai/db/schema/users'

/** `other`: an account the company does not know by name, such as the platform's. */
export type Author = { kind: 'staff' | 'resident' | 'other' | 'system'; name: string | null }

type Source = Pick<CompanyDb | SystemDb, 'select' | 'selectDistinct'>

/** Who the accounts in the audit log are to the company at hand. */
export const readAuthors = async (
  db: Source,
  accountIds: readonly (string | null)[],
): Promise<(accountId: string | null) => Author> => {
  const ids = [...new Set(accountIds.filter((id) => id !== null))]
  const found = ids.length > 0 ? await Promise.all([readStaff(db, ids), readResidents(db, ids)]) : []
  const authors = new Map<string, Author>()
  for (const [index, rows] of found.entries())
    for (const { id, name } of rows)
      if (!authors.has(id)) authors.set(id, { kind: index === 0 ? 'staff' : 'resident', name })
  return (id) => (id === null ? { kind: 'system', name: null } : (authors.get(id) ?? { kind: 'other', name: null }))
}

const readStaff = (db: Source, ids: string[]) =>
  db
    .selectDistinct({ id: users.id, name: sql<string>`${users.firstName} || ' ' || ${users.lastName}` })
    .from(users)
    .innerJoin(staffProfiles, sql`${staffProfiles.userId} = ${users.id}`)
    .where(inArray(users.id, ids))

const readResidents = (db: Source, ids: string[]) =>
  db
    .select({ id: sql<string>`${people.userId}`, name: sql<string>`${people.firstName} || ' ' || ${people.lastName}` })
    .from(people)
    .where(inArray(people.userId, ids))
