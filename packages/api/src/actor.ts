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
type Proofs = Pick<Principal, 'secondFactorProved' | 'platformAsksSecondFactor' | 'apiKey'>

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

/** Platform first, then staff, then homes; the platform as a whole. */
export const capacitiesOf = (principal: Rights): Actor[] => {
  const platform = platformOf(principal, null)
  const ids = principal.companies.map(({ id }) => id)
  return [
    ...(platform ? [platform] : []),
    ...ids.flatMap((id) => staffOf(principal, id) ?? []),
    ...ids.flatMap((id) => residentOf(principal, id) ?? []),
  ]
}

const keyOf = ({ kind, companyId }: Actor) => (companyId ? `${kind}:${companyId}` : kind)

const asksSecondFactor = ({ companies, platformAsksSecondFactor }: Rights & Proofs, { kind, companyId }: Actor) =>
  kind === 'platform'
    ? platformAsksSecondFactor
    : kind === 'staff' && companies.some(({ id, asksSecondFactor: asks }) => id === companyId && asks)

/** In any of the capacities of this account. */
export const isAskedForSecondFactor = (principal: Rights & Proofs): boolean =>
  capacitiesOf(principal).some((actor) => asksSecondFactor(principal, actor))

const needsSecondFactor = (principal: Rights & Proofs, actor: Actor) =>
  !principal.secondFactorProved && principal.apiKey === null && asksSecondFactor(principal, actor)

/** Every capacity in which this person can act today; platform first, then staff, then homes. */
export const contextsOf = (principal: Rights & Proofs): Context[] =>
  capacitiesOf(principal).map((actor) => {
    const company = principal.companies.find(({ id }) => id === actor.companyId)
    return {
      key: keyOf(actor),
      // Nobody is the system.
      kind: actor.kind as Context['kind'],
      company: company ? presentCompany(company) : null,
      roles: rolesOf(actor),
      needsSecondFactor: needsSecondFactor(principal, actor),
    }
  })

const presentCompany = ({ id, name, currency, timezone, status }: Principal['companies'][number]) => ({
  id,
  name,
  currency,
  timezone,
  status,
})

const onlyContext = (principal: Rights) => {
  const capacities = capacitiesOf(principal)
  if (capacities.length === 1) return keyOf(capacities[0]!)
  throw capacities.length === 0
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

/**
 * A second factor where the company, or the platform, asks its staff for one. A key was made by somebody who had proved theirs.
 *
 * @throws forbidden auth.second_factor_required
 */
export const requireSecondFactor = (principal: Rights & Proofs, actor: Actor) => {
  if (needsSecondFactor(principal, actor)) throw new DomainError('forbidden', 'auth.second_factor_required')
}

/**
 * The capacity a request asks for, with everything that holds in any capacity: what plain HTTP routes ask for, too.
 *
 * @throws invalid auth.context_required; forbidden auth.context_denied, auth.second_factor_required, auth.read_only
 */
export const admitActor = (principal: Principal, key: string | null, type: 'query' | 'mutation'): Actor => {
  const actor = actorOf(principal, key)
  requireSecondFactor(principal, actor)
  if (type === 'mutation' && (principal.apiKey ?? principal.impersonation)?.access === 'read')
    throw new DomainError('forbidden', 'auth.read_only')
  return actor
}

export const FRESH_MS = 15 * 60_000

/**
 * Whoever holds the session has proved who they are in the last quarter of an hour (SECURITY A5).
 *
 * @throws forbidden auth.step_up_required
 */
export const requireFresh = ({ authenticatedAtMs }: Pick<Principal, 'authenticatedAtMs'>, now: Date) => {
  if (now.getTime() - authenticatedAtMs > FRESH_MS) throw new DomainError('forbidden', 'auth.step_up_required')
}

/**
 * A person at work on their own account: no program, and nobody in their place.
 *
 * @throws forbidden auth.session_required, auth.impersonating
 */
export const requireOneself = ({ apiKey, impersonation }: Pick<Principal, 'apiKey' | 'impersonation'>) => {
  if (apiKey) throw new DomainError('forbidden', 'auth.session_required')
  if (impersonation) throw new DomainError('forbidden', 'auth.impersonating')
}
