import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../../context.ts'
import { activeInvite, requireNoChildren } from '../policy.ts'

/** What hangs on what, by the column that says so. */
const HANGS_ON = {
  complexes: { buildings: 'complex_id', settings: 'complex_id', claims: 'complex_id' },
  buildings: { entrances: 'building_id', units: 'building_id' },
  entrances: { units: 'entrance_id' },
  units: { residencies: 'unit_id', invites: 'unit_id' },
  people: { residencies: 'person_id', invites: 'person_id' },
} as const

export type Removable = keyof typeof HANGS_ON
type Table = Removable | 'settings' | 'claims' | 'residencies' | 'invites'

const among = (column: string, ids: readonly string[]) =>
  sql`${sql.raw(column)} = any (string_to_array(${ids.join(',')}, ',')::uuid[])`
const table = (name: Table) => sql.identifier(name)

/**
 * Removes rows, which the caller has locked, with everything that hangs on them, in one statement for each kind of row.
 * What is over, such as past residencies, goes along unasked; what still matters only with `cascade`.
 *
 * @throws conflict property.has_children with how many of each
 */
export const removeRows = async (ctx: Ctx, root: Removable, ids: readonly string[], cascade: boolean) => {
  await allowTime(ctx)
  if (!cascade) requireNoChildren(await countBelow(ctx, root, ids))
  await ctx.db.execute(sql`
    update ${table(root)} set deleted_at = ${at(ctx)}, deleted_by = ${ctx.actor.userId} where ${among('id', ids)}`)
  const residencies = await sweepBelow(ctx, root, ids)
  await suspendAccounts(ctx, root, ids, residencies)
}

/** A complex of twenty thousand homes takes longer than any other statement may; a request has 30 s. */
const allowTime = ({ db }: Ctx) => db.execute(sql`set local statement_timeout = '25s'`)

const at = ({ now }: Ctx) => sql`${now().toISOString()}::timestamptz`

const returned = async (ctx: Ctx, statement: SQL) => {
  const rows = await ctx.db.execute<{ id: string }>(statement)
  return [...rows].map(({ id }) => id)
}

/**
 * From the top: each statement waits for whoever is about to hang something on its rows, and the next one sees that.
 * Answers the ids of the residencies.
 */
const sweepBelow = async (ctx: Ctx, parent: Table, ids: readonly string[]): Promise<string[]> => {
  if (parent === 'residencies') return [...ids]
  if (ids.length === 0 || !(parent in HANGS_ON)) return []
  const residencies: string[] = []
  for (const [child, column] of Object.entries(HANGS_ON[parent as Removable])) {
    const swept = await returned(
      ctx,
      sql`update ${table(child as Table)} c
          set deleted_at = ${at(ctx)}, deleted_by = ${ctx.actor.userId}, deleted_with = coalesce(p.deleted_with, p.id)
          from ${table(parent)} p
          where p.id = c.${sql.identifier(column)} and ${among(`c.${column}`, ids)} and c.deleted_at is null
          returning c.id`,
    )
    residencies.push(...(await sweepBelow(ctx, child as Table, swept)))
  }
  return residencies
}

/** The order in which rows come back: each finds what it hangs on. */
const BROUGHT_BACK = {
  complexes: ['buildings', 'entrances', 'units', 'settings', 'claims'],
  buildings: ['entrances', 'units'],
  entrances: ['units'],
  units: [],
  people: [],
} as const satisfies Record<Removable, readonly Table[]>

/**
 * Brings rows back with exactly what went with them. A residency or an invite of which the other end, the person or the
 * unit, has been removed in the meantime from now on waits for that.
 */
export const restoreRows = async (ctx: Ctx, root: Removable, ids: readonly string[]) => {
  await allowTime(ctx)
  const back = sql`deleted_at = null, deleted_by = null, deleted_with = null`
  await ctx.db.execute(sql`update ${table(root)} set ${back} where ${among('id', ids)} and deleted_at is not null`)
  for (const child of BROUGHT_BACK[root])
    await ctx.db.execute(sql`update ${table(child)} set ${back} where ${among('deleted_with', ids)}`)
  const residencies = await restoreLinks(ctx, 'residencies', ids)
  await restoreLinks(ctx, 'invites', ids)
  await suspendAccounts(ctx, root, ids, residencies)
  return residencies
}

