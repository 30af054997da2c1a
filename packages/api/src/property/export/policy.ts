import type { Role } from '@servai/contract/roles'
import type { ExportKind } from '@servai/contract/exports'
import type { Principal } from '@servai/db/principal'
import { requireFresh, requireOneself, rolesOf, type Actor } from '../../actor.ts'
import { DomainError } from '../../errors.ts'
import { ACCESS, requireRight } from '../policy.ts'

const staffOnly = (roles: readonly Role[]) => roles.filter((role) => role !== 'resident')

/** Whoever of the staff sees the list; a resident exports nothing. */
export const EXPORT_ACCESS = {
  registry: staffOnly(ACCESS.readRegistry),
  homes: staffOnly(ACCESS.readHomes),
  staff: ['platform_admin', 'director', 'complex_manager'],
  audit: ['platform_admin', 'director'],
} as const satisfies Record<string, readonly Role[]>

/** @throws forbidden auth.forbidden */
export const requireExport = (actor: Actor, access: readonly Role[]) =>
  requireRight(rolesOf(actor).some((role) => access.includes(role)))

/** What of an actor decides which rows a list shows: a file made with other rights is not theirs any more. */
export const rightsOf = (actor: Actor): string =>
  JSON.stringify([
    actor.kind,
    rolesOf(actor).toSorted(),
    actor.kind === 'staff'
      ? Object.entries(actor.complexes)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([role, ids]) => [role, ids && ids.toSorted()])
      : [],
  ])

/** That the actor may see what they might when the file was begun. @throws conflict exports.rights_changed */
export const requireSameRights = (actor: Actor, rights: string) => {
  if (rightsOf(actor) !== rights) throw new DomainError('conflict', 'exports.rights_changed')
}

const OF_PEOPLE: readonly ExportKind[] = ['people', 'residencies', 'staff', 'invites', 'audit']

export type Taker = Pick<Principal, 'apiKey' | 'impersonation' | 'authenticatedAtMs'>

/**
 * Lists of people leave with a person who has just proved who they are; whoever acts as somebody else takes none away.
 *
 * @throws forbidden auth.impersonating, auth.session_required, auth.step_up_required
 */
export const requireTaking = (taker: Taker, kind: ExportKind, now: Date) => {
  if (taker.impersonation || OF_PEOPLE.includes(kind)) requireOneself(taker)
  if (OF_PEOPLE.includes(kind)) requireFresh(taker, now)
}
