/** In the order in which they may be filled. */
export const LARGE_TABLES = [
  'companies',
  'users',
  'credentials',
  'complexes',
  'buildings',
  'entrances',
  'units',
  'people',
  'residencies',
  'role_grants',
  'staff_profiles',
  'platform_settings',
  'audit_log',
] as const

type Table = (typeof LARGE_TABLES)[number]

/** A complex has 3 buildings, with 3, 3 and 4 entrances. */
const BUILDING = `
  select x.*, b, x.no * 3 + b as building_no, pg_temp.seed_id('building', x.no * 3 + b) as building_id
  from seed_complex x cross join generate_series(0, 2) b`

const ENTRANCE = `
  select e.*, least(e / 3, 2) as b, e - least(e / 3, 2) * 3 as place,
    pg_temp.seed_id('building', e.no * 3 + least(e / 3, 2)) as building_id,
    pg_temp.seed_id('entrance', e.no * 10 + e) as entrance_id
  from (select x.*, e from seed_complex x cross join generate_series(0, 9) e) e`

/** An entrance has 20 homes, a shop, 2 parking places and 2 storage rooms. */
const UNIT = `
  select n.*, k, n.no * 250 + n.e * 25 + k as unit_no,
    case when k < 18 then 'apartment' when k < 20 then 'studio' when k = 20 then 'commercial'
         when k < 23 then 'parking' else 'storage' end as type,
    case when k < 20 then '' when k = 20 then 'M' when k < 23 then 'P' else 'S' end as prefix,
    case when k < 20 then n.place * 20 + k + 1 when k = 20 then n.place + 1
         when k < 23 then n.place * 2 + k - 20 else n.place * 2 + k - 22 end as number,
    case when k < 20 then k / 4 + 1 when k = 20 then 0 when k < 23 then -1 else -2 end as floor,
    (case when k < 18 then 4800 + (n.no * 37 + n.e * 101 + k * 531) % 7400
          when k < 20 then 2600 + (n.no * 53 + n.e * 17) % 1300
          when k = 20 then 3500 + (n.no * 71) % 12000
          when k < 23 then 1180 + (k * 97) % 240 else 280 + (k * 131 + n.e * 7) % 470 end) as area
  from (${ENTRANCE}) n cross join generate_series(0, 24) k`

/** A complex has 600 people, three to a home; two of five have an account. */
const PERSON = `
  select p.*, p.no * 600 + p.p as person_no, p.p / 3 as home,
    l.locale, l.first[1 + (p.no * 7 + p.p * 13) % array_length(l.first, 1)] as first_name,
    l.last[1 + (p.no * 3 + p.p / 3 * 5) % array_length(l.last, 1)] as last_name
  from (select x.*, p from seed_complex x cross join generate_series(0, 599) p) p
  join seed_language l on l.no = (p.p / 3) % 3`

const RESIDENT_EMAIL = `'resident' || person_no || '@large.servai.example'`

/** Per complex a manager, three technicians and two guards; per company a director and two accountants. */
const STAFF = `
  select s.*, l.locale, l.first[1 + staff_no % array_length(l.first, 1)] as first_name,
    l.last[1 + staff_no / 7 % array_length(l.last, 1)] as last_name
  from (
    select company_id, id as complex_id, no * 10 + s as staff_no, (array['complex_manager', 'technician',
      'technician', 'technician', 'guard', 'guard'])[s + 1] as role, 'staff' || (no * 10 + s) as login
    from seed_complex cross join generate_series(0, 5) s
    union all
    select id, null, 1000000 + no * 10 + s, (array['director', 'accountant', 'accountant'])[s + 1],
      case s when 0 then 'director' || no else 'accountant' || no || '-' || s end
    from seed_company cross join generate_series(0, 2) s
  ) s join seed_language l on l.no = staff_no % 3`

const VERIFIED = `timestamptz '2026-02-02 08:00Z'`