const restoreLinks = (ctx: Ctx, links: 'residencies' | 'invites', roots: readonly string[]) =>
  returned(
    ctx,
    sql`update ${table(links)} c
        set deleted_at = case when w.root is not null then c.deleted_at end,
          deleted_by = case when w.root is not null then c.deleted_by end, deleted_with = w.root
        from (
          select l.id, case when u.deleted_at is not null then coalesce(u.deleted_with, u.id)
                            when p.deleted_at is not null then coalesce(p.deleted_with, p.id) end as root
          from ${table(links)} l join units u on u.id = l.unit_id left join people p on p.id = l.person_id
          where ${among('l.deleted_with', roots)}
        ) w
        where w.id = c.id
        returning c.id`,
  )

const UNITS_BELOW = {
  complexes: 'u.complex_id',
  buildings: 'u.building_id',
  entrances: 'u.entrance_id',
  units: 'u.id',
} as const

type Counts = Record<string, number>

/** How much of what still matters hangs on these rows: residencies that hold or will, invites that can be accepted. */
const countBelow = async ({ db }: Ctx, root: Removable, ids: readonly string[]): Promise<Counts> => {
  const below = (child: Table, column: string) =>
    sql`(select count(*)::int from ${table(child)} where ${among(column, ids)} and deleted_at is null) as ${table(child)}`
  const homes = sql`
    select u.id, (now() at time zone c.timezone)::date as today from units u join complexes c on c.id = u.complex_id`
  const lasting = sql`r.deleted_at is null and (r.ends_on is null or r.ends_on > h.today)`
  if (root === 'people') {
    const rows = await db.execute<Counts>(sql`
      select (select count(*)::int from residencies r join lateral (${homes} where u.id = r.unit_id) h on true
              where ${among('r.person_id', ids)} and ${lasting}) as residencies,
             (select count(*)::int from invites i where ${among('i.person_id', ids)} and ${activeInvite}) as invites`)
    return { ...rows[0] }
  }
  const shown: SQL[] = []
  if (root === 'complexes') {
    shown.push(below('buildings', 'complex_id'))
    shown.push(sql`(select count(*)::int from claims
      where ${among('complex_id', ids)} and status = 'pending' and deleted_at is null) as claims`)
  }
  if (root === 'complexes' || root === 'buildings')
    shown.push(below('entrances', root === 'complexes' ? 'complex_id' : 'building_id'))
  if (root !== 'units') shown.push(sql`(select count(*)::int from homes) as units`)
  const rows = await db.execute<Counts>(sql`
    with homes as materialized (${homes} where ${among(UNITS_BELOW[root], ids)} and u.deleted_at is null)
    select ${sql.join([...shown, sql``], sql`, `)}
      (select count(*)::int from homes h join residencies r on r.unit_id = h.id where ${lasting}) as residencies,
      (select count(*)::int from homes h join invites i on i.unit_id = h.id where ${activeInvite}) as invites`)
  return { ...rows[0] }
}

/** Whose rights change: those who live or lived there, and the staff of a complex, whose grants count while it stands. */
const suspendAccounts = async (
  { db, services }: Ctx,
  root: Removable,
  ids: readonly string[],
  residencies: readonly string[],
) => {
  const rows = await db.execute<{ id: string }>(sql`
    select p.user_id as id from people p join residencies r on r.person_id = p.id
    where ${among('r.id', residencies)} and p.user_id is not null
    ${root === 'people' ? sql`union select user_id from people where ${among('id', ids)} and user_id is not null` : sql``}
    ${root === 'complexes' ? sql`union select user_id from role_grants where ${among('complex_id', ids)}` : sql``}`)
  await Promise.all([...new Set([...rows].map(({ id }) => id))].map((id) => services.principals.suspend(id)))
}
