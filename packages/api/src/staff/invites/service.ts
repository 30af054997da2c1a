import { and, desc, eq, inArray, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { deriveToken, hashToken, newNonce } from '@servai/auth/one-time-token'
import { emailKeyOf } from '@servai/contract/auth'
import { localeOf } from '@servai/contract/locales'
import type { StaffRole } from '@servai/contract/roles'
import type { createStaffInviteInput, foundersInput, listStaffInvitesInput, StaffInvite } from '@servai/contract/staff'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Specialisation } from '@servai/db/schema/enums'
import { complexes } from '@servai/db/schema/complexes'
import { staffInvites } from '@servai/db/schema/staff'
import type { Actor } from '../../actor.ts'
import type { Ctx, RequestContext, Services } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { emit } from '../../events.ts'
import { contains } from '../../keyset.ts'
import { enforce } from '../../limits.ts'
import { decodeCursor, toPage } from '../../page.ts'
import { readAuthors } from '../../property/actors/service.ts'
import { readPlatformSettings, readSettings } from '../../property/settings/service.ts'
import { holdComplexes } from '../grants/service.ts'
import { requireGrantable } from '../policy.ts'
import { allowedActions, isOpen, visibleTo } from './policy.ts'

export const PURPOSE = 'staff_invite'

const DAY = sql`interval '1 day'`

const selectInvites = (db: CompanyDb, where: SQL | undefined) =>
  db
    .select({
      id: staffInvites.id,
      email: staffInvites.email,
      role: staffInvites.role,
      complexIds: staffInvites.complexIds,
      title: staffInvites.title,
      specialisations: staffInvites.specialisations,
      locale: staffInvites.locale,
      updatedAt: staffInvites.updatedAt,
      createdBy: staffInvites.createdBy,
      expiresAt: staffInvites.expiresAt,
      isExpired: sql<boolean>`${staffInvites.expiresAt} <= now()`,
    })
    .from(staffInvites)
    .where(where)
    .orderBy(desc(staffInvites.id))

type Row = Awaited<ReturnType<typeof selectInvites>>[number]

const present = async ({ db, actor }: Ctx, rows: Row[]): Promise<StaffInvite[]> => {
  const named = await namesOf(db, [...new Set(rows.flatMap((row) => row.complexIds))])
  const authorOf = await readAuthors(
    db,
    rows.map((row) => row.createdBy),
  )
  return rows.map(({ complexIds, updatedAt, createdBy, expiresAt, locale, ...shown }) => {
    const { name } = authorOf(createdBy)
    return {
      ...shown,
      locale: localeOf(locale),
      complexes: named.filter(({ id }) => complexIds.includes(id)),
      sentAt: updatedAt.toISOString(),
      by: name === null ? null : { name },
      expiresAt: expiresAt.toISOString(),
      allowed: allowedActions(actor, { role: shown.role, complexIds }),
    }
  })
}

const namesOf = async (db: CompanyDb, ids: string[]) =>
  ids.length === 0
    ? []
    : db
        .select({ id: complexes.id, name: complexes.name })
        .from(complexes)
        .where(and(inArray(complexes.id, ids), isNull(complexes.deletedAt)))

/** Open invites, the newest first. */
export const listStaffInvites = async (ctx: Ctx, input: z.output<typeof listStaffInvitesInput>) => {
  const start = decodeCursor(input.cursor)
  const rows = await selectInvites(
    ctx.db,
    and(
      visibleTo(ctx.actor),
      input.role ? eq(staffInvites.role, input.role) : undefined,
      input.q ? contains(staffInvites.email, input.q) : undefined,
      start ? lt(staffInvites.id, start.id) : undefined,
    ),
  ).limit(input.limit + 1)
  const { items, nextCursor } = toPage(rows, input.limit, () => null)
  return { items: await present(ctx, items), nextCursor }
}

const senderOf = ({ actor }: Ctx) => ({
  staff_invite: actor.userId ?? '',
  invite_mail_company: actor.companyId ?? '',
})

/**
 * Sends an invite by e-mail; one that has expired gives way to the new one.
 *
 * @throws forbidden staff.above_own_rights, not_found property.complex_not_found, conflict staff.invite_open,
 *   limited request.rate_limited
 */
