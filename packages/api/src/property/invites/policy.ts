import { and, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { INVITE_ACTIONS, InviteStatus } from '@servai/contract/invites'
import { invites } from '@servai/db/schema/invites'
import { staffProfiles } from '@servai/db/schema/staff'
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

export const inPlace = (where: SQL | undefined) => inHomesOf(where)

/** Units that staff may invite into, or a resident's own. */
export const mayBeInvitedTo = (actor: Actor): SQL | undefined =>
  and(
    isNull(units.deletedAt),
    actor.kind === 'resident' ? isOneOf(units.id, actor.unitIds) : within(editScope(actor), units.complexId),
  )

export const mayManage = (actor: Actor, row: { complexId: string; createdBy: string }) =>
  actor.kind === 'resident' ? row.createdBy === actor.userId : covers(editScope(actor), row.complexId)

export const mayMail = (actor: Actor) => actor.kind === 'staff'

/** What residents made for their own family is theirs alone. */
export const isOfStaff = sql<boolean>`(${invites.kind} <> 'family'
  or exists (select from ${staffProfiles} where ${staffProfiles.userId} = ${invites.createdBy}))`

type Row = { complexId: string; createdBy: string; status: InviteStatus; email: string | null; isOfStaff: boolean }

export const allowedActions = (actor: Actor, row: Row): (typeof INVITE_ACTIONS)[number][] => {
  if (!mayManage(actor, row)) return []
  if (row.status === 'orphaned') return row.isOfStaff ? ['revoke', 'adopt'] : ['revoke']
  if (row.status !== 'active') return []
  return mayMail(actor) && row.email !== null ? ['revoke', 'mail'] : ['revoke']
}
