import { eq, sql } from 'drizzle-orm'
import { IMPORT_LIMITS, type ImportColumn, type ImportMapping, type ImportRowState } from '@servai/contract/imports'
import type { CompanyDb } from '@servai/db'
import { importRows, imports } from '@servai/db/schema/imports'
import { DomainError } from '../../errors.ts'
import type { Actor } from '../../actor.ts'
import { editScope } from '../policy.ts'
import { diffPeople, gatherPeople } from './people-diff.ts'
import { refuseSharesAboveWhole } from './people-shares.ts'
import { createPersonReader } from './person-reader.ts'
import type { Hints, Reading, RowReader } from './row-reader.ts'
import { execute, isIn, type Target } from './rows.ts'
import { diffUnits, refuseUnitsTwice } from './unit-diff.ts'
import { createUnitReader } from './unit-reader.ts'

/** A transaction in the company of the import. */
export type InCompany = <T>(work: (db: CompanyDb) => Promise<T>) => Promise<T>

const BATCH = 1_000

export type LoadedImport = Pick<
  typeof imports.$inferSelect,
  'id' | 'kind' | 'complexId' | 'status' | 'headers' | 'mapping' | 'createdBy' | 'fileName' | 'counts'
>

export const loadImport = async (db: CompanyDb, id: string): Promise<LoadedImport | undefined> => {
  const [row] = await db
    .select({
      id: imports.id,
      kind: imports.kind,
      complexId: imports.complexId,
      status: imports.status,
      headers: imports.headers,
      mapping: imports.mapping,
      createdBy: imports.createdBy,
      fileName: imports.fileName,
      counts: imports.counts,
    })
    .from(imports)
    .where(eq(imports.id, id))
  return row
}

export const targetOf = ({ id, complexId }: Pick<LoadedImport, 'id' | 'complexId'>, actor: Actor): Target => ({
  importId: id,
  complexId,
  actor,
  scope: editScope(actor),
})

const PLAIN_NUMBER = '^ *[0-9]{1,15}([.,][0-9]{1,15})? *$'
/** `12/25/2026`: what stands second cannot be a month. */
const DAY_SECOND = '^ *[0-9]{1,2}/(1[3-9]|2[0-9]|3[01])/[0-9]{2,4}'

/** @returns what the columns say as a whole of how their cells are to be read */
const hintsOf = async (db: CompanyDb, { id, headers }: LoadedImport, mapping: ImportMapping): Promise<Hints> => {
  const cell = (column: ImportColumn) => sql`(i.cells ->> ${mapping[column] ?? -1000}::int)`
  const [found] = await execute<{ isPercentColumn: boolean; isMonthFirst: boolean }>(
    db,
    sql`select coalesce(bool_or(case when ${cell('share')} ~ ${PLAIN_NUMBER}
          then replace(${cell('share')}, ',', '.')::numeric > 1 end), false) as "isPercentColumn",
        coalesce(bool_or(${cell('startsOn')} ~ ${DAY_SECOND} or ${cell('endsOn')} ~ ${DAY_SECOND}), false) as "isMonthFirst"
      from ${importRows} i where i.import_id = ${id}::uuid`,
  )
  const header = mapping.share === undefined ? '' : (headers?.[mapping.share] ?? '')
  return {
    isPercentColumn: /%|процент|percent/i.test(header) || (found?.isPercentColumn ?? false),
    isMonthFirst: found?.isMonthFirst ?? false,
  }
}

type Cells = { row: number; cells: string[] }

const store = (db: CompanyDb, importId: string, read: (Cells & { reading: Reading })[]) => {
  const records = read.map(({ row, cells, reading }) => ({
    row,
    state: reading === null ? 'skipped' : reading.data ? 'new' : 'refused',
    data: reading?.data ?? null,
    problems: reading && reading.problems.length > 0 ? reading.problems : null,
    cells: reading && reading.cells !== cells ? reading.cells : null,
  }))
  return db.execute(sql`
    update ${importRows} i set state = r.state, data = r.data, problems = r.problems, changes = null, applied = null,
      cells = coalesce(r.cells, i.cells)
    from jsonb_to_recordset((${JSON.stringify(records)}::text)::jsonb) as r (row int, state text, data jsonb, problems jsonb, cells jsonb)
    where ${isIn(importId, { first: read[0]?.row ?? 0, last: read.at(-1)?.row ?? 0 })} and i.row = r.row`)
}

const interpret = async (inCompany: InCompany, importId: string, read: RowReader) => {
  for (let last = 0; ;) {
    const rows = await inCompany(async (db) => {
      const batch = await execute<Cells>(
        db,
        sql`select row, cells from ${importRows} where import_id = ${importId}::uuid and row > ${last} order by row limit ${BATCH}`,
      )
      if (batch.length > 0)
        await store(
          db,
          importId,
          batch.map(({ row, cells }) => ({ row, cells, reading: read(cells) })),
        )
      return batch
    })
    const end = rows.at(-1)
    if (!end) return
    last = end.row
  }
}

/** Whether the rows still say what the registry has; the part of an evaluation that is repeated before they are applied. */
export const compare = async (db: CompanyDb, kind: LoadedImport['kind'], target: Target) => {
  if (kind === 'units') return diffUnits(db, target)
  const different = await diffPeople(db, target)
  return different + (await refuseSharesAboveWhole(db, target.importId))
}

export type RowCounts = Record<'rows' | ImportRowState, number>

export const countStates = async (db: CompanyDb, importId: string): Promise<RowCounts> => {
  const states = await execute<{ state: string; count: number }>(
    db,
    sql`select state, count(*)::int as count from ${importRows} where import_id = ${importId}::uuid group by 1`,
  )
  const counts = Object.fromEntries(states.map(({ state, count }) => [state, count]))
  const { skipped = 0 } = counts
  const rows = states.reduce((sum, { count }) => sum + count, 0) - skipped
  return { new: 0, changed: 0, unchanged: 0, refused: 0, ...counts, skipped, rows }
}

/**
 * Says of every row what it would do: reads the cells by the mapping, then compares with the registry.
 *
 * @returns the counts of rows by state
 * @throws invalid import.too_many_rows
 */
export const evaluate = async (inCompany: InCompany, found: LoadedImport, mapping: ImportMapping, actor: Actor) => {
  const { id, kind, complexId } = found
  const hints = await inCompany((db) => hintsOf(db, found, mapping))
  const options = { kind, mapping, headers: found.headers ?? [], hints }
  const isComplexNamed = complexId === null
  const read =
    kind === 'units' ? createUnitReader(options, isComplexNamed) : createPersonReader(options, isComplexNamed)
  await interpret(inCompany, id, read)
  const { rows } = await inCompany((db) => countStates(db, id))
  if (rows > IMPORT_LIMITS.rows) throw new DomainError('invalid', 'import.too_many_rows')
  return inCompany(async (db) => {
    await (kind === 'units' ? refuseUnitsTwice(db, id) : gatherPeople(db, id))
    await compare(db, kind, targetOf(found, actor))
    return countStates(db, id)
  })
}
