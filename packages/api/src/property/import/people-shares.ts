import { sql } from 'drizzle-orm'
import { exceedWhole, type Fraction } from '@servai/contract/fraction'
import type { CompanyDb } from '@servai/db'
import { importRows } from '@servai/db/schema/imports'
import { residencies } from '@servai/db/schema/residencies'
import { PERSON_COLUMNS } from './people-diff.ts'
import { execute, GOOD, problem, rowsIn, written } from './rows.ts'

const UNITS_AT_ONCE = 200

/** A share of a unit for a period: of the registry, or of a row of the file. */
type Part = {
  unitId: string
  row: number | null
  numerator: number
  denominator: number
  startsOn: string
  endsOn: string | null
}

/** Rounded up to 40 places: what is not above one in sum is not above one in truth. */
const ABOVE = sql.raw(`10::numeric ^ 40`)
const ceiling = (numerator: string, denominator: string) =>
  sql`ceil(${sql.raw(numerator)}::numeric * ${ABOVE} / ${sql.raw(denominator)})`

/** Of the registry, without the residencies that rows of the file take the place of. */
const kept = sql`select h.unit_id, null::int as row, h.share_numerator, h.share_denominator, h.starts_on, h.ends_on
  from ${residencies} h where h.deleted_at is null and h.share_numerator is not null and h.unit_id in (select "unitId" from said)
    and not exists (select from said s where s."residencyId" = h.id)`

const said = (importId: string) => sql`said as materialized (
  select r.* from ${rowsIn(importId, PERSON_COLUMNS, null, GOOD)} where r."unitId" is not null)`

/** What an owner's row leaves out the registry still knows. */
const ofRows = sql`select s."unitId", s.row, coalesce(s."shareNumerator", h.share_numerator), coalesce(s."shareDenominator", h.share_denominator),
    s.begins, s.ends
  from said s left join ${residencies} h on h.id = s."residencyId"
  where s.kind = 'owner' and coalesce(s."shareNumerator", h.share_numerator) is not null`

/** Units whose shares, all periods together, may be more than one whole, where a row of the file has a part in it. */
const suspects = async (db: CompanyDb, importId: string, after: string) =>
  execute<{ unitId: string }>(
    db,
    sql`with ${said(importId)}, part (unit_id, row, share_numerator, share_denominator, starts_on, ends_on) as (${kept} union all ${ofRows})
    select unit_id as "unitId" from part where unit_id > ${after}::uuid
    group by 1 having count(row) > 0 and sum(${ceiling('share_numerator', 'share_denominator')}) > ${ABOVE}
    order by 1 limit ${UNITS_AT_ONCE}`,
  )

const partsOf = async (db: CompanyDb, importId: string, unitIds: string[]) =>
  execute<Part>(
    db,
    sql`with ${said(importId)}, part (unit_id, row, share_numerator, share_denominator, starts_on, ends_on) as (${kept} union all ${ofRows})
    select unit_id as "unitId", row, share_numerator::float8 as numerator, share_denominator::float8 as denominator,
      starts_on::text as "startsOn", ends_on::text as "endsOn"
    from part where unit_id = any (string_to_array(${unitIds.join(',')}, ',')::uuid[])
    order by 1, row nulls first`,
  )

const shareOf = ({ numerator, denominator }: Part): Fraction => ({ numerator, denominator })

/** Whether on some day the owners of that day have more than one whole; a sum can only grow where a share begins. */
const exceed = (parts: readonly Part[]) =>
  parts.some(({ startsOn }) =>
    exceedWhole(
      parts
        .filter((other) => other.startsOn <= startsOn && (other.endsOn === null || other.endsOn > startsOn))
        .map(shareOf),
    ),
  )

/** In the order of the file, those rows with which the owners of a home would have more than all of it. */
const rowsAbove = (parts: readonly Part[]) => {
  const accepted: Part[] = []
  const refused: number[] = []
  for (const part of parts) {
    if (part.row === null || !exceed([...accepted, part])) accepted.push(part)
    else refused.push(part.row)
  }
  return refused
}

/** Refuses the rows that would give away more than a whole home, in the file and together with the registry. */
export const refuseSharesAboveWhole = async (db: CompanyDb, importId: string) => {
  let refused = 0
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const unitIds = (await suspects(db, importId, after)).map(({ unitId }) => unitId)
    const last = unitIds.at(-1)
    if (last === undefined) return refused
    after = last
    const parts = await partsOf(db, importId, unitIds)
    const rows = [...Map.groupBy(parts, ({ unitId }) => unitId).values()].flatMap(rowsAbove)
    if (rows.length > 0)
      refused += await written(
        db,
        sql`update ${importRows} i set state = 'refused', problems = ${problem(
          'share',
          'shares_exceed_whole',
          sql`(i.data ->> 'shareNumerator') || '/' || (i.data ->> 'shareDenominator')`,
        )} where i.import_id = ${importId}::uuid and i.row = any (string_to_array(${rows.join(',')}, ',')::int[])`,
      )
  }
}
