import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { StaffRole } from '@servai/contract/roles'
import type { Explanation, explainInput } from '@servai/contract/staff'
import { loadRights, type Rights } from '@servai/db/principal'
import { auditLog } from '@servai/db/schema/audit'
import { buildings } from '@servai/db/schema/buildings'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { staffProfiles } from '@servai/db/schema/staff'
import { units } from '@servai/db/schema/units'
import { users } from '@servai/db/schema/users'
import { capacitiesOf, rolesOf, staffOf, type Actor } from '../../actor.ts'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { readAuthors } from '../../property/actors/service.ts'
import { getComplex } from '../../property/complexes/service.ts'
import { getPerson } from '../../property/people/service.ts'
import { getUnit } from '../../property/units/service.ts'
import { staffScope, visibleMember } from '../policy.ts'
import { actionsOn, type Subject } from './policy.ts'

type Input = z.output<typeof explainInput>
type ExplainCtx = Ctx & { actor: Actor & { companyId: string } }
type Who = Explanation['who']

/** How far back reasons that no longer hold are told. */
const PAST_LISTED = 20

/**
 * Why somebody can see a company, a complex or a unit, or why not, and what they may do there.
 *
 * @throws not_found property.person_not_found, property.company_not_found, property.complex_not_found,
 *   property.unit_not_found, staff.member_not_found
 */
export const explainAccess = async (ctx: ExplainCtx, input: Input): Promise<Explanation> => {
  const subject = await readSubject(ctx, input)
  const { userId, personIds, ...known } = await readWho(ctx, input)
  const rights = userId ? await loadRights(ctx.services.database, userId) : null
  const who = { ...known, userId, account: accountOf(rights) }
  const actors = who.account === 'active' && rights ? actorsOf(rights, ctx.actor.companyId) : []
  const isWhole = staffScope(ctx.actor) === 'company'
  /** Who works for the platform as what is not for managers of complexes. */
  const toldOf = ({ actor, roles }: (typeof actors)[number]) => (isWhole || actor.kind !== 'platform' ? roles : [])
  const capacities = await Promise.all(
    actors.map(async (actor) => ({ roles: toldOf(actor), actions: await actionsOn(ctx.db, actor.actor, subject) })),
  )
  const grants = await explainGrants(ctx, userId, subject, who.account === 'active')
  const homes = await explainHomes(ctx, { userId, personIds }, subject, who.account === 'active')
  const platform = actors
    .filter(({ actor }, index) => actor.kind === 'platform' && capacities[index]!.actions.includes('see'))
    .flatMap((actor) => (isWhole ? toldOf(actor) : [null]).map((role) => ({ kind: 'platform' as const, role })))
  return {
    who,
    subject,
    hasAccess: capacities.some(({ actions }) => actions.includes('see')),
    because: [...platform, ...grants.because, ...homes.because],
    notBecause: [...grants.notBecause, ...homes.notBecause],
    rights: capacities.filter(({ actions }) => actions.length > 0),
  }
}

const readSubject = async (ctx: ExplainCtx, { kind, id }: Input): Promise<Subject> => {
  if (kind === 'complex') {
    const { name } = await getComplex(ctx, { id })
    return { kind, id, name, building: null, complex: { id, name } }
  }
  if (kind === 'unit') {
    const { number, complex, building } = await getUnit(ctx, { id })
    return { kind, id, name: number, building: building.name, complex }
  }
  const isWhole = staffScope(ctx.actor) === 'company'
  const [company] = await ctx.db.select({ name: companies.name }).from(companies).where(eq(companies.id, id))
  if (!company || !isWhole) throw new DomainError('not_found', 'property.company_not_found')
  return { kind, id, name: company.name, building: null, complex: null }
}

type Found = Omit<Who, 'account'> & { personIds: string[] }

