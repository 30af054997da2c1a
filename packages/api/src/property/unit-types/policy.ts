import { unitTypes } from '@servai/db/schema/unit-types'
import type { Actor } from '../../actor.ts'
import { actionsOn, listed, ownScope, presentOrRestorable } from '../policy.ts'

/** What a company calls its units is decided by its director. */
export const mayEdit = (actor: Actor) => ownScope(actor) === 'company'

export const visibleTo = (actor: Actor) => presentOrRestorable(unitTypes, ownScope(actor), unitTypes.id)

export const listedFor = (actor: Actor, includeRemoved: boolean) =>
  listed(unitTypes, ownScope(actor), unitTypes.id, includeRemoved)

export const allowedActions = (actor: Actor, row: { deletedAt: Date | null }) =>
  actionsOn(row, { edit: mayEdit(actor) })
