import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Complex,
  type Unit,
} from '@servai/db/test/factories'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importer, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
let complex: Complex
let units: Unit[]
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})
beforeEach(async () => {
  complex = await buildComplex({ company })
  const building = await buildBuilding({ complex, name: 'A' })
  units = await Promise.all(['1', '2', '3'].map((number) => buildUnit({ building, number })))
})

const HEADER = 'name,email,phone,building,unit,role,share,from,to,account'
const csv = (...lines: string[]) => [HEADER, ...lines].join('\n')
const upload = (lines: string[], who = me) =>
  who.preview({ kind: 'people', complexId: complex.id, name: 'people.csv', content: csv(...lines) })
const problems = async (id: string) =>
  (await me.refused(id)).map(({ row, problems: found }) => [row, found[0]?.problem, found[0]?.sameAsRow])

type Lives = {
  name: string
  email: string | null
  phone: string | null
  unit: string
  kind: string
  share: string | null
  from: string
  to: string | null
}
const everybody = () =>
  database.lookup<Lives>(
    `select p.first_name || ' ' || p.last_name as name, p.email, p.phone, u.number as unit, r.kind,
       r.share_numerator || '/' || r.share_denominator as share, r.starts_on::text as from, r.ends_on::text as to
     from residencies r join people p on p.id = r.person_id join units u on u.id = r.unit_id
     where u.complex_id = $1 and r.deleted_at is null and p.deleted_at is null order by u.number, name`,
    [complex.id],
  )
const peopleCount = async () => {
  const [row] = await database.lookup<{ count: number }>(
    'select count(*)::int as count from people where company_id = $1 and deleted_at is null',
    [company.id],
  )
  return row!.count
}

describe('who is meant', () => {
  it('is found by the address, else the number, else the name in that home', async () => {
    const byEmail = await buildPerson({
      company,
      firstName: 'Anna',
      lastName: 'Old',
      email: 'Anna@Example.test',
      phone: null,
    })
    const byPhone = await buildPerson({
      company,
      firstName: 'Boris',
      lastName: 'Petrov',
      email: null,
      phone: '+359 888 111 222',
    })
    const byName = await buildPerson({ company, firstName: 'Clara', lastName: 'Ivanova', email: null, phone: null })
    await buildPerson({ company, firstName: 'Clara', lastName: 'Ivanova', email: null, phone: null })
    await buildResidency({ unit: units[2]!, person: byName, kind: 'tenant', startsOn: '2024-01-01' })
    const before = await peopleCount()
    const seen = await upload([
      'Anna New,anna@example.test,,A,1,owner,1/2,2025-01-01,,no',
      'Boris Petrov,boris@example.test,+359888111222,A,2,owner,,2025-01-01,,no',
      'Clara Ivanova,,,A,3,tenant,,,,no',
    ])
    const { items } = await me.imports.rows({ id: seen.id })
    expect(items.map(({ state, changes }) => [state, changes])).toEqual([
      ['new', { lastName: ['Old', 'New'] }],
      ['new', { email: [null, 'boris@example.test'] }],
      ['unchanged', {}],
    ])
    const done = await me.start(seen.id)
    expect(done.counts).toMatchObject({ created: 2, peopleCreated: 0, peopleUpdated: 2 })
    expect(await peopleCount()).toBe(before)
    expect((await everybody()).map(({ name, email, unit }) => [name, email, unit])).toEqual([
      ['Anna New', 'Anna@Example.test', '1'],
      ['Boris Petrov', 'boris@example.test', '2'],
      ['Clara Ivanova', null, '3'],
    ])
    expect([byEmail.id, byPhone.id, byName.id]).toHaveLength(3)
  })

  it('is one new person in all rows with the same address, under one name', async () => {
    const seen = await upload([
      'Dora Dimova,dora@example.test,,A,1,owner,1,2025-01-01,,',
      'Dora Dimova,DORA@example.test,,A,2,owner,1,2025-01-01,,',
      'Dora Dimova,dora@example.test,,A,2,tenant,,2025-01-01,,',
      'Emil Dimov,dora@example.test,,A,3,owner,1,2025-01-01,,',
    ])
    expect(await problems(seen.id)).toEqual([
      [4, 'duplicate_in_file', 3],
      [5, 'other_name', 2],
    ])
    const done = await me.start(seen.id)
    expect(done.counts).toMatchObject({ created: 2, peopleCreated: 1 })
  })

  it('is nobody of another complex to its manager', async () => {
    const elsewhere = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
    const person = await buildPerson({ company, firstName: 'Fani', lastName: 'Far', email: 'fani@example.test' })
    await buildResidency({ unit: elsewhere, person })
    const manager = await importer(company, 'complex_manager', { complexes: [complex] })
    const seen = await upload(['Fani Near,fani@example.test,,A,1,tenant,,2025-01-01,,'], manager)
    expect((await manager.imports.rows({ id: seen.id })).items.map(({ changes }) => changes)).toEqual([{}])
    expect((await manager.start(seen.id)).counts).toMatchObject({ peopleCreated: 1, peopleUpdated: 0 })
  })
})

