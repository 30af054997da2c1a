import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  database,
  type Company,
} from '../test/factories.ts'

let home: Company
let elsewhere: Company
beforeAll(async () => {
  ;[home, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
  for (const company of [home, elsewhere]) {
    const people = [
      ['Мария', 'Иванова', 'm.ivanova@example.test', '+359 88 123 4567'],
      ['Иван', 'Петров', 'vanko@example.test', '00359 (88) 765-4321'],
      ['Anna', 'O’Brien 100%', null, '088 555 0101'],
    ] as const
    for (const [firstName, lastName, email, phone] of people)
      await buildPerson({ company, firstName, lastName, email, phone })
    await buildPerson({ company, firstName: 'Removed', lastName: 'Иванова', deletedAt: new Date() })
  }
})

type Named = { name: string; company: string }

/** Ids of the function, read again under row-level security, in its order. */
const people = async (q: string, company: { id: string } = home, atMost = 50, complexes: string[] | null = null) => {
  const within = complexes && `{${complexes.join(',')}}`
  const rows = await database.company({ companyId: company.id }, 'read', (db) =>
    db.execute<Named>(sql`
      select p.first_name as name, p.company_id as company
      from search_people(${q}, ${atMost}, ${within}::uuid[]) with ordinality f (id, place) join people p on p.id = f.id order by place`),
  )
  expect(new Set(rows.map((row) => row.company)).size).toBeLessThan(2)
  return rows.map(({ name }) => name)
}

describe('search_people', () => {
  it.each([
    ['иванова', ['Мария']],
    ['ИВ', ['Мария', 'Иван']],
    ['мария  ивано', ['Мария']],
    ['иванова мар', ['Мария']],
    ['ванов', ['Мария']],
    ['ивонова', ['Мария']],
    ['марея иванова', ['Мария', 'Иван']],
    ['ивонова мария', ['Мария']],
    ['M.IVANOVA@', ['Мария']],
    ['vanko', ['Иван']],
    ['0881234567', ['Мария']],
    ['+359 88 765', ['Иван']],
    ['0088', []],
    ['4321', ['Иван']],
    ['100%', ['Anna']],
    ['%', []],
    ['__', []],
    ['', []],
    ['\\', []],
    ['removed', []],
    ["'; drop table people", []],
  ])('%s finds %j', async (q, found) => {
    expect(await people(q)).toEqual(found)
    expect(await people(q, elsewhere)).toEqual(found)
  })

  it('gives no more than was asked for, nor than 200', async () => {
    const company = await buildCompany()
    for (let i = 0; i < 5; i++) await buildPerson({ company, firstName: 'Ada', lastName: `Lovelace ${i}` })
    expect(await people('lovelace', company, 3)).toHaveLength(3)
    expect(await people('lovelace', company, 1e9)).toHaveLength(5)
    expect(await people('lovelace', company, -1)).toEqual([])
  })

  it('finds only who lives in the complexes asked for, however many others come before', async () => {
    const company = await buildCompany()
    const [near, far] = [await buildComplex({ company }), await buildComplex({ company })]
    const move = async (complex: typeof near, firstName: string, phone: string | null = null) => {
      const person = await buildPerson({ company, firstName, lastName: 'Lovelace', phone })
      await buildResidency({ unit: await buildUnit({ building: await buildBuilding({ complex }) }), person })
    }
    for (const name of ['Aa', 'Ab', 'Ac']) await move(far, name, '+359 88 111 2233')
    await move(near, 'Zoe', '+359 88 111 2244')
    await buildPerson({ company, firstName: 'Aaron', lastName: 'Lovelace' })
    for (const q of ['lovelace', 'lovelase', 'ovelac', 'zoe', '0881112', 'lovelace z'])
      expect(await people(q, company, 1, [near.id]), q).toEqual(['Zoe'])
    expect(await people('lovelace', company, 50, [near.id, far.id])).toEqual(['Aa', 'Ab', 'Ac', 'Zoe'])
    expect(await people('lovelace', company, 50, [])).toEqual([])
    expect(await people('lovelace', elsewhere, 50, [near.id])).toEqual([])
  })

  it('finds the same people, in the same order, for who cares for a thousand homes and for who cares for more', async () => {
    const company = await buildCompany()
    const [near, far] = [await buildComplex({ company }), await buildComplex({ company })]
    const nearBlock = await buildBuilding({ complex: near })
    const farBlock = await buildBuilding({ complex: far })
    const move = async (building: typeof nearBlock, firstName: string, email: string, phone: string | null = null) => {
      const person = await buildPerson({ company, firstName, lastName: 'Lovelace', email, phone })
      await buildResidency({ unit: await buildUnit({ building }), person })
    }
    for (const name of ['Aa', 'Ab', 'Ac']) await move(farBlock, name, `${name}@far.test`, '+359 88 111 2233')
    await move(nearBlock, 'Zoe', 'zoe@near.test', '+359 88 111 2244')
    await move(nearBlock, 'Lovely', 'aa@near.test')
    const asked = [
      'love',
      'lovelace',
      'lovelase',
      'ovelac',
      'zoe',
      'aa',
      '0881112',
      '2244',
      'lovelace z',
      'zoe@n',
      'far.test',
      '12',
    ]
    const answers = async () => {
      const found: Record<string, string[]> = {}
      for (const q of asked) found[q] = await people(q, company, 50, [near.id])
      return found
    }
    const few = await answers()
    expect(few).toMatchObject({
      love: ['Lovely', 'Zoe'],
      aa: ['Lovely'],
      '0881112': ['Zoe'],
      'lovelace z': ['Zoe'],
      'far.test': [],
    })
    expect(few['lovelase']!.toSorted()).toEqual(['Lovely', 'Zoe'])
    await database.system({}, 'write', (db) =>
      db.execute(sql`insert into units (company_id, id, complex_id, building_id, number, number_sort)
        select ${company.id}, gen_random_uuid(), ${near.id}, ${nearBlock.id}, 'X' || n, 'X' || n from generate_series(1, 1001) n`),
    )
    expect(await answers()).toEqual(few)
  })

  it('finds nothing where no company was opened, and is closed to other roles', async () => {
    const [row] = await database.company({ companyId: home.id }, 'read', (db) =>
      db.execute<{ count: number }>(sql`
        select count(*)::int as count from set_config('app.company_id', '', true) cleared, search_people('иванова')`),
    )
    expect(row).toEqual({ count: 0 })
    await expect(database.lookup(`select * from search_people('a')`, [])).rejects.toMatchObject({ code: '42501' })
  })
})
