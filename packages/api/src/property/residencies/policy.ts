import { and, isNull, or, sql, type SQL } from 'drizzle-orm'
import { complexes } from '@servai/db/schema/complexes'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import { actionsOn, covers, editScope, homeScope, requireAny, type Scope } from '../policy.ts'

const inComplexes = (scope: Scope): SQL | undefined => (scope === 'company' ? undefined : inUnitsOf(scope))

/** Of units that stand: with a removed one its residencies are out of reach until it is restored. */
export const inUnitsOf = (complexIds: readonly string[]): SQL =>
  sql`${residencies.unitId} in (select ${units.id} from ${units} where ${units.deletedAt} is null and ${isOneOf(units.complexId, complexIds)})`

/** From the first day to the one before the last, where the complex stands. */
const holdsToday = sql`exists (
  select from ${units} join ${complexes} on ${complexes.id} = ${units.complexId}
  where ${units.id} = ${residencies.unitId}
    and ${residencies.startsOn} <= (now() at time zone ${complexes.timezone})::date
    and (${residencies.endsOn} is null or ${residencies.endsOn} > (now() at time zone ${complexes.timezone})::date))`

/** Residents see their own past in a home and who lives there now, never who lived there before. */
const reachableBy = (actor: Actor): SQL | undefined => {
  if (actor.kind !== 'resident') return inComplexes(homeScope(actor))
  const isOwn = sql`${residencies.personId} in (select ${people.id} from ${people} where ${people.userId} = ${actor.userId})`
  return and(isOneOf(residencies.unitId, actor.unitIds), or(isOwn, holdsToday))
}

const presentOrRestorable = (scope: Scope) =>
  scope === 'company' ? undefined : or(isNull(residencies.deletedAt), inComplexes(scope))

export const visibleTo = (actor: Actor) => and(reachableBy(actor), presentOrRestorable(editScope(actor)))

/** @throws forbidden auth.forbidden */
export const listedFor = (actor: Actor, includeRemoved: boolean) => {
  if (!includeRemoved) return and(reachableBy(actor), isNull(residencies.deletedAt))
  requireAny(editScope(actor))
  return visibleTo(actor)
}

/** People a member of staff may let move in: everybody in the company, or those of the complexes in their care. */
export const knownPeople = (actor: Actor): SQL | undefined => {
  const scope = editScope(actor)
  return scope === 'company'
    ? undefined
    : sql`exists (select from ${residencies} where ${residencies.personId} = ${people.id} and ${residencies.deletedAt} is null and ${inComplexes(scope)})`
}

export const mayEdit = (actor: Actor, { complexId }: { complexId: string }) => covers(editScope(actor), complexId)

export const allowedActions = (actor: Actor, row: { complexId: string; deletedAt: Date | null }) =>
  actionsOn(row, { edit: mayEdit(actor, row) })

/** Of the others in the home a resident learns the name and the kind, nothing else. */
export const seesDetails = (actor: Actor, row: { userId: string | null }) =>
  actor.kind !== 'resident' || row.userId === actor.userId
