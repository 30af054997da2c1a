import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildUnit,
  database,
  type Company,
} from '../test/factories.ts'

let home: Company
let elsewhere: Company
beforeAll(async () => {
  ;[home, elsewhere] = await Promise.all([buildCompany(), buildCompany()])
  for (const company of [home, elsewhere]) {
    const building = await buildBuilding({ complex: await buildComplex({ company }) })
    for (const number of ['12', '12А', '120', '112', '5%', '5_1']) await buildUnit({ building, number })
    await buildUnit({ building, number: '121', deletedAt: new Date() })
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
const people = async (q: string, company: { id: string } = home, atMost = 50) => {
  const rows = await database.company({ companyId: company.id }, 'read', (db) =>
    db.execute<Named>(sql`
      select p.first_name as name, p.company_id as company
      from search_people(${q}, ${atMost}) with ordinality f (id, place) join people p on p.id = f.id order by place`),
  )
  expect(new Set(rows.map((row) => row.company)).size).toBeLessThan(2)
  return rows.map(({ name }) => name)
}

const units = async (q: string, atMost = 50) => {
  const rows = await database.company({ companyId: home.id }, 'read', (db) =>
    db.execute<{ number: string }>(sql`
      select u.number from search_units(${q}, ${atMost}) with ordinality f (id, place) join units u on u.id = f.id order by place`),
  )
  return rows.map(({ number }) => number)
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

  it('finds nothing where no company was opened, and is closed to other roles', async () => {
    const [row] = await database.company({ companyId: home.id }, 'read', (db) =>
      db.execute<{ count: number }>(sql`
        select count(*)::int as count from set_config('app.company_id', '', true) cleared, search_people('иванова')`),
    )
    expect(row).toEqual({ count: 0 })
    for (const call of [`search_people('a')`, `search_units('1')`])
      await expect(database.lookup(`select * from ${call}`, [])).rejects.toMatchObject({ code: '42501' })
  })
})

describe('search_units', () => {
  it.each([
    ['12', ['12', '120', '12А']],
    ['12а', ['12А']],
    ['5%', ['5%']],
    ['5_', ['5_1']],
    ['%', []],
    [' ', []],
  ])('%s finds %j', async (q, found) => expect(await units(q)).toEqual(found))

  it('gives no more than was asked for', async () => expect(await units('1', 2)).toEqual(['112', '12']))
})
