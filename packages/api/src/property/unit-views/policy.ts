import { and, isNull } from 'drizzle-orm'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { editScope, homeScope, presentOrRestorable, within } from '../policy.ts'

/** A complex whose homes the caller looks after. */
export const complexInCare = (actor: Actor) => and(within(homeScope(actor), complexes.id), isNull(complexes.deletedAt))

export const unitInCare = (actor: Actor) =>
  and(within(homeScope(actor), units.complexId), presentOrRestorable(units, editScope(actor), units.complexId))
