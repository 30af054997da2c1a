import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { ImportKind } from '@servai/contract/imports'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { buildings } from '@servai/db/schema/buildings'
import { entrances } from '@servai/db/schema/entrances'
import { importRows, imports } from '@servai/db/schema/imports'
import { invites } from '@servai/db/schema/invites'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { DomainError } from '../../errors.ts'
import { requireRoomForAll } from '../occupancy/service.ts'
import { covers, editScope, requireRight } from '../policy.ts'
import { loadImport, type InCompany, type LoadedImport } from './evaluate.ts'
import { accountsOf } from './people-apply.ts'
import { withHomesElsewhere } from './people-diff.ts'
import { inIntervals } from './progress.ts'
import { execute, patiently, planForBulk, rangesOf, type RowRange } from './rows.ts'
import { auditImport, holdRun, type Run } from './run.ts'

const CHUNK = 2_500
const MAX_SHOWN = 10
/** For a range, on a machine that is busy with other things: nobody waits for the answer. */
const STATEMENT_MS = 60_000

const TABLES = { buildings, entrances, units, people, residencies } as const
type Table = keyof typeof TABLES

/** `from` item: the rows of a range that wrote the table, with what they made of it as `a`. */
const appliedIn = (importId: string, table: Table, range: RowRange) => sql`(
    select i.row, d.* from ${importRows} i
    cross join lateral jsonb_to_record(i.applied -> ${sql.raw(`'${table}'`)}) as d(id uuid, version int, created boolean, before jsonb)
    where i.import_id = ${importId}::uuid and i.row between ${range.first} and ${range.last}
      and i.applied ? ${sql.raw(`'${table}'`)}) a`

/** What hangs on a created row and would be orphaned. */
const CHILDREN: Partial<Record<Table, SQL>> = {
  buildings: sql`t.id in (select x.building_id from ${units} x where x.deleted_at is null)
    or t.id in (select x.building_id from ${entrances} x where x.deleted_at is null)`,
  entrances: sql`t.id in (select x.entrance_id from ${units} x where x.entrance_id is not null and x.deleted_at is null)`,
  units: sql`t.id in (select x.unit_id from ${residencies} x where x.deleted_at is null)
    or t.id in (select x.unit_id from ${invites} x where x.deleted_at is null)`,
  people: sql`t.user_id is not null or t.id in (select x.person_id from ${residencies} x where x.deleted_at is null)
    or t.id in (select x.person_id from ${invites} x where x.person_id is not null and x.deleted_at is null)`,
}

/** Back to what a changed row was before. */
const BEFORE: Partial<Record<Table, { columns: SQL; set: SQL }>> = {
  units: {
    columns: sql`entrance_id uuid, type text, unit_type_id uuid, floor int, area_m2 numeric, share_numerator bigint, share_denominator bigint`,
    set: sql`entrance_id = b.entrance_id, type = b.type, unit_type_id = b.unit_type_id, floor = b.floor, area_m2 = b.area_m2,
      share_numerator = b.share_numerator, share_denominator = b.share_denominator`,
  },
  people: {
    columns: sql`first_name text, last_name text, email text, phone text`,
    set: sql`first_name = b.first_name, last_name = b.last_name, email = b.email, phone = b.phone`,
  },
  residencies: {
    columns: sql`kind text, share_numerator bigint, share_denominator bigint, starts_on date, ends_on date`,
    set: sql`kind = b.kind, share_numerator = b.share_numerator, share_denominator = b.share_denominator,
      starts_on = b.starts_on, ends_on = b.ends_on`,
  },
}

type Undoing = { db: CompanyDb; importId: string; actor: Actor; onRange: () => Promise<void> }

/** Holds the rows and tells whose registry row is not any more as the import left it. */
const lockRange = async ({ db, importId }: Undoing, table: Table, range: RowRange) => {
  const rows = await execute<{ row: number; isChanged: boolean }>(
    db,
    sql`select a.row, t.version <> a.version or t.deleted_at is not null as "isChanged"
      from ${appliedIn(importId, table, range)} join ${TABLES[table]} t on t.id = a.id for no key update of t`,
  )
  return rows.filter(({ isChanged }) => isChanged).map(({ row }) => row)
}

const orphaning = async ({ db, importId }: Undoing, table: Table, range: RowRange) => {
  const children = CHILDREN[table]
  if (!children) return []
  const rows = await execute<{ row: number }>(
    db,
    sql`select a.row from ${appliedIn(importId, table, range)} join ${TABLES[table]} t on t.id = a.id
      where a.created and (${children})`,
  )
  return rows.map(({ row }) => row)
}