export const LARGE_STATEMENTS: readonly (readonly [Table, string])[] = [
  [
    'companies',
    `insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone, address)
     select id, 'Company ' || no, 'Company ' || no || ' AD', 'LARGE-' || lpad(no::text, 3, '0'), 'BG', 'EUR', 'bg',
       'Europe/Sofia', 'Sofia, Main Street ' || no
     from seed_company`,
  ],
  [
    'users',
    `insert into users (id, email, email_key, first_name, last_name, locale, email_verified_at)
     select pg_temp.seed_id('staff', staff_no), login || '@large.servai.example', login || '@large.servai.example',
       first_name, last_name, locale, ${VERIFIED}
     from (${STAFF}) s`,
  ],
  [
    'users',
    `insert into users (id, email, email_key, first_name, last_name, locale, email_verified_at)
     select pg_temp.seed_id('resident', person_no), ${RESIDENT_EMAIL}, ${RESIDENT_EMAIL}, first_name, last_name, locale, ${VERIFIED}
     from (${PERSON}) p where p % 5 < 2`,
  ],
  [
    'credentials',
    `insert into credentials (user_id, password_hash)
     select u.id, p.hash from users u cross join seed_password p where u.email_key like '%@large.servai.example'`,
  ],
  [
    'complexes',
    `insert into complexes (company_id, id, name, city, address, timezone)
     select company_id, id, 'Complex ' || no, (array['София', 'Варна', 'Бургас', 'Пловдив'])[1 + no % 4],
       'ул. Централна ' || no, 'Europe/Sofia'
     from seed_complex`,
  ],
  [
    'buildings',
    `insert into buildings (company_id, id, complex_id, name, name_sort, address, floors)
     select company_id, building_id, id, (b + 1)::text, lpad((b + 1)::text, 9, '0'),
       'ул. Централна ' || no || ', бл. ' || b + 1, 5
     from (${BUILDING}) b`,
  ],
  [
    'entrances',
    `insert into entrances (company_id, id, complex_id, building_id, number, number_sort)
     select company_id, entrance_id, id, building_id, chr(1040 + place), chr(1040 + place)
     from (${ENTRANCE}) e`,
  ],
  [
    'units',
    `insert into units (company_id, id, complex_id, building_id, entrance_id, type, number, number_sort, floor, area_m2,
       share_numerator, share_denominator)
     select company_id, pg_temp.seed_id('unit', unit_no), id, building_id, case when k < 20 then entrance_id end, type,
       prefix || number, prefix || lpad(number::text, 9, '0'), floor, area / 100.0,
       area, sum(area) over (partition by building_id)
     from (${UNIT}) u`,
  ],
  [
    'people',
    `insert into people (company_id, id, user_id, first_name, last_name, email, phone)
     select company_id, pg_temp.seed_id('person', person_no),
       case when p % 5 < 2 then pg_temp.seed_id('resident', person_no) end, first_name, last_name, ${RESIDENT_EMAIL},
       '+35988' || 1000000 + person_no
     from (${PERSON}) p`,
  ],
  // The first of three owns the home; of every fourth home the others rent it, of every tenth one has moved out.
  [
    'residencies',
    `insert into residencies (company_id, id, unit_id, person_id, kind, share_numerator, share_denominator, starts_on,
       ends_on, verified_level)
     select company_id, pg_temp.seed_id('residency', person_no),
       pg_temp.seed_id('unit', no * 250 + home / 20 * 25 + home % 20), pg_temp.seed_id('person', person_no),
       case when p % 3 = 0 then 'owner' when p % 3 = 1 and home % 4 = 0 then 'tenant' else 'family' end,
       case when p % 3 = 0 then 1 end, case when p % 3 = 0 then 1 end,
       date '2012-01-01' + (person_no % 4000)::int,
       case when p % 3 = 2 and home % 10 = 9 then date '2025-01-01' + (person_no % 300)::int end,
       case when p % 3 = 0 then 'owner_proved' else 'verified' end
     from (${PERSON}) p`,
  ],
  [
    'residencies',
    `insert into residencies (company_id, id, unit_id, person_id, kind, share_numerator, share_denominator, starts_on,
       verified_level)
     select company_id, pg_temp.seed_id('further', unit_no), pg_temp.seed_id('unit', unit_no),
       pg_temp.seed_id('person', no * 600 + (e * 20 + k - 20) * 3), 'owner', 1, 1,
       date '2014-01-01' + (unit_no % 4000)::int, 'owner_proved'
     from (${UNIT}) u where k >= 20`,
  ],
  [
    'role_grants',
    `insert into role_grants (id, user_id, role, company_id, complex_id)
     select pg_temp.seed_id('grant', staff_no), pg_temp.seed_id('staff', staff_no), role, company_id, complex_id
     from (${STAFF}) s`,
  ],
  [
    'staff_profiles',
    `insert into staff_profiles (company_id, id, user_id, specialisations)
     select company_id, pg_temp.seed_id('profile', staff_no), pg_temp.seed_id('staff', staff_no),
       case role when 'technician' then array[(array['plumber', 'electrician', 'heating', 'lifts'])[1 + staff_no % 4]] else '{}' end
     from (${STAFF}) s`,
  ],
]
