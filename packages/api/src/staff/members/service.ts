import { and, asc, eq, inArray, isNull, not, or, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import type { StaffRole } from '@servai/contract/roles'
import type { Grant, listMembersInput, Member, updateMemberInput } from '@servai/contract/staff'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { staffProfiles } from '@servai/db/schema/staff'
import { users } from '@servai/db/schema/users'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { contains, isOneOf } from '../../keyset.ts'
import { decodeCursor, toPage } from '../../page.ts'
import { readAuthors } from '../../property/actors/service.ts'
import { requireVersion } from '../../property/conflict/service.ts'
import { holdsNow, inStaffScope, lastingDirectors, mayGrant, memberHolds, visibleMember } from '../policy.ts'
import { allowedActions, mayUpdate } from './policy.ts'

/** As text, so that a cursor gives it back to the last digit. */
const KEYS = {
  name: { by: sql`lower(${users.lastName} || ' ' || ${users.firstName})`, type: sql`text` },
  since: { by: sql`${staffProfiles.createdAt}`, type: sql`timestamptz` },
} as const

const selectMembers = (db: CompanyDb, key: SQL) =>
  db
    .select({
      id: staffProfiles.id,
      version: staffProfiles.version,
      userId: users.id,
      firstName: users.firstName,
      lastName: users.lastName,
      email: users.email,
      title: staffProfiles.title,
      phone: staffProfiles.phone,
      specialisations: staffProfiles.specialisations,
      createdAt: staffProfiles.createdAt,
      updatedAt: staffProfiles.updatedAt,
      key: sql<string>`${key}::text`,
    })
    .from(staffProfiles)
    .innerJoin(users, eq(users.id, staffProfiles.userId))

type Row = Awaited<ReturnType<typeof selectMembers>>[number]

const present = async (ctx: Ctx, rows: Row[]): Promise<Member[]> => {
  const grants = await readGrants(
    ctx,
    rows.map(({ userId }) => userId),
  )
  return rows.map(({ key: _key, createdAt, updatedAt: _updatedAt, ...shown }) => {
    const held = grants.get(shown.userId) ?? []
    return {
      ...shown,
      isYou: shown.userId === ctx.actor.userId,
      since: createdAt.toISOString(),
      grants: held,
      allowed: allowedActions(ctx.actor, { userId: shown.userId, grants: held }),
    }
  })
}

/** @param among accounts that alone are looked at; everybody's where it is left out */
export const listMembers = async (ctx: Ctx, input: z.output<typeof listMembersInput>, among?: readonly string[]) => {
  const { actor, db } = ctx
  const { by, type } = KEYS[input.sort]
  const order = sql.raw(input.order)
  const start = decodeCursor(input.cursor)
  const beyond = input.order === 'asc' ? sql`>` : sql`<`
  const works = memberHolds(actor, holdsNow)
  const rows = await selectMembers(db, by)
    .where(
      and(
        among && isOneOf(staffProfiles.userId, among),
        visibleMember(actor),
        input.state === 'current' ? works : not(works),
        input.role ? memberHolds(actor, and(holdsNow, eq(roleGrants.role, input.role))) : undefined,
        input.complexId
          ? memberHolds(
              actor,
              and(holdsNow, or(eq(roleGrants.complexId, input.complexId), isNull(roleGrants.complexId))),
            )
          : undefined,
        input.specialisation ? sql`${input.specialisation} = any (${staffProfiles.specialisations})` : undefined,
        input.q
          ? or(
              contains(sql`(${users.firstName} || ' ' || ${users.lastName})`, input.q),
              contains(sql`(${users.lastName} || ' ' || ${users.firstName})`, input.q),
              contains(users.email, input.q),
            )
          : undefined,
        start ? sql`(${by}, ${staffProfiles.id}) ${beyond} (${start.value}::${type}, ${start.id}::uuid)` : undefined,
      ),
    )
    .orderBy(sql`${by} ${order}, ${staffProfiles.id} ${order}`)
    .limit(input.limit + 1)
  const { items, nextCursor } = toPage(rows, input.limit, (row) => row.key)
  return { items: await present(ctx, items), nextCursor }
}

/** @throws not_found staff.member_not_found */
export const getMember = async (ctx: Ctx, { id }: { id: string }): Promise<Member> => {
  const [member] = await present(
    ctx,
    await selectMembers(ctx.db, KEYS.name.by).where(and(eq(staffProfiles.id, id), visibleMember(ctx.actor))),
  )
  if (!member) throw new DomainError('not_found', 'staff.member_not_found')
  return member
}

/** @throws not_found staff.member_not_found, forbidden auth.forbidden, conflict property.version_conflict */
export const updateMember = async (ctx: Ctx, input: z.output<typeof updateMemberInput>): Promise<Member> => {
  const { id, version, title, phone, specialisations } = input
  const [row] = await ctx.db
    .select({ version: staffProfiles.version, updatedAt: staffProfiles.updatedAt })
    .from(staffProfiles)
    .where(and(eq(staffProfiles.id, id), visibleMember(ctx.actor)))
    .for('no key update')
  const seen = await getMember(ctx, { id })
  if (!row) throw new DomainError('not_found', 'staff.member_not_found')
  if (!mayUpdate(ctx.actor, seen)) throw new DomainError('forbidden', 'auth.forbidden')
  await requireVersion(ctx, row, version, async () => ({ ...seen, updatedAt: row.updatedAt.toISOString() }))
  if ([title, phone, specialisations].every((given) => given === undefined)) return seen
  await ctx.db.update(staffProfiles).set({ title, phone, specialisations }).where(eq(staffProfiles.id, id))
  return getMember(ctx, { id })
}

const selectGrants = (db: CompanyDb, where: SQL | undefined) =>
  db
    .select({
      id: roleGrants.id,
      userId: roleGrants.userId,
      role: roleGrants.role,
      complexId: roleGrants.complexId,
      complexName: complexes.name,
      grantedBy: roleGrants.grantedBy,
      expiresAt: roleGrants.expiresAt,
      isExpired: sql<boolean>`coalesce(${roleGrants.expiresAt} <= now(), false)`,
      createdAt: roleGrants.createdAt,
    })
    .from(roleGrants)
    .leftJoin(complexes, eq(complexes.id, roleGrants.complexId))
    .where(and(where, isNull(complexes.deletedAt)))
    .orderBy(asc(roleGrants.createdAt), asc(roleGrants.id))

/** The grants of these accounts that the caller may see, by account; those of removed complexes count for nothing. */
const readGrants = async ({ db, actor }: Ctx, userIds: string[]): Promise<Map<string, Grant[]>> => {
  const grants = new Map<string, Grant[]>(userIds.map((userId) => [userId, []]))
  if (userIds.length === 0) return grants
  const rows = await selectGrants(
    db,
    and(inArray(roleGrants.userId, userIds), inStaffScope(actor, roleGrants.complexId)),
  )
  const authorOf = await readAuthors(
    db,
    rows.map((row) => row.grantedBy),
  )
  const lasting = rows.some(({ role }) => role === 'director') ? await lastingDirectors(db, actor.companyId ?? '') : []
  for (const row of rows) {
    // The platform's roles belong to no company, so row-level security shows none of them.
    const role = row.role as StaffRole
    const isKept = role === 'director' && row.expiresAt === null && lasting.length === 1
    const mayRevoke = mayGrant(actor, role, row.complexId === null ? [] : [row.complexId])
    const { name } = authorOf(row.grantedBy)
    grants.get(row.userId)!.push({
      id: row.id,
      role,
      complex: row.complexId === null ? null : { id: row.complexId, name: row.complexName! },
      since: row.createdAt.toISOString(),
      by: name === null ? null : { name },
      expiresAt: row.expiresAt && row.expiresAt.toISOString(),
      isExpired: row.isExpired,
      allowed: mayRevoke && !isKept ? ['revoke'] : [],
    })
  }
  return grants
}
