import { and, eq } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { STAFF_ROLES, type Role } from '@servai/contract/roles'
import { EXPLAINED_ACTIONS, type Explanation } from '@servai/contract/staff'
import type { CompanyDb } from '@servai/db'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import { rolesOf, type Actor } from '../../actor.ts'
import * as company from '../../property/companies/policy.ts'
import * as complex from '../../property/complexes/policy.ts'
import { ACCESS, covers, homeScope } from '../../property/policy.ts'
import * as residency from '../../property/residencies/policy.ts'
import { mayDecide, SETTINGS_ACCESS } from '../../property/settings/policy.ts'
import * as unit from '../../property/units/policy.ts'
import { grantScope } from '../policy.ts'

export type Action = (typeof EXPLAINED_ACTIONS)[number]
export type Subject = Explanation['subject']

const may = (actor: Actor, access: readonly Role[]) => rolesOf(actor).some((role) => access.includes(role))

const exists = async (
  db: CompanyDb,
  table: PgTable & { id: PgColumn },
  id: string,
  condition: ReturnType<typeof and>,
) => (await db.$count(table, and(eq(table.id, id), condition))) > 0

const handsOut = (actor: Actor, complexId: string | null) =>
  STAFF_ROLES.some((role) => {
    const scope = grantScope(actor, role)
    return complexId === null ? scope.length > 0 : covers(scope, complexId)
  })

/** What the procedures would let this actor do with the subject: their access lists, then their own policies. */
export const actionsOn = async (
  db: CompanyDb,
  actor: Actor,
  { kind, id, complex: above }: Subject,
): Promise<Action[]> => {
  const row = { id, complexId: above?.id ?? '', deletedAt: null }
  const rights: Partial<Record<Action, boolean>> = {}
  if (kind === 'company') {
    rights.see = may(actor, company.COMPANY_ACCESS.read) && (await exists(db, companies, id, company.visibleTo(actor)))
    for (const action of company.allowedActions(actor, row))
      if (action === 'update' || action === 'remove') rights[action] = true
    rights.see_people = may(actor, ACCESS.readHomes) && homeScope(actor) === 'company'
    rights.manage_settings = may(actor, SETTINGS_ACCESS) && mayDecide(actor, undefined)
    rights.grant_roles = handsOut(actor, null)
  }
  if (kind === 'complex') {
    rights.see = may(actor, ACCESS.readRegistry) && (await exists(db, complexes, id, complex.visibleTo(actor)))
    for (const action of complex.allowedActions(actor, row)) if (action !== 'restore') rights[action] = true
    rights.see_people = may(actor, ACCESS.readHomes) && covers(homeScope(actor), id)
    rights.manage_people = residency.mayEdit(actor, { complexId: id })
    rights.manage_settings = may(actor, SETTINGS_ACCESS) && mayDecide(actor, id)
    rights.grant_roles = handsOut(actor, id)
  }
  if (kind === 'unit') {
    rights.see = may(actor, ACCESS.readHomes) && (await exists(db, units, id, unit.visibleTo(actor)))
    for (const action of unit.allowedActions(actor, row)) if (action !== 'restore') rights[action] = true
    // Whoever reaches a home reaches who lives in it; a resident learns of the others their names.
    rights.see_people = rights.see
    rights.manage_people = residency.mayEdit(actor, row)
  }
  return EXPLAINED_ACTIONS.filter((action) => rights[action])
}