describe('a residency', () => {
  it('that is there is changed where the row says otherwise, and loses its share with ownership', async () => {
    const person = await buildPerson({
      company,
      firstName: 'Gero',
      lastName: 'Gerov',
      email: 'gero@example.test',
      phone: null,
    })
    await buildResidency({
      unit: units[0]!,
      person,
      kind: 'owner',
      shareNumerator: 1,
      shareDenominator: 2,
      startsOn: '2024-01-01',
    })
    const seen = await upload(['Gero Gerov,gero@example.test,0888 1,A,1,наемател,1/2,2024-02-01,2030-01-01,'])
    const [row] = (await me.imports.rows({ id: seen.id })).items
    expect(row).toMatchObject({
      state: 'changed',
      changes: {
        kind: ['owner', 'tenant'],
        share: ['1/2', null],
        startsOn: ['2024-01-01', '2024-02-01'],
        endsOn: [null, '2030-01-01'],
      },
    })
    await me.start(seen.id)
    expect(await everybody()).toMatchObject([{ kind: 'tenant', share: null, from: '2024-02-01', to: '2030-01-01' }])
    expect(await me.undo(seen.id)).toMatchObject({ status: 'undone' })
    expect(await everybody()).toMatchObject([
      { kind: 'owner', share: '1/2', from: '2024-01-01', to: null, phone: person.phone },
    ])
  })

  it('after one that has ended is a new one; one that would cross another is refused', async () => {
    const person = await buildPerson({ company, firstName: 'Hana', lastName: 'Hill', email: 'hana@example.test' })
    await buildResidency({ unit: units[0]!, person, kind: 'tenant', startsOn: '2020-01-01', endsOn: '2021-01-01' })
    await buildResidency({ unit: units[0]!, person, kind: 'tenant', startsOn: '2022-01-01', endsOn: '2023-01-01' })
    const seen = await upload([
      'Hana Hill,hana@example.test,,A,1,owner,,2024-01-01,,',
      'Hana Hill,hana@example.test,,A,2,owner,,2024-01-01,2023-01-01,',
    ])
    expect(await problems(seen.id)).toEqual([[3, 'ends_before_start', null]])
    expect(seen.counts).toMatchObject({ new: 1 })
    const crossing = await upload(['Hana Hill,hana@example.test,,A,1,tenant,,2020-06-01,2022-06-01,'])
    expect(await problems(crossing.id)).toEqual([[2, 'residency_overlaps', null]])
  })

  it('in a home that does not exist is refused', async () => {
    const seen = await upload(['Ivo Ivov,,,A,99,owner,,,,no', 'Ivo Ivov,,,Z,1,owner,,,,no'])
    expect(await problems(seen.id)).toEqual([
      [2, 'unit_unknown', null],
      [3, 'unit_unknown', null],
    ])
  })
})

