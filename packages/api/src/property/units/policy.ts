import { and, type SQL } from 'drizzle-orm'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import { actionsOn, covers, editScope, homeScope, listed, presentOrRestorable, within } from '../policy.ts'

/** Units in the complexes of the caller's grants, or a resident's own. */
export const reachableBy = (actor: Actor): SQL | undefined =>
  actor.kind === 'resident' ? isOneOf(units.id, actor.unitIds) : within(homeScope(actor), units.complexId)

export const visibleTo = (actor: Actor) =>
  and(reachableBy(actor), presentOrRestorable(units, editScope(actor), units.complexId))

export const listedFor = (actor: Actor, includeRemoved: boolean) =>
  and(reachableBy(actor), listed(units, editScope(actor), units.complexId, includeRemoved))

export const mayEdit = (actor: Actor, { complexId }: { complexId: string }) => covers(editScope(actor), complexId)

export const allowedActions = (actor: Actor, row: { complexId: string; deletedAt: Date | string | null }) =>
  actionsOn(row, { edit: mayEdit(actor, row) })
