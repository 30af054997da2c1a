import { and, arrayContained, inArray, isNull, type SQL } from 'drizzle-orm'
import { STAFF_ROLES, type StaffRole } from '@servai/contract/roles'
import type { StaffInvite } from '@servai/contract/staff'
import { staffInvites } from '@servai/db/schema/staff'
import type { Actor } from '../../actor.ts'
import { grantScope, mayGrant, staffScope } from '../policy.ts'

/** Neither accepted nor withdrawn; it may have expired, and can then be sent again. */
export const isOpen = and(
  isNull(staffInvites.deletedAt),
  isNull(staffInvites.acceptedAt),
  isNull(staffInvites.revokedAt),
)

/** Where the whole company is in view, every invite; else those the actor could have sent. */
export const visibleTo = (actor: Actor): SQL | undefined => {
  const scope = staffScope(actor)
  if (scope === 'company') return isOpen
  const roles = STAFF_ROLES.filter((role) => grantScope(actor, role).length > 0)
  return and(isOpen, inArray(staffInvites.role, roles), arrayContained(staffInvites.complexIds, [...scope]))
}

export const allowedActions = (
  actor: Actor,
  { role, complexIds }: { role: StaffRole; complexIds: string[] },
): StaffInvite['allowed'] => (mayGrant(actor, role, complexIds) ? ['resend', 'revoke'] : [])
