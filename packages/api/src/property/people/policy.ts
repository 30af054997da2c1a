import { and, isNull, or, sql, type SQL } from 'drizzle-orm'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import { actionsOn, editScope, homeScope, isWhollyWithin, ownScope, requireAny, within, type Scope } from '../policy.ts'

/** A residency counts while it stands, and for its person also where it went with them. */
const standing = sql`(${residencies.deletedAt} is null or ${residencies.deletedWith} = ${residencies.personId})`

/** People with a residency, now or ever, in a unit that stands in these complexes. */
const knownIn = (scope: Scope): SQL | undefined =>
  scope === 'company'
    ? undefined
    : sql`exists (select from ${residencies} join ${units} on ${units.id} = ${residencies.unitId}
        where ${residencies.personId} = ${people.id} and ${standing}
          and ${units.deletedAt} is null and ${isOneOf(units.complexId, scope)})`

/** The same for a list: collected once, from the complexes, instead of asked of one person after the other. */
const amongThoseIn = (scope: Scope): SQL | undefined =>
  scope === 'company'
    ? undefined
    : sql`${people.id} = any (array(select ${residencies.personId} from ${residencies} join ${units} on ${units.id} = ${residencies.unitId}
        where ${standing} and ${units.deletedAt} is null and ${isOneOf(units.complexId, scope)}))`

const presentOrRestorable = (scope: Scope, known: (scope: Scope) => SQL | undefined) =>
  scope === 'company' ? undefined : or(isNull(people.deletedAt), known(scope))

export const visibleTo = (actor: Actor) =>
  and(knownIn(homeScope(actor)), presentOrRestorable(editScope(actor), knownIn)) ?? sql`true`

/** @throws forbidden auth.forbidden */
export const listedFor = (actor: Actor, includeRemoved: boolean) => {
  const inCare = amongThoseIn(homeScope(actor))
  if (!includeRemoved) return and(inCare, isNull(people.deletedAt))
  requireAny(editScope(actor))
  return and(inCare, presentOrRestorable(editScope(actor), amongThoseIn))
}

/** Homes of a person that the caller may know of. */
export const homesWithin = (actor: Actor) => within(homeScope(actor), units.complexId)

/** Of a person known in the scope; SQL, to be selected with the row. */
export const isKnownTo = (actor: Actor): SQL<boolean> => {
  const scope = editScope(actor)
  return sql<boolean>`${knownIn(scope) ?? sql`true`}`
}

/** For the people of a list: who may edit nobody is asked nothing about each. */
export const rightsOver = (actor: Actor) => {
  const scope = editScope(actor)
  const mayEditAny = scope === 'company' || scope.length > 0
  return mayEditAny
    ? { mayEdit: isKnownTo(actor), mayRemove: isWhollyWithin(actor) }
    : { mayEdit: sql<boolean>`false`, mayRemove: sql<boolean>`false` }
}

/** Somebody without a home stands in no complex yet: that is for who looks after the whole company. */
export const mayCreate = (actor: Actor) => ownScope(actor) === 'company'

export type Rights = { mayEdit: boolean; mayRemove: boolean }

/** `livesHere`: now, later, or as far as nobody has asked. */
export const allowedActions = (
  { mayEdit, mayRemove, livesHere }: Rights & { livesHere: boolean },
  row: { deletedAt: Date | string | null },
) => [
  ...actionsOn(row, { edit: mayEdit, remove: mayEdit && mayRemove }),
  ...(mayEdit && mayRemove && !livesHere ? (['erase'] as const) : []),
]