describe('shares of the owners', () => {
  const owner = (serial: number, unit: string, share: string, more = '2025-01-01,') =>
    `Owner Nr${serial},o${serial}@example.test,,A,${unit},owner,${share},${more},`

  it('are never more than one whole, in the file and with those of the registry, exactly', async () => {
    await buildResidency({
      unit: units[1]!,
      kind: 'owner',
      shareNumerator: 1,
      shareDenominator: 3,
      startsOn: '2020-01-01',
    })
    const seen = await upload([
      owner(1, '1', '1/3'),
      owner(2, '1', '"33,33333333%"'),
      owner(3, '1', '1/3'),
      owner(4, '1', '1/1000000000000'),
      owner(5, '2', '2/3'),
      owner(6, '2', '1/1000000000000'),
      owner(7, '3', '1'),
      owner(8, '3', '1', '2020-01-01,2024-01-01'),
      owner(9, '3', '1/2', '2023-01-01,2026-01-01'),
    ])
    expect(await problems(seen.id)).toEqual([
      [7, 'shares_exceed_whole', null],
      [10, 'shares_exceed_whole', null],
    ])
    expect((await me.start(seen.id)).counts).toMatchObject({ created: 7, refused: 2 })
  })

  it('that somebody has taken in the meantime are not given away again', async () => {
    const seen = await upload([owner(1, '1', '1/2')])
    await buildResidency({
      unit: units[0]!,
      kind: 'owner',
      shareNumerator: 2,
      shareDenominator: 3,
      startsOn: '2020-01-01',
    })
    const done = await me.start(seen.id)
    expect(done).toMatchObject({ status: 'done_with_errors', counts: { created: 0, refused: 1 } })
    expect(await problems(seen.id)).toEqual([[2, 'shares_exceed_whole', null]])
  })

  it('may change hands in one file', async () => {
    const person = await buildPerson({ company, firstName: 'Owner', lastName: 'Nr1', email: 'o1@example.test' })
    await buildResidency({
      unit: units[0]!,
      person,
      kind: 'owner',
      shareNumerator: 1,
      shareDenominator: 1,
      startsOn: '2020-01-01',
    })
    const seen = await upload([owner(1, '1', '1/4', '2020-01-01,'), owner(2, '1', '3/4')])
    expect(seen.counts).toMatchObject({ changed: 1, new: 1, refused: 0 })
  })
})

/** Lived here once, lives in another complex now. */
const movedAway = async (email: string) => {
  const person = await buildPerson({ company, firstName: 'Vera', lastName: 'Vasileva', email })
  const past = { kind: 'tenant' as const, startsOn: '2024-01-01', endsOn: '2025-01-01' }
  await buildResidency({ unit: units[0]!, person, ...past })
  return person
}
const elsewhere = async () =>
  buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }), name: 'Z' }) })
const emailOf = async ({ id }: { id: string }) =>
  (await database.lookup<{ email: string }>('select email from people where id = $1', [id]))[0]?.email

