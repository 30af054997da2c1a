import { STAFF_ROLES } from '@servai/contract/roles'
import type { Grant, Member } from '@servai/contract/staff'
import { rolesOf, type Actor } from '../../actor.ts'
import { grantScope, mayGrant, PROFILE_ACCESS } from '../policy.ts'

type Row = { userId: string; grants: Pick<Grant, 'role' | 'complex'>[] }

const isIn = (actor: Actor, roles: readonly string[]) => rolesOf(actor).some((role) => roles.includes(role))

/** Who may hand out one of the roles somebody works in says how that somebody is reached and called. */
export const mayUpdate = (actor: Actor, { grants }: Pick<Row, 'grants'>) =>
  isIn(actor, ['director']) ||
  (isIn(actor, PROFILE_ACCESS) &&
    grants.some(({ role, complex }) => mayGrant(actor, role, complex ? [complex.id] : [])))

export const allowedActions = (actor: Actor, row: Row): Member['allowed'] => {
  const actions: [Member['allowed'][number], boolean][] = [
    ['update', mayUpdate(actor, row)],
    ['grant', row.userId !== actor.userId && STAFF_ROLES.some((role) => grantScope(actor, role).length > 0)],
    ['explain', isIn(actor, PROFILE_ACCESS)],
  ]
  return actions.filter(([, isAllowed]) => isAllowed).map(([action]) => action)
}
