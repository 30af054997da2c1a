import { and, sql, type SQL } from 'drizzle-orm'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import {
  actionsOn,
  covers,
  editScope,
  listed,
  ownScope,
  presentOrRestorable,
  registryScope,
  within,
} from '../policy.ts'

/** Complexes of the caller's grants, or those of a resident's homes. */
export const reachableBy = (actor: Actor): SQL | undefined =>
  actor.kind === 'resident'
    ? sql`${complexes.id} in (select ${units.complexId} from ${units} where ${isOneOf(units.id, actor.unitIds)})`
    : within(registryScope(actor), complexes.id)

export const visibleTo = (actor: Actor) =>
  and(reachableBy(actor), presentOrRestorable(complexes, ownScope(actor), complexes.id))

export const listedFor = (actor: Actor, includeRemoved: boolean) =>
  and(reachableBy(actor), listed(complexes, ownScope(actor), complexes.id, includeRemoved))

export const mayUpdate = (actor: Actor, complexId: string) => covers(editScope(actor), complexId)

/** Complexes come and go with contracts: that is the director's. */
export const mayOwn = (actor: Actor) => ownScope(actor) === 'company'

export const allowedActions = (actor: Actor, row: { id: string; deletedAt: Date | null }) => {
  const edit = mayUpdate(actor, row.id)
  return actionsOn(row, { edit, remove: mayOwn(actor), import: edit })
}
