import { and, eq, isNull, or, sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { isCompanyRole } from '@servai/contract/staff'
import { COMPANY_ROLES, STAFF_ROLES, type Role, type StaffRole } from '@servai/contract/roles'
import type { CompanyDb, SystemDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { staffProfiles } from '@servai/db/schema/staff'
import { users } from '@servai/db/schema/users'
import { rolesOf, type Actor } from '../actor.ts'
import { DomainError } from '../errors.ts'
import { isOneOf } from '../keyset.ts'

export const STAFF_ACCESS = ['platform_admin', 'director', 'complex_manager'] as const
export const PROFILE_ACCESS = ['director', 'complex_manager'] as const

/** What each role may hand out: nobody grants above the own rights, and the platform's roles are nobody's to grant. */
const HANDS_OUT: Partial<Record<Role, readonly StaffRole[]>> = {
  platform_admin: COMPANY_ROLES,
  director: STAFF_ROLES,
  complex_manager: ['technician', 'guard'],
}

/** The whole company, or these complexes of it. */
type Scope = 'company' | readonly string[]

/** Where any of these roles of the actor holds. */
const heldIn = (actor: Actor, roles: readonly Role[]): Scope => {
  if (actor.kind === 'platform') return roles.some((role) => rolesOf(actor).includes(role)) ? 'company' : []
  if (actor.kind !== 'staff') return []
  const held = actor.roles.filter((role) => roles.includes(role)).map((role) => actor.complexes[role])
  return held.includes(null) ? 'company' : [...new Set(held.flatMap((ids) => ids ?? []))]
}

const covers = (scope: Scope, complexId: string) => scope === 'company' || scope.includes(complexId)

/** Where this actor may hand out, and take away, this role. */
export const grantScope = (actor: Actor, role: StaffRole): Scope =>
  heldIn(
    actor,
    rolesOf(actor).filter((own) => HANDS_OUT[own]?.includes(role)),
  )

/** No complex stands for the whole company. */
export const mayGrant = (actor: Actor, role: StaffRole, complexIds: readonly string[]) => {
  const scope = grantScope(actor, role)
  return isCompanyRole(role)
    ? scope === 'company'
    : complexIds.length > 0 && complexIds.every((id) => covers(scope, id))
}

/** @throws forbidden staff.above_own_rights */
export const requireGrantable = (actor: Actor, role: StaffRole, complexIds: readonly string[]) => {
  if (!mayGrant(actor, role, complexIds)) throw new DomainError('forbidden', 'staff.above_own_rights')
}

/** Whose staff the actor sees: the company's, or that of the complexes in its care. */
export const staffScope = (actor: Actor): Scope => heldIn(actor, STAFF_ACCESS)

/** `undefined` where every complex of the company is within the scope. */
export const inStaffScope = (actor: Actor, complexId: PgColumn): SQL | undefined => {
  const scope = staffScope(actor)
  return scope === 'company' ? undefined : isOneOf(complexId, scope)
}

/** Not over, and not of a complex that was removed. */
export const holdsNow = sql`(${roleGrants.expiresAt} is null or ${roleGrants.expiresAt} > now()) and (${roleGrants.complexId} is null
  or exists (select from ${complexes} where ${complexes.id} = ${roleGrants.complexId} and ${complexes.deletedAt} is null))`

/** A grant of the member at hand that the actor may know of. */
export const memberHolds = (actor: Actor, condition?: SQL): SQL =>
  sql`exists (select from ${roleGrants} where ${and(eq(roleGrants.userId, staffProfiles.userId), inStaffScope(actor, roleGrants.complexId), condition)})`

/** The staff of the actor's scope, and the actor. */
export const visibleMember = (actor: Actor): SQL | undefined => {
  const present = isNull(staffProfiles.deletedAt)
  if (staffScope(actor) === 'company') return present
  return and(present, or(eq(staffProfiles.userId, actor.userId ?? ''), memberHolds(actor)))
}

/** Directors whom nothing ends by itself: without one a company could not be run. */
export const lastingDirectors = (db: CompanyDb | SystemDb, companyId: string) =>
  db
    .select({ userId: roleGrants.userId })
    .from(roleGrants)
    .innerJoin(users, eq(users.id, roleGrants.userId))
    .where(
      and(
        eq(roleGrants.companyId, companyId),
        eq(roleGrants.role, 'director'),
        isNull(roleGrants.expiresAt),
        eq(users.status, 'active'),
      ),
    )