/** Rows that would give back an address to somebody who has since got a home out of the actor's reach (ADR 0015). */
const readdressing = async ({ db, importId, actor }: Undoing, range: RowRange) => {
  const readdressed = sql`from ${appliedIn(importId, 'people', range)} join ${people} t on t.id = a.id
    where not a.created and t.email is distinct from a.before ->> 'email'`
  const rows = await execute<{ row: number }>(
    db,
    sql`select a.row ${readdressed} and t.id in (${withHomesElsewhere(actor, sql`select a.id ${readdressed}`)})`,
  )
  return rows.map(({ row }) => row)
}

const restoreRange = async ({ db, importId, actor: { userId } }: Undoing, table: Table, range: RowRange) => {
  await db.execute(sql`
    update ${TABLES[table]} t set deleted_at = now(), deleted_by = ${userId}::uuid
    from ${appliedIn(importId, table, range)} where t.id = a.id and a.created`)
  const before = BEFORE[table]
  if (!before) return
  await db.execute(sql`
    update ${TABLES[table]} t set ${before.set}
    from ${appliedIn(importId, table, range)} cross join lateral jsonb_to_record(a.before) as b(${before.columns})
    where t.id = a.id and not a.created`)
}

/** Of which nearly every row of a file has one: a pass over the others takes no time to speak of. */
const OF_EACH_ROW: ReadonlySet<Table> = new Set(['units', 'residencies', 'people'])

const eachRange = async (
  { db, importId, onRange }: Undoing,
  table: Table,
  work: (range: RowRange) => Promise<number[]>,
) => {
  const rows: number[] = []
  for await (const range of rangesOf(db, importId, CHUNK, sql`i.applied is not null`)) {
    rows.push(...(await work(range)))
    if (OF_EACH_ROW.has(table)) await onRange()
  }
  return rows
}

const refuseIfAny = (rows: number[]) => {
  const changed = [...new Set(rows)].sort((a, b) => a - b)
  if (changed.length === 0) return
  throw new DomainError('conflict', 'import.changed_since', {
    counts: { changed: changed.length },
    issues: changed.slice(0, MAX_SHOWN).map((row) => ({ path: ['rows', row], code: 'changed_since' })),
  })
}

/** The complexes it reached into, in the order in which everybody locks them. */
const lockComplexes = async ({ db, importId }: Undoing) => {
  const found = await execute<{ id: string }>(
    db,
    sql`select c.id from ${complexes} c where c.id in (
        select u.complex_id from ${importRows} i
        left join ${residencies} h on h.id = (i.applied #>> '{residencies,id}')::uuid
        join ${units} u on u.id = coalesce((i.applied #>> '{units,id}')::uuid, h.unit_id)
        where i.import_id = ${importId}::uuid and i.applied is not null)
      order by c.id for no key update`,
  )
  return found.map(({ id }) => id)
}

/** As everybody does who changes who lives in a home. */
const lockHomes = ({ db, importId }: Undoing, { first, last }: RowRange) =>
  db.execute(sql`
    select u.id from ${units} u where u.id in (
      select h.unit_id from ${importRows} i join ${residencies} h on h.id = (i.applied #>> '{residencies,id}')::uuid
      where i.import_id = ${importId}::uuid and i.row between ${first} and ${last})
    order by u.id for no key update`)

/** Of homes whose residents are again what they were: that nobody has taken their place. */
const requireRoom = async (undoing: Undoing, range: RowRange) => {
  const homes = await execute<{ id: string }>(
    undoing.db,
    sql`select distinct t.unit_id as id from ${appliedIn(undoing.importId, 'residencies', range)}
      join ${residencies} t on t.id = a.id where not a.created`,
  )
  await requireRoomForAll(
    undoing,
    homes.map(({ id }) => id),
  )
  return []
}

/** First what stands below, so that what it hangs on is free by then; locked the other way round, as everywhere. */
const ORDER: Record<ImportKind, Table[]> = {
  units: ['units', 'entrances', 'buildings'],
  people: ['residencies', 'people'],
}

/**
 * Takes back all that an import did, unless something newer has touched what it brought in: then nothing.
 *
 * @returns the accounts whose rights are to be read anew before the commit
 * @throws conflict import.changed_since with how many rows and the first ten of them, property.residency_overlaps,
 *   property.shares_exceed_whole, forbidden auth.forbidden
 */
