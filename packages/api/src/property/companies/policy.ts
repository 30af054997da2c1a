import { isNull, type SQL } from 'drizzle-orm'
import { companies } from '@servai/db/schema/companies'
import { PLATFORM_ROLES, STAFF_ROLES } from '@servai/contract/roles'
import type { Actor } from '../../actor.ts'
import { actionsOn, ownScope, requireRight } from '../policy.ts'

export const COMPANY_ACCESS = {
  read: [...PLATFORM_ROLES, ...STAFF_ROLES],
  found: ['platform_admin'],
  update: ['platform_admin', 'director'],
} as const

/** Companies come and go by the platform's hand, seen from above: inside one of them it only looks. */
export const mayFound = (actor: Actor) =>
  actor.kind === 'platform' && actor.companyId === null && actor.roles.includes('platform_admin')

export const mayUpdate = (actor: Actor) => mayFound(actor) || ownScope(actor) === 'company'

/** Unique across companies: who may set it could ask which others exist. The database grants it to the platform alone. */
export const mayRegister = mayFound

/** Inside a company row-level security leaves only that one; removed ones exist only for who may restore them. */
export const visibleTo = (actor: Actor): SQL | undefined => (mayFound(actor) ? undefined : isNull(companies.deletedAt))

/** @throws forbidden auth.forbidden */
export const listedFor = (actor: Actor, includeRemoved: boolean): SQL | undefined => {
  if (includeRemoved) requireRight(mayFound(actor))
  return includeRemoved ? undefined : isNull(companies.deletedAt)
}

export const allowedActions = (actor: Actor, row: { deletedAt: Date | null }) => [
  ...actionsOn(row, { edit: mayUpdate(actor), remove: mayFound(actor) }),
  ...(mayFound(actor) && !row.deletedAt ? (['set_status'] as const) : []),
]