const readWho = async (ctx: ExplainCtx, { userId, personId }: Input): Promise<Found> => {
  if (personId) {
    const { firstName, lastName } = await getPerson(ctx, { id: personId })
    const [person] = await ctx.db.select({ userId: people.userId }).from(people).where(eq(people.id, personId))
    return { userId: person?.userId ?? null, personId, name: `${firstName} ${lastName}`, personIds: [personId] }
  }
  const [member] = await ctx.db
    .select({ firstName: users.firstName, lastName: users.lastName })
    .from(staffProfiles)
    .innerJoin(users, eq(users.id, staffProfiles.userId))
    .where(and(eq(staffProfiles.userId, userId!), visibleMember(ctx.actor)))
  if (!member) throw new DomainError('not_found', 'staff.member_not_found')
  const persons = await ctx.db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.userId, userId!), isNull(people.deletedAt)))
  const personIds = persons.map(({ id }) => id)
  return { userId: userId!, personId: personIds[0] ?? null, name: `${member.firstName} ${member.lastName}`, personIds }
}

const accountOf = (rights: Rights | null): Who['account'] => {
  if (!rights) return 'none'
  if (!rights.active) return 'disabled'
  return rights.emailVerified ? 'active' : 'unproven'
}

/** Every capacity in which the account can act on this company, each with its roles. */
const actorsOf = (rights: Rights, companyId: string) =>
  capacitiesOf(rights)
    .filter((actor) => actor.kind === 'platform' || actor.companyId === companyId)
    .map((actor) => ({ roles: rolesOf(actor), actor: { ...actor, companyId } as Actor }))

const isAbout = ({ kind, complex }: Subject, complexId: string | null) =>
  kind === 'company' || complexId === null || complexId === complex?.id

const explainGrants = async (ctx: ExplainCtx, userId: string | null, subject: Subject, isActive: boolean) => {
  const because: Explanation['because'] = []
  const notBecause: Explanation['notBecause'] = []
  if (!userId) return { because, notBecause }
  const { db, actor } = ctx
  const rows = await db
    .select({
      // The platform's roles belong to no company, so row-level security shows none of them.
      role: sql<StaffRole>`${roleGrants.role}`,
      companyId: roleGrants.companyId,
      complexId: roleGrants.complexId,
      complexName: complexes.name,
      grantedBy: roleGrants.grantedBy,
      since: roleGrants.createdAt,
      expiresAt: roleGrants.expiresAt,
      isExpired: sql<boolean>`coalesce(${roleGrants.expiresAt} <= now(), false)`,
    })
    .from(roleGrants)
    .leftJoin(complexes, eq(complexes.id, roleGrants.complexId))
    .where(and(eq(roleGrants.userId, userId), isNull(complexes.deletedAt)))
    .orderBy(roleGrants.createdAt)
  const revoked = await db
    .select({ at: auditLog.at, actorId: auditLog.actorId, after: auditLog.after })
    .from(auditLog)
    .where(and(eq(auditLog.entityId, userId), eq(auditLog.action, 'staff.grant_revoke')))
    .orderBy(desc(auditLog.id))
    .limit(PAST_LISTED)
  const authorOf = await readAuthors(db, [...rows.map((row) => row.grantedBy), ...revoked.map((row) => row.actorId)])
  const by = (accountId: string | null) => {
    const { name } = authorOf(accountId)
    return name === null ? null : { name }
  }

  for (const { role, companyId, complexId, complexName, grantedBy, since, expiresAt, isExpired } of rows) {
    const complex = complexId === null ? null : { id: complexId, name: complexName! }
    if (isExpired) {
      if (isAbout(subject, complexId))
        notBecause.push({ kind: 'grant_expired', role, complex, at: expiresAt!.toISOString(), by: by(grantedBy) })
      continue
    }
    // Each grant alone, before the same policies: those that open the door by themselves are the reasons.
    const alone = staffOf({ userId, grants: [{ role, companyId, complexId }] }, actor.companyId)
    if (!isActive || !alone || !(await actionsOn(db, alone, subject)).includes('see')) continue
    because.push({
      kind: 'grant',
      role,
      complex,
      since: since.toISOString(),
      by: by(grantedBy),
      expiresAt: expiresAt && expiresAt.toISOString(),
    })
  }

  // Written by `revokeGrant`, nowhere else.
  const past = revoked.map(({ after, ...row }) => ({
    ...row,
    ...(after as { role: StaffRole; complexId: string | null }),
  }))
  const named = await namesOf(
    ctx,
    past.flatMap(({ complexId }) => complexId ?? []),
  )
  for (const { at, actorId, role, complexId } of past) {
    const isHeldAgain = rows.some((row) => row.role === role && row.complexId === complexId && !row.isExpired)
    if (isHeldAgain || !isAbout(subject, complexId)) continue
    const complex = named.find(({ id }) => id === complexId) ?? null
    if (complexId === null || complex)
      notBecause.push({ kind: 'grant_revoked', role, complex, at: at.toISOString(), by: by(actorId) })
  }
  return { because, notBecause }
}

