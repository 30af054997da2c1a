import { isCompanyRole } from '@servai/contract/staff'
import { STAFF_ROLES, type Role, type StaffRole } from '@servai/contract/roles'
import type { ApiKey } from '@servai/contract/api-keys'
import { rolesOf, type Actor } from '../actor.ts'
import { DomainError } from '../errors.ts'

/** Everybody who works for a company lets programs work for them. */
export const API_KEY_ACCESS: readonly Role[] = STAFF_ROLES

/** Sees and withdraws the keys of all colleagues. */
export const seesAll = (actor: Actor) => rolesOf(actor).includes('director')

/** @throws forbidden auth.forbidden */
export const requireSeesAll = (actor: Actor) => {
  if (!seesAll(actor)) throw new DomainError('forbidden', 'auth.forbidden')
}

/** @throws forbidden api_keys.role_not_held */
export const requireHeld = (actor: Actor | null, role: StaffRole, complexId: string | null) => {
  const held = actor?.kind === 'staff' ? actor.complexes[role] : undefined
  const isHeld = isCompanyRole(role) ? held === null : complexId !== null && !!held?.includes(complexId)
  if (!isHeld) throw new DomainError('forbidden', 'api_keys.role_not_held')
}

export const allowedActions = (actor: Actor, { userId, state }: { userId: string; state: ApiKey['state'] }) => {
  const isOwn = userId === actor.userId
  const actions: [ApiKey['allowed'][number], boolean][] = [
    ['rotate', isOwn && state === 'active'],
    ['revoke', (isOwn || seesAll(actor)) && state !== 'revoked' && state !== 'expired'],
  ]
  return actions.filter(([, isAllowed]) => isAllowed).map(([action]) => action)
}