describe('the address of somebody with a home in another complex', () => {
  it('is changed by who answers for all of their homes, and by nobody else', async () => {
    const manager = await importer(company, 'complex_manager', { complexes: [complex] })
    const person = await movedAway('vera@example.test')
    await buildResidency({ unit: await elsewhere(), person, kind: 'owner', startsOn: '2025-01-01' })
    const rows = [
      'Vera Vasileva,taken@example.test,,A,1,tenant,,2024-01-01,2025-01-01,',
      'Boyan Boev,boyan@example.test,,A,2,owner,1,2025-01-01,,',
    ]
    const seen = await upload(rows, manager)
    expect(await manager.refused(seen.id)).toEqual([
      {
        row: 2,
        problems: [{ column: 'email', problem: 'homes_elsewhere', value: 'taken@example.test', sameAsRow: null }],
      },
    ])
    expect((await manager.start(seen.id)).counts).toMatchObject({ created: 1, peopleUpdated: 0, refused: 1 })
    expect(await emailOf(person)).toBe('vera@example.test')
    expect((await me.start((await upload(rows)).id)).counts).toMatchObject({ peopleUpdated: 1 })
    expect(await emailOf(person)).toBe('taken@example.test')
  })

  it('stays as it is where the home is new since the preview, and where a correction is undone after it', async () => {
    const manager = await importer(company, 'complex_manager', { complexes: [complex] })
    const person = await movedAway('first@example.test')
    const corrected = await upload(['Vera Vasileva,second@example.test,,A,1,tenant,,2024-01-01,2025-01-01,'], manager)
    await manager.start(corrected.id)
    expect(await emailOf(person)).toBe('second@example.test')
    const seen = await upload(['Vera Vasileva,third@example.test,,A,1,tenant,,2024-01-01,2025-01-01,'], manager)
    expect(seen.counts).toMatchObject({ changed: 1 })
    await buildResidency({ unit: await elsewhere(), person, kind: 'owner', startsOn: '2025-01-01' })
    expect((await manager.start(seen.id)).counts).toMatchObject({ peopleUpdated: 0, refused: 1 })
    expect(await manager.undo(corrected.id)).toMatchObject({ undoRefusal: { reason: 'import.changed_since' } })
    expect(await emailOf(person)).toBe('second@example.test')
    await me.undo(corrected.id)
    expect(await emailOf(person)).toBe('first@example.test')
  })
})

describe('undoing', () => {
  it('is refused where somebody has meanwhile got the share, or the person the home, that it would give back', async () => {
    const [owner, tenant] = await Promise.all([
      buildPerson({ company, firstName: 'Olga', lastName: 'Orlova', email: 'olga@example.test' }),
      buildPerson({ company, firstName: 'Toma', lastName: 'Tomov', email: 'toma@example.test' }),
    ])
    const whole = { shareNumerator: 1, shareDenominator: 1, kind: 'owner' as const }
    const open = { startsOn: '2024-01-01' }
    await buildResidency({ unit: units[0]!, person: owner, ...whole, ...open })
    await buildResidency({ unit: units[1]!, person: tenant, kind: 'tenant', ...open })
    const [sold, left] = [
      await me.load({
        kind: 'people',
        complexId: complex.id,
        name: 'sold.csv',
        content: csv('Olga Orlova,olga@example.test,,A,1,owner,,2024-01-01,2025-01-01,'),
      }),
      await me.load({
        kind: 'people',
        complexId: complex.id,
        name: 'left.csv',
        content: csv('Toma Tomov,toma@example.test,,A,2,tenant,,2024-01-01,2025-01-01,'),
      }),
    ]
    await buildResidency({ unit: units[0]!, ...whole, startsOn: '2025-01-01' })
    await buildResidency({
      unit: units[1]!,
      person: tenant,
      kind: 'tenant',
      startsOn: '2025-06-01',
      endsOn: '2027-01-01',
    })
    const before = await everybody()
    for (const [{ id }, reason] of [
      [sold, 'property.shares_exceed_whole'],
      [left, 'property.residency_overlaps'],
    ] as const)
      expect(await me.undo(id)).toMatchObject({ status: 'done', undoRefusal: { reason, changed: null, rows: [] } })
    expect(await everybody()).toEqual(before)
  })

  it('removes the people it made with their homes, and refuses once one of them has an account', async () => {
    const before = await peopleCount()
    const seen = await upload(['Jana Janeva,jana@example.test,,A,1,owner,1,2025-01-01,,'])
    await me.start(seen.id)
    const user = await buildUser()
    const link = (userId: string | null) =>
      database.lookup(
        `update people set user_id = $1 where company_id = $2 and email = 'jana@example.test' returning 1`,
        [userId, company.id],
      )
    await link(user.id)
    expect(await me.undo(seen.id)).toMatchObject({ undoRefusal: { reason: 'import.changed_since' } })
    const again = await upload(['Kosta Kostov,kosta@example.test,,A,2,owner,1,2025-01-01,,'])
    await me.start(again.id)
    await me.undo(again.id)
    expect((await everybody()).map(({ name }) => name)).toEqual(['Jana Janeva'])
    expect(await peopleCount()).toBe(before + 1)
  })
})
