import { and, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { INVITE_ACTIONS, InviteStatus } from '@servai/contract/invites'
import { complexes } from '@servai/db/schema/complexes'
import { invites } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { isOneOf } from '../../keyset.ts'
import { ACCESS, covers, editScope, homeScope, within } from '../policy.ts'

/** Staff let anybody into the homes in their care; residents who own a home let their family in. */
export const INVITE_ACCESS = {
  read: ACCESS.readHomes,
  invite: [...ACCESS.edit, 'resident'],
  edit: ACCESS.edit,
} as const

/** More than a family has, and few enough for a link that got lost. */
export const MAX_FAMILY_USES = 10

const inHomesOf = (where: SQL | undefined) =>
  sql`${invites.unitId} in (select ${units.id} from ${units} where ${and(isNull(units.deletedAt), where)})`

/** Invites of the units in the caller's care; of a resident the own ones for the own homes. */
export const reachableBy = (actor: Actor): SQL | undefined =>
  and(
    isNull(invites.deletedAt),
    actor.kind === 'resident'
      ? and(eq(invites.createdBy, actor.userId), isOneOf(invites.unitId, actor.unitIds), inHomesOf(undefined))
      : inHomesOf(within(homeScope(actor), units.complexId)),
  )

export const inPlace = (where: SQL) => inHomesOf(where)

/** Units that staff may invite into, or a resident's own. */
export const mayBeInvitedTo = (actor: Actor): SQL | undefined =>
  and(
    isNull(units.deletedAt),
    actor.kind === 'resident' ? isOneOf(units.id, actor.unitIds) : within(editScope(actor), units.complexId),
  )

export const mayManage = (actor: Actor, row: { complexId: string; createdBy: string }) =>
  actor.kind === 'resident' ? row.createdBy === actor.userId : covers(editScope(actor), row.complexId)

export const mayMail = (actor: Actor) => actor.kind === 'staff'

type Row = { complexId: string; createdBy: string; status: InviteStatus; email: string | null }

export const allowedActions = (actor: Actor, row: Row): (typeof INVITE_ACTIONS)[number][] => {
  if (row.status !== 'active' || !mayManage(actor, row)) return []
  return mayMail(actor) && row.email !== null ? ['revoke', 'mail'] : ['revoke']
}

/** Owns the unit today, where it stands. */
export const ownsToday = (userId: string, unitId: string): SQL => sql`exists (
  select from ${residencies} join ${people} on ${people.id} = ${residencies.personId}
  join ${units} on ${units.id} = ${residencies.unitId} join ${complexes} on ${complexes.id} = ${units.complexId}
  where ${residencies.unitId} = ${unitId} and ${people.userId} = ${userId} and ${residencies.kind} = 'owner'
    and ${residencies.deletedAt} is null and ${people.deletedAt} is null
    and ${residencies.startsOn} <= (now() at time zone ${complexes.timezone})::date
    and (${residencies.endsOn} is null or ${residencies.endsOn} > (now() at time zone ${complexes.timezone})::date))`
