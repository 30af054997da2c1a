import { sql } from 'drizzle-orm'
import type { CompanyDb } from '@servai/db'
import { importRows } from '@servai/db/schema/imports'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import { PERSON_COLUMNS, withHomesElsewhere } from './people-diff.ts'
import { execute, isIn, rangesOf, rowsIn, WRITTEN, type RowRange, type Target } from './rows.ts'
import type { Applied } from './unit-apply.ts'

const CHUNK = 2_500

/** As everybody does who changes who lives in a home; in the order of their ids, so that two who do never wait for each other. */
export const lockHomes = (db: CompanyDb, importId: string) =>
  db.execute(sql`
    select u.id from ${units} u where u.id in (
      select r."unitId" from ${rowsIn(importId, PERSON_COLUMNS, null, WRITTEN)})
    order by u.id for no key update`)

/** Those the rows mean who are there already; after the homes, and in the order of their ids too. */
export const lockPeople = (db: CompanyDb, importId: string) =>
  db.execute(sql`
    select p.id from ${people} p where p.id in (
      select r."personId" from ${rowsIn(importId, PERSON_COLUMNS, null, WRITTEN)})
    order by p.id for no key update`)

/** Whether `r.changes` says anything of the person. */
const changesPerson = sql`r.changes ?| array['firstName', 'lastName', 'email', 'phone']`
const changesResidency = sql`r.changes ?| array['kind', 'share', 'startsOn', 'endsOn']`

const applyRange = (db: CompanyDb, target: Target, range: RowRange) =>
  execute<{ people: { created: boolean } | null; residencies: { created: boolean } | null }>(
    db,
    sql`with said as materialized (
        select r.*, coalesce(r."personId", r."newPersonId") as person_id
        from ${rowsIn(target.importId, PERSON_COLUMNS, range, WRITTEN)}
      ),
      elsewhere (person_id) as materialized (${withHomesElsewhere(
        target.actor,
        sql`select "personId" from said where changes ? 'email'`,
      )}),
      newcomer as (
        select distinct on (person_id) * from said s
        where s."personId" is null and not exists (select from ${people} p where p.id = s.person_id)
        order by person_id, row
      ),
      created_person as (
        insert into ${people} (id, first_name, last_name, email, phone)
        select person_id, "firstName", "lastName", email, phone from newcomer
      ),
      corrected as (
        select distinct on (r."personId") r.*, p.first_name as old_first_name, p.last_name as old_last_name, p.email as old_email, p.phone as old_phone
        from said r join ${people} p on p.id = r."personId" and p.deleted_at is null where ${changesPerson}
        order by r."personId", r.row
      ),
      updated_person as (
        update ${people} p set first_name = r."firstName", last_name = r."lastName",
          email = case when r.changes ? 'email' and p.id not in (select person_id from elsewhere) then r.email else p.email end,
          phone = case when r.changes ? 'phone' then r.phone else p.phone end
        from corrected r where p.id = r."personId"
        returning r.row, p.id, p.version, jsonb_build_object('first_name', r.old_first_name, 'last_name', r.old_last_name,
          'email', r.old_email, 'phone', r.old_phone) as before
      ),
      created_residency as (
        insert into ${residencies} (id, unit_id, person_id, kind, share_numerator, share_denominator, starts_on, ends_on)
        select id, "unitId", person_id, kind, "shareNumerator", "shareDenominator", begins, ends
        from said where state = 'new' order by row
        returning id, version
      ),
      old_residency as (
        select r.row, h.id, h.kind, h.share_numerator, h.share_denominator, h.starts_on, h.ends_on
        from said r join ${residencies} h on h.id = r."residencyId" where r.state = 'changed' and ${changesResidency}
      ),
      updated_residency as (
        update ${residencies} h set kind = r.kind,
          share_numerator = case when r.kind = 'owner' then coalesce(r."shareNumerator", h.share_numerator) end,
          share_denominator = case when r.kind = 'owner' then coalesce(r."shareDenominator", h.share_denominator) end,
          starts_on = r.begins, ends_on = r.ends
        from old_residency o join said r on r.row = o.row
        where h.id = o.id
        returning o.row, h.id, h.version, to_jsonb(o) - 'row' - 'id' as before
      ),
      made as (
        select s.row,
          case when w.row is not null then jsonb_build_object('id', w.person_id, 'version', 1, 'created', true)
            when up.row is not null then to_jsonb(up) - 'row' || '{"created": false}' end as people,
          case when cr.id is not null then to_jsonb(cr) || '{"created": true}'
            when ur.row is not null then to_jsonb(ur) - 'row' || '{"created": false}' end as residencies
        from said s
        left join newcomer w on w.row = s.row
        left join updated_person up on up.row = s.row
        left join created_residency cr on cr.id = s.id
        left join updated_residency ur on ur.row = s.row
      )
      update ${importRows} i set applied = jsonb_strip_nulls(jsonb_build_object('people', made.people, 'residencies', made.residencies))
      from made where ${isIn(target.importId, range)} and i.row = made.row
      returning made.people, made.residencies`,
  )

/** Applies the written rows; `onChunk` is told what has come of them so far, and may end it by throwing. */
export const applyPeople = async (db: CompanyDb, target: Target, onChunk: (applied: Applied) => Promise<void>) => {
  const applied = { applied: 0, created: 0, updated: 0, peopleCreated: 0, peopleUpdated: 0 }
  for await (const range of rangesOf(db, target.importId, CHUNK, WRITTEN)) {
    await onChunk(applied)
    for (const row of await applyRange(db, target, range)) {
      applied.applied += 1
      if (row.residencies) applied[row.residencies.created ? 'created' : 'updated'] += 1
      if (row.people) applied[row.people.created ? 'peopleCreated' : 'peopleUpdated'] += 1
    }
  }
  return applied
}

/** Accounts whose homes an import has changed: their rights are to be read anew. */
export const accountsOf = async (db: CompanyDb, importId: string) => {
  const rows = await execute<{ userId: string }>(
    db,
    sql`select distinct p.user_id as "userId" from ${importRows} i join ${residencies} h on h.id = (i.applied #>> '{residencies,id}')::uuid
      join ${people} p on p.id = h.person_id
      where i.import_id = ${importId}::uuid and i.applied is not null and p.user_id is not null`,
  )
  return rows.map(({ userId }) => userId)
}
