import { and, eq, isNull, sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import { naturalKey } from '@servai/contract/natural-key'
import { IMPORT_LIMITS, type UnitImport, type UnitUpsert, type UnitUpsertRow } from '@servai/contract/property'
import type { Mode } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import { buildings } from '@servai/db/schema/buildings'
import { entrances } from '@servai/db/schema/entrances'
import { units } from '@servai/db/schema/units'
import { actorOf, requireUnblocked, rolesOf, type Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { Ctx, RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { enforce } from '../../limits.ts'
import { requirePrincipal } from '../../principal.ts'
import { retrying } from '../../retry.ts'
import { holdComplex, requireComplex } from '../complexes/service.ts'
import { ACCESS, requireRight } from '../policy.ts'
import { readUnitsInThread } from './reader.ts'

type ImportCtx = Ctx & Pick<RequestContext, 'address'> & { principal: Pick<Principal, 'sessionId'> }
type Upsert = { complexId: string; rows: UnitUpsertRow[]; fileName?: string }

/**
 * Creates what is new and changes what differs, by building, entrance and number; buildings and entrances that are
 * missing are made. What a row leaves NULL stays as it is. All or nothing, in as many statements for ten thousand rows
 * as for one.
 *
 * @throws not_found property.complex_not_found, forbidden auth.forbidden, conflict property.parent_removed
 */
export const importUnits = async (ctx: ImportCtx, { complexId, rows, fileName }: Upsert): Promise<UnitUpsert> => {
  await holdComplex(ctx, complexId, 'no key update')
  const buildingIds = await ensureBuildings(ctx, complexId, rows)
  const placed = rows.map((row) => ({ ...row, buildingId: buildingIds.ids.get(row.building)! }))
  const entranceIds = await ensureEntrances(ctx, complexId, placed)
  const records = placed.map((row) => ({
    id: uuidv7(),
    building_id: row.buildingId,
    entrance_id: row.entrance === null ? null : entranceIds.ids.get(entranceKey(row.buildingId, row.entrance))!,
    type: row.type,
    number: row.number,
    number_sort: naturalKey(row.number),
    floor: row.floor,
    area_m2: row.areaM2,
    share_numerator: row.share?.numerator ?? null,
    share_denominator: row.share?.denominator ?? null,
  }))
  const { created, updated } = await upsertUnits(ctx, complexId, records)
  const counts = {
    created,
    updated,
    unchanged: rows.length - created - updated,
    buildingsCreated: buildingIds.created,
    entrancesCreated: entranceIds.created,
  }
  await audit(ctx, {
    action: 'property.import',
    companyId: ctx.actor.companyId,
    actorId: ctx.actor.userId,
    sessionId: ctx.principal.sessionId,
    entity: 'complexes',
    entityId: complexId,
    details: { ...counts, ...(fileName && { fileName }) },
  })
  return counts
}

const recordset = (records: object[], columns: ReturnType<typeof sql>) =>
  sql`jsonb_to_recordset((${JSON.stringify(records)}::text)::jsonb) as r (${columns})`

const ensureBuildings = async ({ db }: Ctx, complexId: string, rows: UnitUpsertRow[]) => {
  // Nobody else adds an entrance or a unit to them meanwhile; those made below nobody else can see yet.
  const present = await db
    .select({ id: buildings.id, name: buildings.name })
    .from(buildings)
    .where(and(eq(buildings.complexId, complexId), isNull(buildings.deletedAt)))
    .for('no key update')
  const ids = new Map(present.map(({ id, name }) => [name, id]))
  const missing = [...new Set(rows.map(({ building }) => building))].filter((name) => !ids.has(name))
  const records = missing.map((name) => ({ id: uuidv7(), name, name_sort: naturalKey(name) }))
  if (records.length > 0)
    await db.execute(sql`
      insert into ${buildings} (id, complex_id, name, name_sort)
      select r.id, ${complexId}::uuid, r.name, r.name_sort
      from ${recordset(records, sql`id uuid, name text, name_sort text`)}`)
  for (const { id, name } of records) ids.set(name, id)
  return { ids, created: records.length }
}

const entranceKey = (buildingId: string, number: string) => `${buildingId}/${number}`

const ensureEntrances = async (
  { db }: Ctx,
  complexId: string,
  rows: { buildingId: string; entrance: string | null }[],
) => {
  const present = await db
    .select({ id: entrances.id, buildingId: entrances.buildingId, number: entrances.number })
    .from(entrances)
    .where(and(eq(entrances.complexId, complexId), isNull(entrances.deletedAt)))
    .for('share')
  const ids = new Map(present.map(({ id, buildingId, number }) => [entranceKey(buildingId, number), id]))
  const records: { id: string; building_id: string; number: string; number_sort: string }[] = []
  for (const { buildingId, entrance } of rows) {
    if (entrance === null || ids.has(entranceKey(buildingId, entrance))) continue
    const id = uuidv7()
    ids.set(entranceKey(buildingId, entrance), id)
    records.push({ id, building_id: buildingId, number: entrance, number_sort: naturalKey(entrance) })
  }
  if (records.length > 0)
    await db.execute(sql`
      insert into ${entrances} (id, complex_id, building_id, number, number_sort)
      select r.id, ${complexId}::uuid, r.building_id, r.number, r.number_sort
      from ${recordset(records, sql`id uuid, building_id uuid, number text, number_sort text`)}`)
  return { ids, created: records.length }
}

const UNIT_COLUMNS = sql`id uuid, building_id uuid, entrance_id uuid, type text, number text, number_sort text, floor integer, area_m2 numeric(10,2), share_numerator bigint, share_denominator bigint`

const upsertUnits = async ({ db }: Ctx, complexId: string, records: object[]) => {
  const updated = await db.execute(sql`
    update ${units} u set
      entrance_id = coalesce(r.entrance_id, u.entrance_id), type = coalesce(r.type, u.type),
      floor = coalesce(r.floor, u.floor), area_m2 = coalesce(r.area_m2, u.area_m2),
      share_numerator = coalesce(r.share_numerator, u.share_numerator),
      share_denominator = coalesce(r.share_denominator, u.share_denominator)
    from ${recordset(records, UNIT_COLUMNS)}
    where u.building_id = r.building_id and u.number = r.number and u.deleted_at is null
      and (coalesce(r.entrance_id, u.entrance_id), coalesce(r.type, u.type), coalesce(r.floor, u.floor),
           coalesce(r.area_m2, u.area_m2), coalesce(r.share_numerator, u.share_numerator),
           coalesce(r.share_denominator, u.share_denominator))
        is distinct from (u.entrance_id, u.type, u.floor, u.area_m2, u.share_numerator, u.share_denominator)
    returning 1`)
  const created = await db.execute(sql`
    insert into ${units} (id, complex_id, building_id, entrance_id, type, number, number_sort, floor, area_m2, share_numerator, share_denominator)
    select r.id, ${complexId}::uuid, r.building_id, r.entrance_id, coalesce(r.type, 'apartment'), r.number, r.number_sort,
      r.floor, r.area_m2, r.share_numerator, r.share_denominator
    from ${recordset(records, UNIT_COLUMNS)}
    where not exists (
      select from ${units} u where u.building_id = r.building_id and u.number = r.number and u.deleted_at is null)
    returning 1`)
  return { created: created.length, updated: updated.length }
}

/**
 * Who may upload units at all, asked before a byte of the file is taken. Counts nothing.
 *
 * @throws unauthenticated, forbidden, invalid auth.context_required
 */
export const admitUnitsFile = async (request: RequestContext): Promise<{ companyId: string }> => {
  const { companyId } = await admit(request)
  return { companyId }
}

/**
 * The second question before the file is taken: how often, and into a complex the caller sees.
 *
 * @throws limited request.rate_limited, not_found property.complex_not_found, and what `admitUnitsFile` throws
 */
export const openUnitsFile = async (request: RequestContext, { complexId }: { complexId: string }) => {
  const admission = await admit(request)
  await enforce(request.services, { import: admission.principal.userId })
  await inCompany(request, admission, 'read', (ctx) => requireComplex(ctx, complexId))
}

type UnitsFile = { complexId: string; fileName: string; path: string }

/**
 * Reads the file outside of any transaction; whoever lost the session or the right meanwhile writes nothing.
 *
 * @throws unauthenticated, forbidden, not_found property.complex_not_found, too_large import.too_large,
 *   invalid import.*, timeout import.timeout, unavailable server.busy
 */
export const importUnitsFile = async (request: RequestContext, file: UnitsFile): Promise<UnitImport> => {
  const { services, requestId } = request
  const { complexId, fileName, path } = file
  const admission = await admit(request)
  const { companyId } = admission
  const started = performance.now()
  const { rows, refused, columns } = await readUnitsInThread({ companyId, fileName, path, limits: IMPORT_LIMITS })
  const readMs = performance.now() - started
  const counts = await inCompany(request, admission, 'write', async (ctx) => {
    // Named, because what was the only context may have become another company's.
    const { actor, principal } = await admit({ ...request, contextKey: `staff:${companyId}` })
    return importUnits({ ...ctx, actor, principal }, { complexId, rows, fileName: shownName(fileName) })
  })
  services.log.info({ requestId, readMs, rows: rows.length, refused: refused.length, ...counts }, 'units imported')
  return { ...counts, refused, columns }
}

const shownName = (fileName: string) =>
  fileName
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, 200)

type Admission = { principal: Principal; actor: Actor; companyId: string }

/** The same gate that procedures with `ACCESS.edit` have. */
const admit = async (request: RequestContext): Promise<Admission> => {
  const principal = await requirePrincipal(request)
  if (!principal.emailVerified) throw new DomainError('forbidden', 'auth.email_not_verified')
  const actor = actorOf(principal, request.contextKey)
  requireRight(rolesOf(actor).some((role) => (ACCESS.edit as readonly string[]).includes(role)))
  requireUnblocked(principal, actor)
  const { companyId } = actor
  if (!companyId) throw new DomainError('invalid', 'auth.context_required')
  return { principal, actor, companyId }
}

const inCompany = <T>(
  { services, requestId, address }: RequestContext,
  { principal, actor, companyId }: Admission,
  mode: Mode,
  work: (ctx: ImportCtx) => Promise<T>,
) => {
  const scope = { companyId, userId: principal.userId, sessionId: principal.sessionId, requestId, address }
  return retrying(() =>
    services.database.company(scope, mode, (db) =>
      work({ db, actor, principal, services, requestId, address, now: services.now }),
    ),
  )
}
