import { and, asc, desc, eq, isNull, lt, ne, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import {
  DIRECTORY_LIMIT,
  type createClaimInput,
  type DirectoryComplex,
  type listOwnClaimsInput,
  type ownClaim,
} from '@servai/contract/claims'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { claims } from '@servai/db/schema/claims'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { limitKeyOf } from '../../client-traits.ts'
import type { RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { escapeLike } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import { decodeCursor, toPage } from '../../page.ts'
import { retrying } from '../../retry.ts'
import { stampsOf } from '../claims/service.ts'
import { isOn } from '../policy.ts'

type Visit = Pick<RequestContext, 'services' | 'requestId' | 'address'> & { principal: Principal }

const takesClaims = and(
  isNull(complexes.deletedAt),
  isNull(companies.deletedAt),
  ne(companies.status, 'blocked'),
  isOn('claims.open', sql`${complexes.companyId}`, sql`${complexes.id}`),
)

const mentions = (word: string) =>
  sql`lower(${complexes.name} || ' ' || ${complexes.city} || ' ' || ${complexes.address}) like lower(${`%${escapeLike(word)}%`}::text)`

/**
 * Complexes of all companies whose name or address has every word of the question, a few at most.
 *
 * @throws limited request.rate_limited
 */
export const findComplexes = async ({ services, principal }: Visit, q: string): Promise<DirectoryComplex[]> => {
  await enforce(services, { claim_directory: principal.userId })
  return services.database.system({}, 'read', (db) =>
    db
      .select({
        id: complexes.id,
        name: complexes.name,
        city: complexes.city,
        address: complexes.address,
        company: companies.name,
      })
      .from(complexes)
      .innerJoin(companies, eq(companies.id, complexes.companyId))
      .where(and(...q.split(/\s+/).map(mentions), takesClaims))
      .orderBy(asc(complexes.name), asc(complexes.id))
      .limit(DIRECTORY_LIMIT),
  )
}

const selectOwn = (db: CompanyDb | SystemDb, userId: string, where: SQL | undefined) =>
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
      company: companies.name,
      complex: { name: complexes.name, city: complexes.city, address: complexes.address },
    })
    .from(claims)
    .innerJoin(companies, eq(companies.id, claims.companyId))
    .innerJoin(complexes, and(eq(complexes.companyId, claims.companyId), eq(complexes.id, claims.complexId)))
    .where(and(eq(claims.userId, userId), isNull(claims.deletedAt), where))

type OwnRow = Awaited<ReturnType<typeof selectOwn>>[number]

const presentOwn = (row: OwnRow): z.input<typeof ownClaim> => ({ ...row, ...stampsOf(row) })

const inCompany = <T>(
  { services, requestId, address, principal }: Visit,
  companyId: string,
  work: (db: CompanyDb) => Promise<T>,
) => {
  const { userId, sessionId } = principal
  return retrying(() => services.database.company({ companyId, userId, sessionId, requestId, address }, 'write', work))
}

/**
 * Asks the managers of a complex for a home in it. The answer is the same whether there is such a unit or not.
 *
 * @throws not_found property.complex_not_found, conflict claims.already_pending, limited request.rate_limited
 */
export const createClaim = async (visit: Visit, input: z.output<typeof createClaimInput>) => {
  const { services, address, principal } = visit
  const { userId, firstName, lastName, email } = principal
  const { complexId, building, unit, kind, phone, message } = input
  await enforce(services, { claim: userId, claim_address: limitKeyOf(address) })
  const [complex] = await services.database.system({}, 'read', (db) =>
    db
      .select({ companyId: complexes.companyId })
      .from(complexes)
      .innerJoin(companies, eq(companies.id, complexes.companyId))
      .where(and(eq(complexes.id, complexId), takesClaims)),
  )
  if (!complex) throw new DomainError('not_found', 'property.complex_not_found')
  return inCompany(visit, complex.companyId, async (db) => {
    const [created] = await db
      .insert(claims)
      .values({
        complexId,
        userId,
        firstName,
        lastName,
        email,
        phone,
        statedBuilding: building,
        statedUnit: unit,
        kind,
        message,
      })
      .onConflictDoNothing()
      .returning({ id: claims.id })
    if (!created) throw new DomainError('conflict', 'claims.already_pending')
    const [row] = await selectOwn(db, userId, eq(claims.id, created.id))
    return presentOwn(row!)
  })
}

/** The caller's own in all companies, the newest first. */
export const listOwnClaims = async ({ services, principal }: Visit, input: z.output<typeof listOwnClaimsInput>) => {
  const { cursor, limit } = input
  const after = decodeCursor(cursor)
  const rows = await services.database.system({}, 'read', (db) =>
    selectOwn(db, principal.userId, after ? lt(claims.id, after.id) : undefined)
      .orderBy(desc(claims.id))
      .limit(limit + 1),
  )
  const { items, nextCursor } = toPage(rows, limit, () => null)
  return { items: items.map(presentOwn), nextCursor }
}

/** @throws not_found property.claim_not_found, conflict claims.already_decided */
export const withdrawClaim = async (visit: Visit, { id }: { id: string }) => {
  const { services, principal } = visit
  const { userId } = principal
  const own = and(eq(claims.id, id), eq(claims.userId, userId), isNull(claims.deletedAt))
  const [found] = await services.database.system({}, 'read', (db) =>
    db.select({ companyId: claims.companyId }).from(claims).where(own),
  )
  if (!found) throw new DomainError('not_found', 'property.claim_not_found')
  return inCompany(visit, found.companyId, async (db) => {
    const [held] = await db.select({ status: claims.status }).from(claims).where(own).for('no key update')
    if (held?.status === 'approved' || held?.status === 'declined')
      throw new DomainError('conflict', 'claims.already_decided')
    if (held?.status === 'pending')
      await db.update(claims).set({ status: 'withdrawn', decidedAt: services.now() }).where(own)
    const [row] = await selectOwn(db, userId, eq(claims.id, id))
    if (!row) throw new DomainError('not_found', 'property.claim_not_found')
    return presentOwn(row)
  })
}
