import { eq, sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { mergePeopleInput } from '@servai/contract/people'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { requireVersion } from '../conflict/service.ts'
import { holdUnitsOf, requireRoomForAll } from '../occupancy/service.ts'
import { fieldsSent, requireRight } from '../policy.ts'
import { getPerson, lockPerson } from '../people/service.ts'

/**
 * Makes one record of two of the same person: `source` gives its homes, past and removed ones too, its invites and its
 * account, and is removed.
 *
 * @throws invalid property.same_person, not_found property.person_not_found, forbidden auth.forbidden where a home of
 *   either lies out of the caller's reach, conflict property.version_conflict, property.two_accounts,
 *   property.residency_overlaps where both live in one unit at a time
 */
export const mergePeople = async (ctx: Ctx, input: z.output<typeof mergePeopleInput>) => {
  const { id, version, source: given, firstName, lastName, email, phone, note } = input
  if (given.id === id) throw new DomainError('invalid', 'property.same_person')
  const { db, now, actor, services } = ctx
  const homes = await holdUnitsOf(ctx, eq(residencies.personId, given.id))
  const isFirst = id < given.id
  const one = await lockPerson(ctx, isFirst ? id : given.id)
  const other = await lockPerson(ctx, isFirst ? given.id : id)
  const [target, source] = isFirst ? [one, other] : [other, one]
  requireRight(source.mayRemove && target.mayRemove)
  await requireVersion(ctx, target, version, () => getPerson(ctx, { id }))
  await requireVersion(ctx, source, given.version, () => getPerson(ctx, { id: given.id }))
  if (target.userId && source.userId) throw new DomainError('conflict', 'property.two_accounts')
  await db
    .update(people)
    .set({ deletedAt: now(), deletedBy: actor.userId, userId: null })
    .where(eq(people.id, source.id))
  const changes = fieldsSent({ firstName, lastName, email, phone, note, userId: source.userId ?? undefined })
  if (changes) await db.update(people).set(changes).where(eq(people.id, id))
  for (const table of ['residencies', 'invites'])
    await db.execute(sql`update ${sql.identifier(table)} set person_id = ${id} where person_id = ${source.id}`)
  await requireRoomForAll(ctx, homes)
  for (const account of [target.userId, source.userId]) if (account) await services.principals.suspend(account)
  return getPerson(ctx, { id })
}
