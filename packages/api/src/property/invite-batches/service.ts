import { and, asc, count, desc, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import {
  MAX_INVITE_BATCH,
  type adoptInvitesInput,
  type createInvitesInput,
  type inviteSheet,
  type inviteSheetInput,
  type planInvitesInput,
} from '@servai/contract/invites'
import type { CompanyDb } from '@servai/db'
import { buildings } from '@servai/db/schema/buildings'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { entrances } from '@servai/db/schema/entrances'
import { invites } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emitEach } from '../../events.ts'
import { isOneOf } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import {
  addressOf,
  creatorOf,
  endOrphans,
  inCare,
  isAdoptable,
  isForTheUnit,
  newToken,
  pathOf,
} from '../invites/service.ts'
import { editScope, within } from '../policy.ts'
import { readSettings } from '../settings/service.ts'

/** Rows of one INSERT: far below the number of parameters that PostgreSQL takes. */
const ROWS_AT_ONCE = 500

const isLived = sql`${residencies.deletedAt} is null
  and (${residencies.endsOn} is null or ${residencies.endsOn} > (now() at time zone ${complexes.timezone})::date)`

const livedBy = (who: SQL) => sql`${residencies} join ${people} on ${people.id} = ${residencies.personId}
  where ${residencies.unitId} = ${units.id} and ${isLived} and ${people.deletedAt} is null and ${who}`

const isConnected = sql<boolean>`exists (select from ${livedBy(sql`${people.userId} is not null`)})`

/** People who could be sent a link. */
const mailable = sql<string[]>`to_json(array(select distinct ${people.id}::text from ${livedBy(
  sql`${people.userId} is null and ${people.email} is not null`,
)}))`

const isInvited = sql<boolean>`exists (select from ${invites} where ${invites.unitId} = ${units.id} and ${isForTheUnit})`

type Place = Pick<z.output<typeof planInvitesInput>, 'complexId' | 'buildingId' | 'entranceId'>

/** The complex of a place in the caller's care. @throws not_found property.complex_not_found, and so on */
const complexOf = async ({ db, actor }: Ctx, { complexId, buildingId, entranceId }: Place): Promise<string> => {
  const [table, id, column, reason] = entranceId
    ? ([entrances, entranceId, entrances.complexId, 'property.entrance_not_found'] as const)
    : buildingId
      ? ([buildings, buildingId, buildings.complexId, 'property.building_not_found'] as const)
      : ([complexes, complexId ?? '', complexes.id, 'property.complex_not_found'] as const)
  const [row] = await db
    .select({ complexId: column })
    .from(table)
    .where(and(eq(table.id, id), isNull(table.deletedAt), within(editScope(actor), column)))
  if (!row) throw new DomainError('not_found', reason)
  return row.complexId
}

const inPlace = ({ complexId, buildingId, entranceId }: Place) =>
  entranceId
    ? eq(units.entranceId, entranceId)
    : buildingId
      ? eq(units.buildingId, buildingId)
      : eq(units.complexId, complexId ?? '')

const selectUnits = ({ db }: Ctx, input: z.output<typeof planInvitesInput>) =>
  db
    .select({ id: units.id, isInvited, isConnected, mailable })
    .from(units)
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .where(and(inPlace(input), isNull(units.deletedAt), inArray(units.type, input.types)))
    .orderBy(units.id)

type Candidate = Awaited<ReturnType<typeof selectUnits>>[number]

const isChosen = (unit: Candidate) => !unit.isInvited && !unit.isConnected

/**
 * How many invites a batch would make, and what it leaves out.
 *
 * @throws not_found property.complex_not_found, property.building_not_found, property.entrance_not_found
 */
export const planInvites = async (ctx: Ctx, input: z.output<typeof planInvitesInput>) => {
  await complexOf(ctx, input)
  const candidates = await selectUnits(ctx, input)
  const chosen = candidates.filter(isChosen)
  return {
    units: candidates.length,
    withInvite: candidates.filter((unit) => unit.isInvited).length,
    connected: candidates.filter((unit) => !unit.isInvited && unit.isConnected).length,
    toCreate: chosen.length,
    toMail: new Set(chosen.flatMap((unit) => unit.mailable)).size,
  }
}

