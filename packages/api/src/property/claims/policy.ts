import { and, isNull, type SQL } from 'drizzle-orm'
import type { CLAIM_ACTIONS } from '@servai/contract/claims'
import { claims } from '@servai/db/schema/claims'
import type { Actor } from '../../actor.ts'
import { ACCESS, covers, editScope, within } from '../policy.ts'

/** Who lets people in decides; nobody else reads what strangers wrote about themselves. */
export const CLAIM_ACCESS = ACCESS.edit

export const visibleTo = (actor: Actor): SQL | undefined =>
  and(isNull(claims.deletedAt), within(editScope(actor), claims.complexId))

export const mayDecide = (actor: Actor, { complexId }: { complexId: string }) => covers(editScope(actor), complexId)

export const allowedActions = (
  actor: Actor,
  row: { complexId: string; status: string },
): (typeof CLAIM_ACTIONS)[number][] => (row.status === 'pending' && mayDecide(actor, row) ? ['approve', 'decline'] : [])
