import { sql, type SQL } from 'drizzle-orm'
import type { CompanyDb } from '@servai/db'
import { importRows } from '@servai/db/schema/imports'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import { editScope, isWhollyWithin } from '../policy.ts'
import {
  changesOf,
  difference,
  execute,
  GOOD,
  isIn,
  problem,
  rangesOf,
  rowsIn,
  written,
  type RowRange,
  type Target,
} from './rows.ts'
import { joinUnit } from './unit-diff.ts'

/** What a row of people says, as the reader of people writes it, and below what was found for it. */
export const PERSON_COLUMNS = sql`id uuid, "newPersonId" uuid, complex text, building text, entrance text, number text,
  "firstName" text, "lastName" text, "nameKey" text, email text, "emailKey" text, phone text, "phoneKey" text,
  "personKey" text, kind text, "shareNumerator" bigint, "shareDenominator" bigint, "startsOn" date, "endsOn" date,
  "unitId" uuid, "personId" uuid, "residencyId" uuid, "begins" date, "ends" date`

const CHUNK = 10_000

/** Rows of one file that mean the same new person get one id. */
export const gatherPeople = (db: CompanyDb, importId: string) =>
  written(
    db,
    sql`update ${importRows} i set data = i.data || jsonb_build_object('newPersonId', d.id)
    from (
      select row, data ->> 'newPersonId' as own,
        first_value(data ->> 'newPersonId') over (partition by data ->> 'personKey' order by row) as id
      from ${importRows} where import_id = ${importId}::uuid and state = 'new'
    ) d
    where i.import_id = ${importId}::uuid and i.row = d.row and d.id <> d.own`,
  )

/** A manager meets only people of the own complexes: of others not even the address is known. */
const isKnown = ({ scope }: Target) =>
  scope === 'company'
    ? sql`true`
    : sql`p.id in (select k.person_id from ${residencies} k join ${units} ku on ku.id = k.unit_id
        where k.deleted_at is null and ku.complex_id = any (string_to_array(${scope.join(',')}, ',')::uuid[]))`

/** Of `among`, a list of ids: people whose address is not the actor's to change (ADR 0015). */
export const withHomesElsewhere = (actor: Actor, among: SQL) =>
  editScope(actor) === 'company'
    ? sql`select null::uuid where false`
    : sql`select ${people.id} from ${people} where ${people.id} in (${among}) and not ${isWhollyWithin(actor)}`

const nameOf = sql`lower(p.first_name || ' ' || p.last_name)`

/** Whether `p` lives in the home of the row, now or ever. */
const livesThere = sql`left join ${residencies} l on l.unit_id = r.unit_id and l.person_id = p.id and l.deleted_at is null`

/**
 * `said`: the rows with their homes. `matched`: the person each means, first who has the address, then the number, then
 * the name in that home; who lives there and who has the same name goes before. `held`: the residency of the person that the row's period
 * touches. `elsewhere`: those of them with homes out of the actor's reach. `taken`: rows whose period touches another one of the person as well.
 */
const found = (target: Target, range: RowRange) => sql`
  said as materialized (
    select r.*, c.id as complex_id, u.id as unit_id, (now() at time zone coalesce(c.timezone, 'UTC'))::date as today
    from ${rowsIn(target.importId, PERSON_COLUMNS, range)} ${joinUnit(target)}
  ),
  by_email as materialized (
    select distinct on (r.row) r.row, p.id from said r join ${people} p on p.email_key = r."emailKey" ${livesThere}
    where p.deleted_at is null and ${isKnown(target)}
    order by r.row, l.unit_id is null, ${nameOf} = r."nameKey" desc, p.id
  ),
  by_phone as materialized (
    select distinct on (r.row) r.row, p.id from said r join ${people} p on p.phone_key = r."phoneKey" ${livesThere}
    where r."phoneKey" <> '' and p.deleted_at is null and ${isKnown(target)} and r.row not in (select row from by_email)
      and (p.email_key is null or r."emailKey" is null or ${nameOf} = r."nameKey")
    order by r.row, ${nameOf} = r."nameKey" desc, l.unit_id is null, p.id
  ),
  by_name as materialized (
    select distinct on (r.row) r.row, p.id
    from said r join ${residencies} h on h.unit_id = r.unit_id join ${people} p on p.id = h.person_id
    where h.deleted_at is null and p.deleted_at is null and ${nameOf} = r."nameKey"
      and r.row not in (select row from by_email) and r.row not in (select row from by_phone)
    order by r.row, p.id
  ),
  matched as materialized (
    select * from by_email union all select * from by_phone union all select * from by_name
  ),
  elsewhere (person_id) as materialized (${withHomesElsewhere(target.actor, sql`select id from matched`)}),
  held as materialized (
    select distinct on (r.row) r.row, h.id, h.kind, h.share_numerator, h.share_denominator, h.starts_on, h.ends_on
    from said r join matched m on m.row = r.row join ${residencies} h on h.unit_id = r.unit_id and h.person_id = m.id
    where h.deleted_at is null and (h.ends_on is null or h.ends_on > coalesce(r."startsOn", r.today))
      and (r."endsOn" is null or h.starts_on < r."endsOn")
    order by r.row, h.ends_on desc nulls first, h.starts_on desc
  ),
  meant as materialized (
    select r.row, m.id as person_id, h.id as residency_id,
      coalesce(r."startsOn", h.starts_on, r.today) as begins, coalesce(r."endsOn", h.ends_on) as ends
    from said r left join matched m on m.row = r.row left join held h on h.row = r.row
  ),
  taken as materialized (
    select distinct r.row
    from said r join meant m on m.row = r.row join ${residencies} o on o.unit_id = r.unit_id and o.person_id = m.person_id
    where o.deleted_at is null and o.id is distinct from m.residency_id
      and (o.ends_on is null or o.ends_on > m.begins) and (m.ends is null or o.starts_on < m.ends)
  )`