const namesOf = ({ db }: ExplainCtx, ids: string[]) =>
  db
    .select({ id: complexes.id, name: complexes.name })
    .from(complexes)
    .where(and(inArray(complexes.id, ids), isNull(complexes.deletedAt)))

const explainHomes = async (
  ctx: ExplainCtx,
  { userId, personIds }: Pick<Found, 'userId' | 'personIds'>,
  subject: Subject,
  isActive: boolean,
) => {
  const because: Explanation['because'] = []
  const notBecause: Explanation['notBecause'] = []
  if (personIds.length === 0) return { because, notBecause }
  const today = sql`(now() at time zone ${complexes.timezone})::date`
  const rows = await ctx.db
    .select({
      id: residencies.id,
      residency: residencies.kind,
      unit: { id: units.id, number: units.number, building: buildings.name },
      startsOn: residencies.startsOn,
      endsOn: residencies.endsOn,
      deletedAt: residencies.deletedAt,
      deletedBy: residencies.deletedBy,
      hasBegun: sql<boolean>`${residencies.startsOn} <= ${today}`,
      hasEnded: sql<boolean>`coalesce(${residencies.endsOn} <= ${today}, false)`,
    })
    .from(residencies)
    .innerJoin(units, eq(units.id, residencies.unitId))
    .innerJoin(buildings, eq(buildings.id, units.buildingId))
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .where(
      and(
        inArray(residencies.personId, personIds),
        isNull(units.deletedAt),
        isNull(complexes.deletedAt),
        subject.kind === 'unit' ? eq(units.id, subject.id) : undefined,
        subject.kind === 'complex' ? eq(complexes.id, subject.id) : undefined,
      ),
    )
    .orderBy(desc(residencies.startsOn))
    .limit(PAST_LISTED)
  const created = await ctx.db
    .select({ entityId: auditLog.entityId, actorId: auditLog.actorId })
    .from(auditLog)
    .where(
      and(
        inArray(
          auditLog.entityId,
          rows.map(({ id }) => id),
        ),
        eq(auditLog.action, 'residencies.create'),
      ),
    )
  const authorOf = await readAuthors(ctx.db, [
    ...created.map((row) => row.actorId),
    ...rows.map((row) => row.deletedBy),
  ])
  const by = (accountId: string | null) => {
    const { name } = authorOf(accountId)
    return name === null ? null : { name }
  }

  const resident = { kind: 'resident' as const, companyId: ctx.actor.companyId }
  for (const { id, residency, unit, startsOn, endsOn, deletedAt, deletedBy, hasBegun, hasEnded } of rows) {
    const creator = created.find(({ entityId }) => entityId === id)?.actorId ?? null
    const of = { unit, residency }
    if (deletedAt)
      notBecause.push({ kind: 'residency_removed', ...of, on: deletedAt.toISOString().slice(0, 10), by: by(deletedBy) })
    else if (hasEnded) notBecause.push({ kind: 'residency_ended', ...of, on: endsOn!, by: by(creator) })
    else if (!hasBegun) notBecause.push({ kind: 'residency_not_begun', ...of, on: startsOn, by: by(creator) })
    else if (
      userId &&
      isActive &&
      (await actionsOn(ctx.db, { ...resident, userId, unitIds: [unit.id] }, subject)).includes('see')
    )
      because.push({ kind: 'residency', ...of, since: startsOn, by: by(creator), until: endsOn })
  }
  return { because, notBecause }
}