const undoRows = async (undoing: Undoing, kind: ImportKind) => {
  const { db, importId, actor } = undoing
  const tables = ORDER[kind]
  await planForBulk(db)
  await db.execute(sql.raw(`set local statement_timeout = ${STATEMENT_MS}`))
  const scope = editScope(actor)
  for (const complexId of await patiently(db, () => lockComplexes(undoing))) requireRight(covers(scope, complexId))
  const accounts = await accountsOf(db, importId)
  const locked: number[] = []
  if (kind === 'people')
    await eachRange(undoing, 'residencies', async (range) => {
      await lockHomes(undoing, range)
      return []
    })
  for (const table of tables.toReversed())
    locked.push(...(await eachRange(undoing, table, (range) => lockRange(undoing, table, range))))
  if (kind === 'people') locked.push(...(await eachRange(undoing, 'people', (range) => readdressing(undoing, range))))
  for (const [index, table] of tables.entries()) {
    const orphans = await eachRange(undoing, table, (range) => orphaning(undoing, table, range))
    refuseIfAny(index === 0 ? [...locked, ...orphans] : orphans)
    await eachRange(undoing, table, async (range) => {
      await restoreRange(undoing, table, range)
      return []
    })
  }
  if (kind === 'people') await eachRange(undoing, 'residencies', (range) => requireRoom(undoing, range))
  return accounts
}

/** Passes that `undoRows` makes over tables `OF_EACH_ROW`: it locks, looks for orphans and restores each; of people it asks three things more. */
const PASSES: Record<ImportKind, number> = {
  units: 3 * ORDER.units.filter((table) => OF_EACH_ROW.has(table)).length,
  people: 3 + 3 * ORDER.people.length,
}

/** So much of the applied rows as there is of the passes: of each row it would only be known at the end. */
const createProgress = (inCompany: InCompany, { id, kind, counts }: LoadedImport): Undoing['onRange'] => {
  const applied = counts['applied'] ?? 0
  const ranges = Math.max(1, Math.ceil(applied / CHUNK)) * PASSES[kind]
  let done = 0
  const tell = inIntervals(async () => {
    const undone = Math.min(applied, Math.floor((applied * done) / ranges))
    await inCompany((db) =>
      db
        .update(imports)
        .set({ counts: { ...counts, undone } })
        .where(and(eq(imports.id, id), eq(imports.status, 'undoing'))),
    )
  })
  return async () => {
    done++
    await tell()
  }
}

/**
 * Undoes an import from beginning to end in one transaction; a run that was killed has left nothing and starts anew.
 *
 * @returns `false` where there was nothing to do
 * @throws as `undoRows` does, and unavailable server.busy while another run is at it
 */
export const runUndo = ({ importId, inCompany, actor, requestId, sessionId, now, suspend, confirm }: Run) =>
  inCompany(async (db) => {
    await holdRun(db, importId)
    const found = await loadImport(db, importId)
    if (found?.status !== 'undoing') return false
    const accounts = await undoRows({ db, importId, actor, onRange: createProgress(inCompany, found) }, found.kind)
    await confirm()
    await db
      .update(imports)
      .set({ status: 'undone', undoneAt: now(), counts: { ...found.counts, undone: found.counts['applied'] ?? 0 } })
      .where(and(eq(imports.id, importId), eq(imports.status, 'undoing')))
    await auditImport({ db, requestId, actor, sessionId }, 'property.import_undone', found, {})
    for (const userId of accounts) await suspend(userId)
    return true
  })

/** It stays applied, and says why. */
export const refuseUndo = (db: CompanyDb, importId: string, error: DomainError | null) => {
  const rows = (error?.details?.issues ?? []).flatMap(({ path }) => (path[0] === 'rows' ? [Number(path[1])] : []))
  const undoRefusal = {
    reason: error?.reason ?? 'server.unexpected',
    changed: error?.details?.counts?.['changed'] ?? null,
    rows,
  }
  return db
    .update(imports)
    .set({ status: sql`${APPLIED_STATUS}`, undoRefusal, undoneBy: null })
    .where(and(eq(imports.id, importId), eq(imports.status, 'undoing')))
}

/** What an import is that has been applied. */
export const APPLIED_STATUS = sql`case when (${imports.counts} ->> 'refused')::int > 0 then 'done_with_errors' else 'done' end`
