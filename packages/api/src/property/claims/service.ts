import { and, count, eq, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { approveClaimInput, claim, declineClaimInput, listClaimsInput } from '@servai/contract/claims'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { claims } from '@servai/db/schema/claims'
import { complexes } from '@servai/db/schema/complexes'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import { users } from '@servai/db/schema/users'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { admit, holdAccount, holdHome } from '../admissions/service.ts'
import { creatorOf } from '../invites/service.ts'
import { claimUnit } from '../units/service.ts'
import { allowedActions, visibleTo } from './policy.ts'

export const stampsOf = ({ createdAt, decidedAt }: { createdAt: Date; decidedAt: Date | null }) => ({
  createdAt: createdAt.toISOString(),
  decidedAt: decidedAt && decidedAt.toISOString(),
})

const decider = sql<
  string | null
>`(select ${users.firstName} || ' ' || ${users.lastName} from ${users} where ${users.id} = ${claims.decidedBy})`

const selectRows = (db: CompanyDb, keys: SQL) =>
  db
    .select({
      id: claims.id,
      version: claims.version,
      createdAt: claims.createdAt,
      building: claims.statedBuilding,
      unit: claims.statedUnit,
      kind: claims.kind,
      message: claims.message,
      status: claims.status,
      decidedAt: claims.decidedAt,
      note: claims.decisionNote,
      complexId: complexes.id,
      complex: { id: complexes.id, name: complexes.name },
      claimant: { firstName: claims.firstName, lastName: claims.lastName, email: claims.email, phone: claims.phone },
      home: { unitId: units.id, unit: units.number, building: buildings.name },
      decidedBy: decider,
    })
    .from(claims)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${claims.id}`)
    .innerJoin(complexes, eq(complexes.id, claims.complexId))
    .leftJoin(residencies, eq(residencies.id, claims.residencyId))
    .leftJoin(units, eq(units.id, residencies.unitId))
    .leftJoin(buildings, eq(buildings.id, units.buildingId))

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: Pick<Ctx, 'actor'>, { complexId, home, ...row }: Row): z.input<typeof claim> => ({
  ...row,
  ...stampsOf(row),
  home:
    home.unitId !== null && home.unit !== null && home.building !== null
      ? { unitId: home.unitId, unit: home.unit, building: home.building }
      : null,
  allowed: allowedActions(actor, { complexId, status: row.status }),
})

/** NULLs come first in descending order: what waits for a decision, then the latest decisions. */
const BY_DECISION: Sort = { by: claims.decidedAt, type: 'instant', isNullable: true }

export const listClaims = async (ctx: Ctx, input: z.output<typeof listClaimsInput>) => {
  const { complexId, status } = input
  const keys = keysOfPage(claims, {
    where: and(
      visibleTo(ctx.actor),
      complexId ? eq(claims.complexId, complexId) : undefined,
      status ? eq(claims.status, status) : undefined,
    ),
    sort: BY_DECISION,
    order: 'desc',
    start: startOf(input.cursor, BY_DECISION),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(BY_DECISION, 'desc'))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => row.decidedAt && row.decidedAt.toISOString())
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

export const countPending = async ({ db, actor }: Ctx) => {
  const [row] = await db
    .select({ pending: count() })
    .from(claims)
    .where(and(visibleTo(actor), eq(claims.status, 'pending')))
  return { pending: row?.pending ?? 0 }
}

/** @throws not_found property.claim_not_found */
export const getClaim = async (ctx: Ctx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(claims, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.claim_not_found')
  return present(ctx, row)
}

/** @throws not_found property.claim_not_found, conflict claims.already_decided */
const holdPending = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await db
    .select({ status: claims.status })
    .from(claims)
    .where(and(eq(claims.id, id), visibleTo(actor)))
    .for('no key update')
  if (!row) throw new DomainError('not_found', 'property.claim_not_found')
  if (row.status !== 'pending') throw new DomainError('conflict', 'claims.already_decided')
}

type Decision = { status: 'approved'; residencyId: string } | { status: 'declined' }

const decide = async (ctx: Ctx, id: string, note: string, decision: Decision) => {
  const { userId, companyId } = creatorOf(ctx)
  const decidedOn = { decidedAt: ctx.now(), decidedBy: userId, decisionNote: note }
  await ctx.db
    .update(claims)
    .set({ ...decision, ...decidedOn })
    .where(eq(claims.id, id))
  await emit(ctx, 'claims.decided', { companyId, claimId: id })
  return getClaim(ctx, { id })
}

/**
 * Lets the claimant into a unit of the complex, from today on.
 *
 * @throws not_found property.claim_not_found, property.unit_not_found, conflict claims.already_decided,
 *   property.shares_exceed_whole
 */
export const approveClaim = async (ctx: Ctx, input: z.output<typeof approveClaimInput>) => {
  const { db, actor, services } = ctx
  const { id, unitId, kind, share, note } = input
  const { userId, firstName, lastName, email, phone, complexId } = claims
  const [seen] = await db
    .select({ userId, firstName, lastName, email, phone, complexId })
    .from(claims)
    .where(and(eq(claims.id, id), visibleTo(actor)))
  if (!seen) throw new DomainError('not_found', 'property.claim_not_found')
  await holdAccount(ctx, seen.userId)
  const unit = await claimUnit(ctx, unitId)
  const home = unit.complexId === seen.complexId ? await holdHome(ctx, unitId) : null
  if (!home) throw new DomainError('not_found', 'property.unit_not_found')
  await holdPending(ctx, id)
  const admitted = await admit(ctx, {
    unitId,
    today: home.today,
    account: seen,
    admitter: actor,
    personId: null,
    kind,
    share,
  })
  // Null is for a person of another account, and none was named.
  const { residencyId, isNew } = admitted!
  if (isNew) services.metrics.residentsCreated.inc()
  return decide(ctx, id, note, { status: 'approved', residencyId })
}

/** @throws not_found property.claim_not_found, conflict claims.already_decided */
export const declineClaim = async (ctx: Ctx, { id, note }: z.output<typeof declineClaimInput>) => {
  await holdPending(ctx, id)
  return decide(ctx, id, note, { status: 'declined' })
}
