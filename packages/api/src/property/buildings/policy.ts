import { and, sql, type SQL } from 'drizzle-orm'
import { buildings } from '@servai/db/schema/buildings'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import { actionsOn, covers, editScope, listed, presentOrRestorable, registryScope, within } from '../policy.ts'

/** Buildings in the complexes of the caller's grants, or those of a resident's homes. */
export const reachableBy = (actor: Actor): SQL | undefined =>
  actor.kind === 'resident'
    ? sql`${buildings.id} in (select ${units.buildingId} from ${units} where ${isOneOf(units.id, actor.unitIds)})`
    : within(registryScope(actor), buildings.complexId)

export const visibleTo = (actor: Actor) =>
  and(reachableBy(actor), presentOrRestorable(buildings, editScope(actor), buildings.complexId))

export const listedFor = (actor: Actor, includeRemoved: boolean) =>
  and(reachableBy(actor), listed(buildings, editScope(actor), buildings.complexId, includeRemoved))

export const mayEdit = (actor: Actor, { complexId }: { complexId: string }) => covers(editScope(actor), complexId)

export const allowedActions = (actor: Actor, row: { complexId: string; deletedAt: Date | null }) =>
  actionsOn(row, { edit: mayEdit(actor, row) })
