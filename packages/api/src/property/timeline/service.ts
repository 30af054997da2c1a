import { sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import { TIMELINE_SUBJECTS, type listTimelineInput } from '@servai/contract/timeline'
import { buildings } from '@servai/db/schema/buildings'
import { complexes } from '@servai/db/schema/complexes'
import { units } from '@servai/db/schema/units'
import type { Ctx } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { readAuthors } from '../actors/service.ts'
import { getPerson } from '../people/service.ts'
import { requireRight } from '../policy.ts'
import { presentEntries, type AuditRow } from '../timeline-entries/service.ts'
import { inOwnComplexes, requireReader, visibleTo, type Placed } from './policy.ts'

type Input = z.output<typeof listTimelineInput>

/**
 * Who did what when, the newest first: to the row itself and to what makes up its page. An entry of which nothing may be
 * shown is left out, so a page may be shorter than asked for.
 *
 * @throws not_found property.<entity>_not_found, forbidden auth.forbidden for whoever may not edit it
 */
export const listTimeline = async (ctx: Ctx, input: Input) => {
  const { entity, id, limit } = input
  await requireEntity(ctx, input)
  const before = positionOf(input.cursor)
  const rows = [
    ...(await ctx.db.execute<AuditRow>(sql`
      select a.id::float8 as id, a.at, a.actor_id as "actorId", a.action, a.entity, a.entity_id as "entityId", a.before, a.after
      from (${SUBJECTS_OF[entity](ctx, id)}) subject (id)
      cross join lateral (
        select * from audit_log
        where entity_id = subject.id and entity = any (string_to_array(${TIMELINE_SUBJECTS.join(',')}, ',')) and result = 'ok'
          and ${before === null ? sql`true` : sql`audit_log.id < ${before}::bigint`}
        order by audit_log.id desc limit ${limit + 1}
      ) a
      order by a.id desc limit ${limit + 1}`)),
  ]
  const page = rows.slice(0, limit)
  const authorOf = await readAuthors(
    ctx.db,
    page.map(({ actorId }) => actorId),
  )
  const last = rows.length > limit && page.at(-1)
  return {
    items: await presentEntries(ctx.db, page, { entity, authorOf }),
    nextCursor: last ? String(last.id) : null,
  }
}

const positionOf = (cursor: string | undefined) => {
  if (cursor === undefined) return null
  if (/^\d{1,15}$/.test(cursor)) return cursor
  throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })
}

const requireEntity = async (ctx: Ctx, { entity, id }: Pick<Input, 'entity' | 'id'>) => {
  if (entity === 'person') {
    const { allowed } = await getPerson(ctx, { id })
    return requireRight(allowed.length > 0)
  }
  const complexId = await complexOf(ctx, entity, id)
  if (complexId === undefined) throw new DomainError('not_found', `property.${entity}_not_found`)
  requireReader(ctx.actor, complexId)
}

const PLACES = {
  complex: { table: complexes, complexId: complexes.id },
  building: { table: buildings, complexId: buildings.complexId },
  unit: { table: units, complexId: units.complexId },
} as const

const complexOf = async ({ db, actor }: Ctx, entity: Placed, id: string) => {
  const { table, complexId } = PLACES[entity]
  const [row] = await db
    .select({ complexId })
    .from(table)
    .where(visibleTo(actor, entity, id))
  return row?.complexId
}

/** Ids of the rows whose changes make up a timeline, removed ones too. */
const SUBJECTS_OF: Record<Input['entity'], (ctx: Ctx, id: string) => SQL> = {
  complex: (_ctx, id) => sql`select ${id}::uuid union all select id from settings where complex_id = ${id}`,
  building: (_ctx, id) => sql`select ${id}::uuid union all select id from entrances where building_id = ${id}`,
  unit: (_ctx, id) => sql`select ${id}::uuid
    union all select id from residencies where unit_id = ${id} union all select id from invites where unit_id = ${id}`,
  person: ({ actor }, id) => {
    const own = inOwnComplexes(actor) ?? sql`true`
    const linked = (table: SQL) =>
      sql`select l.id from ${table} l join ${units} on ${units.id} = l.unit_id where l.person_id = ${id} and ${own}`
    return sql`select ${id}::uuid union all ${linked(sql`residencies`)} union all ${linked(sql`invites`)}`
  },
}