export const createStaffInvite = async (ctx: Ctx, input: z.output<typeof createStaffInviteInput>) => {
  const { email, role, complexIds, title, specialisations, locale } = input
  await holdComplexes(ctx.db, complexIds)
  requireGrantable(ctx.actor, role, complexIds)
  await enforce(ctx.services, senderOf(ctx))
  await ctx.db
    .update(staffInvites)
    .set({ revokedAt: sql`now()`, revokedBy: ctx.actor.userId })
    .where(
      and(
        isOpen,
        eq(staffInvites.emailKey, emailKeyOf(email)),
        eq(staffInvites.role, role),
        lt(staffInvites.expiresAt, sql`now()`),
      ),
    )
  const days = (await readSettings(ctx.db, null))['staff.inviteTtlDays'].value
  const id = await writeInvite(ctx, { email, role, complexIds, title, specialisations, locale }, days)
  return readInvite(ctx, id)
}

/**
 * A new link in place of the one before, with its whole time to live; from now on it is the caller's invite.
 *
 * @throws not_found staff.invite_not_found, property.complex_not_found, forbidden staff.above_own_rights,
 *   limited request.rate_limited
 */
export const resendStaffInvite = async (ctx: Ctx, { id }: { id: string }) => {
  const { role, complexIds } = await lockInvite(ctx, id)
  requireGrantable(ctx.actor, role, complexIds)
  await enforce(ctx.services, { staff_invite_resend: id, ...senderOf(ctx) })
  const days = (await readSettings(ctx.db, null))['staff.inviteTtlDays'].value
  await ctx.db
    .update(staffInvites)
    .set({ ...seedOf(ctx.services, id), expiresAt: sql`now() + ${days} * ${DAY}`, createdBy: ctx.actor.userId })
    .where(eq(staffInvites.id, id))
  await emit(ctx, 'staff.invited', { inviteId: id })
  return readInvite(ctx, id)
}

/** @throws not_found staff.invite_not_found, forbidden staff.above_own_rights */
export const revokeStaffInvite = async (ctx: Ctx, { id }: { id: string }) => {
  const { role, complexIds } = await lockInvite(ctx, id)
  requireGrantable(ctx.actor, role, complexIds)
  await ctx.db
    .update(staffInvites)
    .set({ revokedAt: sql`now()`, revokedBy: ctx.actor.userId })
    .where(eq(staffInvites.id, id))
  return { ok: true as const }
}

type FoundingCtx = Pick<RequestContext, 'services' | 'requestId'> & { db: SystemDb; actor: Actor }

/** Invites those who will run a company that was just founded, in the transaction that founds it. */
export const inviteFounders = async (
  ctx: FoundingCtx,
  companyId: string,
  { director, accountant }: z.output<typeof foundersInput>,
) => {
  const days = (await readPlatformSettings(ctx.db))['staff.inviteTtlDays'].value
  const none = { companyId, complexIds: [], title: '', specialisations: [] }
  await writeInvite(ctx, { ...none, ...director, role: 'director' }, days)
  if (accountant) await writeInvite(ctx, { ...none, ...accountant, role: 'accountant' }, days)
}

type NewInvite = {
  /** Where the transaction is not bound to it already. */
  companyId?: string
  email: string
  role: StaffRole
  complexIds: string[]
  title: string
  specialisations: Specialisation[]
  locale: string
}
type Writer = Pick<RequestContext, 'services' | 'requestId'> & { db: CompanyDb | SystemDb; actor: Actor }

const writeInvite = async (ctx: Writer, invite: NewInvite, days: number) => {
  const id = uuidv7()
  await ctx.db.insert(staffInvites).values({
    ...invite,
    ...seedOf(ctx.services, id),
    id,
    emailKey: emailKeyOf(invite.email),
    expiresAt: sql`now() + ${days} * ${DAY}`,
    createdBy: ctx.actor.userId,
  })
  await emit(ctx, 'staff.invited', { inviteId: id })
  return id
}

/** A new token of this invite, of which only the hash is stored; the worker makes it again for the message. */
const seedOf = ({ tokenKeys }: Pick<Services, 'tokenKeys'>, id: string) => {
  const [nonce, kid] = [newNonce(), tokenKeys.current.kid]
  return { nonce, keyId: kid, tokenHash: hashToken(deriveToken(tokenKeys, { purpose: PURPOSE, id, nonce, kid })) }
}

const lockInvite = async ({ db, actor }: Ctx, id: string) => {
  const [row] = await db
    .select({ role: staffInvites.role, complexIds: staffInvites.complexIds })
    .from(staffInvites)
    .where(and(eq(staffInvites.id, id), visibleTo(actor)))
    .for('update')
  if (!row) throw new DomainError('not_found', 'staff.invite_not_found')
  return row
}

const readInvite = async (ctx: Ctx, id: string) => {
  const [invite] = await present(ctx, await selectInvites(ctx.db, eq(staffInvites.id, id)))
  return invite!
}
