import {
  COMPANY_ROLES,
  contextKey,
  PLATFORM_ROLES,
  type Context,
  type PlatformRole,
  type Role,
  type StaffRole,
} from '@servai/contract/roles'
import type { Principal } from '@servai/db/principal'
import { DomainError } from './errors.ts'

type Staff = {
  kind: 'staff'
  userId: string
  companyId: string
  roles: StaffRole[]
  /** Complexes of the grants of each role; `null` for a role that holds in the whole company. */
  complexes: Partial<Record<StaffRole, string[] | null>>
}
type Resident = { kind: 'resident'; userId: string; companyId: string; unitIds: string[] }
type Platform = { kind: 'platform'; userId: string; companyId: string | null; roles: PlatformRole[] }
type System = { kind: 'system'; userId: null; companyId: string }

type Rights = Pick<Principal, 'userId' | 'grants' | 'homes' | 'companies'>

/** Who acts, in which capacity. Free of transport: services and jobs see the same type. */
export type Actor = Staff | Resident | Platform | System

export const rolesOf = (actor: Actor): Role[] => {
  switch (actor.kind) {
    case 'staff':
    case 'platform':
      return actor.roles
    case 'resident':
      return ['resident']
    case 'system':
      return []
  }
}

const isPlatformRole = (role: Role): role is PlatformRole => (PLATFORM_ROLES as readonly Role[]).includes(role)
const isCompanyRole = (role: Role) => (COMPANY_ROLES as readonly Role[]).includes(role)

/** What grants make of an account in this company; `null` where they make nothing. */
export const staffOf = ({ userId, grants }: Pick<Principal, 'userId' | 'grants'>, companyId: string): Staff | null => {
  const complexes: Staff['complexes'] = {}
  for (const grant of grants) {
    if (grant.companyId !== companyId || isPlatformRole(grant.role)) continue
    if (isCompanyRole(grant.role) || grant.complexId === null) complexes[grant.role] = null
    else if (complexes[grant.role] !== null) complexes[grant.role] = [...(complexes[grant.role] ?? []), grant.complexId]
  }
  // The keys were put there from grants just now.
  const roles = Object.keys(complexes) as StaffRole[]
  return roles.length > 0 ? { kind: 'staff', userId, companyId, roles, complexes } : null
}

const residentOf = ({ userId, homes }: Rights, companyId: string): Resident | null => {
  const unitIds = homes.filter((home) => home.companyId === companyId).map((home) => home.unitId)
  return unitIds.length > 0 ? { kind: 'resident', userId, companyId, unitIds } : null
}

export const platformOf = (
  { userId, grants }: Pick<Principal, 'userId' | 'grants'>,
  companyId: string | null,
): Platform | null => {
  const roles = grants.map((grant) => grant.role).filter(isPlatformRole)
  return roles.length > 0 ? { kind: 'platform', userId, companyId, roles } : null
}

/** Every capacity in which this person can act today; platform first, then staff, then homes. */
export const contextsOf = (principal: Rights): Context[] => {
  const platform = platformOf(principal, null)
  return [
    ...(platform ? [{ key: 'platform', kind: 'platform' as const, company: null, roles: platform.roles }] : []),
    ...(['staff', 'resident'] as const).flatMap((kind) =>
      principal.companies.flatMap((company) => {
        const actor = kind === 'staff' ? staffOf(principal, company.id) : residentOf(principal, company.id)
        return actor ? [{ key: `${kind}:${company.id}`, kind, company, roles: rolesOf(actor) }] : []
      }),
    ),
  ]
}

const onlyContext = (principal: Rights) => {
  const contexts = contextsOf(principal)
  if (contexts.length === 1) return contexts[0]!.key
  throw contexts.length === 0
    ? new DomainError('forbidden', 'auth.forbidden')
    : new DomainError('invalid', 'auth.context_required')
}

/**
 * The capacity a request asks for, which must be one of the person's own.
 *
 * @throws invalid auth.context_required, forbidden auth.context_denied
 */
export const actorOf = (principal: Rights, key: string | null): Actor => {
  const wanted = key ?? onlyContext(principal)
  if (!contextKey.safeParse(wanted).success) throw new DomainError('forbidden', 'auth.context_denied')
  const [kind, companyId] = wanted.split(':')
  const actor =
    kind === 'platform'
      ? platformOf(principal, companyId ?? null)
      : companyId && kind === 'staff'
        ? staffOf(principal, companyId)
        : companyId && kind === 'resident'
          ? residentOf(principal, companyId)
          : null
  if (!actor) throw new DomainError('forbidden', 'auth.context_denied')
  return actor
}

/**
 * Staff of a company that the platform has blocked read and change nothing; its residents go on.
 *
 * @throws forbidden auth.company_blocked
 */
export const requireUnblocked = ({ companies }: Pick<Principal, 'companies'>, actor: Actor) => {
  const isBlocked = companies.some(({ id, status }) => id === actor.companyId && status === 'blocked')
  if (isBlocked && actor.kind === 'staff') throw new DomainError('forbidden', 'auth.company_blocked')
}
