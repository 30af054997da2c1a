import { and, eq, isNull, or, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { localeOf, type Locale } from '@servai/contract/locales'
import type { erasePersonInput } from '@servai/contract/people'
import { claims } from '@servai/db/schema/claims'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { invites } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import { audit } from '../../audit.ts'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { requireVersion } from '../conflict/service.ts'
import { getPerson, lockPerson } from '../people/service.ts'
import { requireRight } from '../policy.ts'

/** What stands in place of the name, in the company's language. */
const ERASED: Record<Locale, readonly [firstName: string, lastName: string]> = {
  en: ['Former', 'resident'],
  ru: ['Бывший', 'житель'],
  bg: ['Бивш', 'обитател'],
}

const requireNoHome = async ({ db }: Ctx, personId: string) => {
  const today = sql`(now() at time zone ${complexes.timezone})::date`
  const [home] = await db
    .select({ id: residencies.id })
    .from(residencies)
    .innerJoin(units, eq(units.id, residencies.unitId))
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .where(
      and(
        eq(residencies.personId, personId),
        // What was removed with the person comes back with it.
        or(isNull(residencies.deletedAt), eq(residencies.deletedWith, personId)),
        or(isNull(residencies.endsOn), sql`${residencies.endsOn} > ${today}`),
      ),
    )
    .limit(1)
  if (home) throw new DomainError('conflict', 'property.person_has_home')
}

/**
 * For good, of somebody who has no home here any more: name, contacts, note and account go, past homes stay.
 *
 * @throws not_found property.person_not_found, forbidden auth.forbidden where a home lies out of the caller's reach,
 *   conflict property.version_conflict, property.person_has_home
 */
export const erasePerson = async (ctx: Ctx, { id, version }: z.output<typeof erasePersonInput>) => {
  const { db, actor, now, services } = ctx
  const row = await lockPerson(ctx, id, 'removed')
  requireRight(row.mayRemove)
  await requireVersion(ctx, row, version, () => getPerson(ctx, { id }))
  await requireNoHome(ctx, id)
  const [company] = await db
    .select({ locale: companies.locale })
    .from(companies)
    .where(eq(companies.id, actor.companyId ?? ''))
  const [firstName, lastName] = ERASED[localeOf(company?.locale)]
  await db
    .update(people)
    .set({ firstName, lastName, email: null, phone: null, note: '', userId: null })
    .where(eq(people.id, id))
  await db
    .update(claims)
    .set({ firstName, lastName, email: '', phone: null, message: '' })
    .where(sql`${claims.residencyId} in (select r.id from residencies r where r.person_id = ${id})`)
  await db
    .update(invites)
    .set({ revokedAt: now(), revokedBy: actor.userId })
    .where(and(eq(invites.personId, id), isNull(invites.revokedAt)))
  const { companyId, userId: actorId } = actor
  await audit(ctx, { action: 'property.person_erase', companyId, actorId, entity: 'people', entityId: id })
  if (row.userId) await services.principals.suspend(row.userId)
  return getPerson(ctx, { id })
}
