import { SEARCH_KINDS, type SearchKind } from '@servai/contract/search'
import type { Role } from '@servai/contract/roles'
import { rolesOf, type Actor } from '../../actor.ts'
import { ACCESS } from '../policy.ts'

export const SEARCH_ACCESS = ACCESS.readRegistry

const HOMES: readonly Role[] = ACCESS.overview
const STAFF: readonly Role[] = ['platform_admin', 'director', 'complex_manager']

/** What the actor may look for; which rows of it, the queries decide. */
export const searchableBy = (actor: Actor, wanted: readonly SearchKind[] = SEARCH_KINDS): readonly SearchKind[] => {
  const isOneOf = (roles: readonly Role[]) => rolesOf(actor).some((role) => roles.includes(role))
  const isAllowed: Record<SearchKind, boolean> =
    actor.companyId === null
      ? { ...NOTHING, companies: true }
      : actor.kind === 'resident'
        ? { ...NOTHING, units: true }
        : {
            units: isOneOf(HOMES),
            people: isOneOf(HOMES),
            complexes: true,
            buildings: true,
            invites: isOneOf(HOMES),
            staff: isOneOf(STAFF),
            companies: false,
          }
  return SEARCH_KINDS.filter((kind) => isAllowed[kind] && wanted.includes(kind))
}

const NOTHING: Record<SearchKind, false> = {
  units: false,
  people: false,
  complexes: false,
  buildings: false,
  invites: false,
  staff: false,
  companies: false,
}