const share = (numerator: string, denominator: string) => sql.raw(`${numerator} || '/' || ${denominator}`)

/** What the row changes of the person `p` it means. */
const ofPerson = (change: SQL) => sql`case when p.id is not null then ${change} end`
/** What it changes of the residency `h`. */
const ofResidency = (change: SQL) => sql`case when h.id is not null then ${change} end`

const CHANGES = changesOf({
  firstName: ofPerson(difference(sql`p.first_name`, sql`r."firstName"`)),
  lastName: ofPerson(difference(sql`p.last_name`, sql`r."lastName"`)),
  email: ofPerson(
    sql`case when r."emailKey" is distinct from p.email_key then ${difference(sql`p.email`, sql`r.email`)} end`,
  ),
  phone: ofPerson(
    sql`case when r."phoneKey" is distinct from p.phone_key then ${difference(sql`p.phone`, sql`r.phone`)} end`,
  ),
  kind: ofResidency(difference(sql`h.kind`, sql`r.kind`)),
  share: ofResidency(sql`case when r.kind <> 'owner' and h.share_numerator is not null
    then jsonb_build_array(${share('h.share_numerator', 'h.share_denominator')}, null)
    else ${difference(share('h.share_numerator', 'h.share_denominator'), share('r."shareNumerator"', 'r."shareDenominator"'))} end`),
  startsOn: ofResidency(difference(sql`h.starts_on::text`, sql`r."startsOn"::text`)),
  endsOn: ofResidency(difference(sql`h.ends_on::text`, sql`r."endsOn"::text`)),
})

const diffRange = async (db: CompanyDb, target: Target, range: RowRange) => {
  const rows = await execute<{ differs: boolean }>(
    db,
    sql`with ${found(target, range)},
    compared as (
      select r.row, r.state as known_state, r.changes as known_changes, r.unit_id, p.id as person_id, h.id as residency_id,
        m.begins, m.ends, ${CHANGES} as changes, case
          when r.complex_id is null then ${problem('complex', 'complex_unknown', sql`r.complex`)}
          when r.unit_id is null then ${problem('number', 'unit_unknown', sql`r.building || ', ' || r.number`)}
          when m.ends <= m.begins then ${problem('endsOn', 'ends_before_start', sql`m.ends::text`)}
          when t.row is not null then ${problem('startsOn', 'residency_overlaps', sql`m.begins::text`)}
          when r."emailKey" <> coalesce(p.email_key, '') and p.id in (select person_id from elsewhere)
            then ${problem('email', 'homes_elsewhere', sql`r.email`)}
        end as problems
      from said r join meant m on m.row = r.row
      left join ${people} p on p.id = m.person_id
      left join held h on h.row = r.row
      left join taken t on t.row = r.row
    ),
    d as (
      select *, case when problems is not null then 'refused' when residency_id is null then 'new'
        when changes is null then 'unchanged' else 'changed' end as state
      from compared
    )
    update ${importRows} i set state = d.state, changes = d.changes, problems = d.problems,
      data = i.data || jsonb_build_object('unitId', d.unit_id, 'personId', d.person_id, 'residencyId', d.residency_id,
        'begins', d.begins, 'ends', d.ends)
    from d
    where ${isIn(target.importId, range)} and i.row = d.row
      and ((d.known_state, d.known_changes) is distinct from (d.state, d.changes)
        or (i.data ->> 'unitId', i.data ->> 'personId', i.data ->> 'residencyId', i.data ->> 'begins', i.data ->> 'ends')
        is distinct from (d.unit_id::text, d.person_id::text, d.residency_id::text, d.begins::text, d.ends::text))
    returning (d.known_state, d.known_changes) is distinct from (d.state, d.changes) as differs`,
  )
  return rows.filter(({ differs }) => differs).length
}

/** Rows that turn out to mean one person: of several for one home the first is kept, and who goes by the first's name. */
const refusePeopleTwice = (db: CompanyDb, importId: string) =>
  written(
    db,
    sql`update ${importRows} i set state = 'refused', problems = d.problems
    from (
      select row, case
        when unit_first <> row then ${problem('number', 'duplicate_in_file', sql`number`, sql`unit_first`)}
        when name_key <> first_name_key then ${problem('name', 'other_name', sql`name`, sql`person_first`)}
      end as problems
      from (
        select i.row, i.data ->> 'number' as number, i.data ->> 'nameKey' as name_key,
          concat(i.data ->> 'firstName', ' ', i.data ->> 'lastName') as name,
          first_value(i.row) over of_person as person_first, first_value(i.data ->> 'nameKey') over of_person as first_name_key,
          first_value(i.row) over of_home as unit_first
        from ${importRows} i where i.import_id = ${importId}::uuid and ${GOOD}
        window of_person as (partition by coalesce(i.data ->> 'personId', i.data ->> 'newPersonId') order by i.row),
          of_home as (partition by coalesce(i.data ->> 'personId', i.data ->> 'newPersonId'), i.data ->> 'unitId' order by i.row)
      ) ranked
    ) d
    where i.import_id = ${importId}::uuid and i.row = d.row and d.problems is not null`,
  )

/**
 * Compares the good rows with the registry as it is now.
 *
 * @returns how many of them turned out otherwise than they were known
 */
export const diffPeople = async (db: CompanyDb, target: Target) => {
  let different = 0
  for await (const range of rangesOf(db, target.importId, CHUNK)) different += await diffRange(db, target, range)
  return different + (await refusePeopleTwice(db, target.importId))
}