/**
 * One invite for each unit that has neither an active one nor a resident with an account. A mailed one can be used by
 * everybody it is sent to.
 *
 * @throws not_found property.complex_not_found, property.building_not_found, property.entrance_not_found,
 *   invalid invites.too_many_units, limited request.rate_limited
 */
export const createInvites = async (ctx: Ctx, input: z.output<typeof createInvitesInput>) => {
  const { db, services, now } = ctx
  const { userId, companyId } = creatorOf(ctx)
  const complexId = await complexOf(ctx, input)
  const settings = await readSettings(db, complexId)
  // Whoever makes an invite holds its unit.
  await db
    .select({ id: units.id })
    .from(units)
    .where(and(inPlace(input), isNull(units.deletedAt)))
    .orderBy(units.id)
    .for('no key update')
  const chosen = (await selectUnits(ctx, input)).filter(isChosen)
  if (chosen.length > MAX_INVITE_BATCH) throw new DomainError('invalid', 'invites.too_many_units')
  const rows = chosen.map((unit) => {
    const recipients = input.mail ? unit.mailable : []
    return { token: newToken(services), unitId: unit.id, recipients }
  })
  const mails = rows.flatMap(({ token, recipients }) =>
    recipients.map((personId) => ({ companyId, inviteId: token.id, personId })),
  )
  if (mails.length > 0) {
    await enforce(services, { invite_mail_account: userId })
    await enforce(services, { invite_mail_company: companyId }, mails.length)
  }
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await db.insert(invites).values(
      rows.slice(from, from + ROWS_AT_ONCE).map(({ token, unitId, recipients }) => ({
        ...token,
        unitId,
        kind: input.kind,
        maxUses: input.maxUses === null ? null : Math.max(input.maxUses, recipients.length),
        expiresAt: sql`now() + ${input.ttlDays ?? settings['invites.ttlDays'].value} * interval '1 day'`,
        createdBy: userId,
        mailedAt: recipients.length > 0 ? now() : null,
      })),
    )
  const most = settings['invites.maxActivePerUnit'].value
  if (most !== null) {
    const unitIds = rows.map(({ unitId }) => unitId)
    await endOrphans(ctx, unitIds, most - 1)
  }
  await emitEach(ctx, 'invites.mail_requested', mails)
  services.metrics.invitesCreated.inc(rows.length)
  return { created: rows.length, mailed: mails.length }
}

/** Invites of units in the caller's care, held with their units as whoever makes one holds them. */
const holdInvites = async ({ db, actor }: Ctx, ids: readonly string[]) => {
  const wanted = and(isOneOf(invites.id, ids), inCare(actor))
  const places = await db
    .select({ id: units.id, complexId: units.complexId })
    .from(units)
    .where(inArray(units.id, db.select({ id: invites.unitId }).from(invites).where(wanted)))
    .orderBy(units.id)
    .for('no key update')
  const held = await db.select({ id: invites.id }).from(invites).where(wanted).orderBy(invites.id).for('no key update')
  if (held.length < ids.length) throw new DomainError('not_found', 'property.invite_not_found')
  return places
}

/** How many more invites of staff may be active in each unit. */
const roomIn = async (db: CompanyDb, places: readonly { id: string; complexId: string }[]) => {
  const most = new Map<string, number>()
  for (const complexId of new Set(places.map((place) => place.complexId)))
    most.set(complexId, (await readSettings(db, complexId))['invites.maxActivePerUnit'].value ?? Infinity)
  const unitIds = places.map(({ id }) => id)
  const active = await db
    .select({ unitId: invites.unitId, count: count() })
    .from(invites)
    .where(and(isOneOf(invites.unitId, unitIds), isForTheUnit))
    .groupBy(invites.unitId)
  const taken = new Map(active.map((row) => [row.unitId, row.count]))
  return new Map(places.map(({ id, complexId }) => [id, (most.get(complexId) ?? 0) - (taken.get(id) ?? 0)]))
}

/**
 * Makes orphaned invites of staff the caller's own, so that links and printed slips go on: the newest of each unit, as
 * many as may be active there. Others stay as they are.
 *
 * @throws not_found property.invite_not_found
 */
