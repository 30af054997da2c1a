import { and, eq, type SQL } from 'drizzle-orm'
import type { TimelineOf } from '@servai/contract/timeline'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import {
  covers,
  editScope,
  homeScope,
  ownScope,
  presentOrRestorable,
  registryScope,
  requireRight,
  within,
} from '../policy.ts'

export type Placed = Exclude<TimelineOf, 'person'>

/** One row as its own list would show it to the caller, removed ones to whoever may restore them. */
export const visibleTo = (actor: Actor, entity: Placed, id: string): SQL | undefined => {
  switch (entity) {
    case 'complex':
      return and(
        eq(complexes.id, id),
        within(registryScope(actor), complexes.id),
        presentOrRestorable(complexes, ownScope(actor), complexes.id),
      )
    case 'building':
      return and(
        eq(buildings.id, id),
        within(registryScope(actor), buildings.complexId),
        presentOrRestorable(buildings, editScope(actor), buildings.complexId),
      )
    case 'unit':
      return and(
        eq(units.id, id),
        within(homeScope(actor), units.complexId),
        presentOrRestorable(units, editScope(actor), units.complexId),
      )
  }
}

/** Whoever may change something may know how it came to be. @throws forbidden auth.forbidden */
export const requireReader = (actor: Actor, complexId: string) => requireRight(covers(editScope(actor), complexId))

/** Of a person only what happened in the caller's own complexes. */
export const inOwnComplexes = (actor: Actor): SQL | undefined => within(editScope(actor), units.complexId)