export const adoptInvites = async (ctx: Ctx, { items }: z.output<typeof adoptInvitesInput>) => {
  const { db } = ctx
  const { userId } = creatorOf(ctx)
  const ids = items.map(({ id }) => id)
  const room = await roomIn(db, await holdInvites(ctx, ids))
  const orphans = await db
    .select({ id: invites.id, unitId: invites.unitId })
    .from(invites)
    .where(and(isOneOf(invites.id, ids), isAdoptable))
    .orderBy(desc(invites.id))
  const chosen = orphans.filter(({ unitId }) => {
    const left = room.get(unitId) ?? 0
    room.set(unitId, left - 1)
    return left > 0
  })
  const chosenIds = chosen.map(({ id }) => id)
  if (chosen.length > 0) await db.update(invites).set({ createdBy: userId }).where(isOneOf(invites.id, chosenIds))
  return { adopted: chosen.length, withoutRoom: orphans.length - chosen.length }
}

type Sheet = z.input<typeof inviteSheet>

/** The newest active invite for anybody. */
const printable = sql`lateral (
  select ${invites.id} as id, ${invites.nonce} as nonce, ${invites.keyId} as key_id, ${invites.kind} as kind,
    ${invites.maxUses} as max_uses, ${invites.expiresAt} as expires_at
  from ${invites}
  where ${invites.unitId} = ${units.id} and ${invites.personId} is null and ${isForTheUnit}
  order by ${invites.id} desc limit 1) printed`

const placeOf = async ({ db, actor }: Ctx, { buildingId, entranceId }: z.output<typeof inviteSheetInput>) => {
  const [place] = await db
    .select({
      company: companies.name,
      complex: complexes.name,
      city: complexes.city,
      complexAddress: complexes.address,
      timezone: complexes.timezone,
      building: buildings.name,
      buildingAddress: buildings.address,
    })
    .from(buildings)
    .innerJoin(complexes, eq(complexes.id, buildings.complexId))
    .innerJoin(companies, eq(companies.id, buildings.companyId))
    .where(
      and(eq(buildings.id, buildingId), isNull(buildings.deletedAt), within(editScope(actor), buildings.complexId)),
    )
  if (!place) throw new DomainError('not_found', 'property.building_not_found')
  if (entranceId) {
    const ofBuilding = and(eq(entrances.id, entranceId), eq(entrances.buildingId, buildingId))
    const [entrance] = await db
      .select({ id: entrances.id })
      .from(entrances)
      .where(and(ofBuilding, isNull(entrances.deletedAt)))
    if (!entrance) throw new DomainError('not_found', 'property.entrance_not_found')
  }
  return place
}

/**
 * What is printed for a building or one entrance of it, a slip for each unit, in the order of doors.
 *
 * @throws not_found property.building_not_found, property.entrance_not_found
 */
export const readSheet = async (ctx: Ctx, input: z.output<typeof inviteSheetInput>): Promise<Sheet> => {
  const { db, services } = ctx
  const { company, complex, timezone, building, ...address } = await placeOf(ctx, input)
  const rows = await db
    .select({
      unit: units.number,
      type: units.type,
      floor: units.floor,
      entrance: entrances.number,
      isConnected,
      id: sql<string | null>`printed.id`,
      nonce: sql<string>`printed.nonce`,
      keyId: sql<string>`printed.key_id`,
      kind: sql<Sheet['slips'][number]['kind']>`printed.kind`,
      maxUses: sql<number | null>`printed.max_uses`,
      expiresAt: sql<string>`printed.expires_at`,
    })
    .from(units)
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .leftJoin(entrances, eq(entrances.id, units.entranceId))
    .leftJoin(printable, sql`true`)
    .where(
      and(
        eq(units.buildingId, input.buildingId),
        input.entranceId ? eq(units.entranceId, input.entranceId) : undefined,
        isNull(units.deletedAt),
      ),
    )
    .orderBy(sql`${entrances.numberSort} asc nulls last`, asc(units.numberSort), asc(units.id))
  const slips = rows.flatMap(({ id, nonce, keyId, unit, entrance, floor, kind, maxUses, expiresAt }) => {
    const path = id === null ? null : pathOf(services, { id, nonce, keyId })
    if (id === null || path === null) return []
    return { inviteId: id, unit, entrance, floor, kind, maxUses, expiresAt: new Date(expiresAt).toISOString(), path }
  })
  const isHome = (type: string) => type !== 'parking' && type !== 'storage'
  return {
    company,
    complex,
    address: addressOf(address),
    building,
    timezone,
    slips,
    without: rows.filter((row) => row.id === null && !row.isConnected && isHome(row.type)).map((row) => row.unit),
  }
}
