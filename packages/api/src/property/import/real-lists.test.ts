import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as } from '../../../test/callers.ts'
import { fixture, importer, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const everyUnit = async (complexId: string) => {
  const { property } = as(company, 'director')
  const items = []
  let cursor: string | undefined
  do {
    const page = await property.units.list({ complexId, limit: 100, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return items
}

const problem = (column: string, name: string, value: string, sameAsRow: number | null = null) => ({
  column,
  problem: name,
  value,
  sameAsRow,
})

it('in Bulgarian, from a spreadsheet: merged blocks, words for floors, decimal commas, a totals row', async () => {
  const complex = await buildComplex({ company })
  const seen = await me.preview({
    complexId: complex.id,
    name: 'units-bg.xlsx',
    content: await fixture('units-bg.xlsx'),
  })
  expect(seen).toMatchObject({
    status: 'ready',
    counts: { rows: 148, new: 144, changed: 0, unchanged: 0, refused: 4, skipped: 0 },
    missing: [],
    allowed: ['map', 'start', 'cancel'],
  })
  expect(await me.refused(seen.id)).toEqual([
    { row: 77, problems: [problem('number', 'number_missing', '')] },
    { row: 78, problems: [problem('areaM2', 'area_not_positive', '-4')] },
    { row: 79, problems: [problem('areaM2', 'area_not_a_number', 'н.д.')] },
    { row: 80, problems: [problem('number', 'duplicate_in_file', '005', 8)] },
  ])
  expect(await everyUnit(complex.id)).toEqual([])

  const done = await me.start(seen.id)
  expect(done).toMatchObject({
    status: 'done_with_errors',
    counts: { created: 144, updated: 0, buildingsCreated: 2, entrancesCreated: 6, different: 0 },
    allowed: ['undo'],
  })
  const units = await everyUnit(complex.id)
  const inBuilding = (name: string) => units.filter(({ building }) => building.name === name)
  expect([inBuilding('А').length, inBuilding('Б').length]).toEqual([72, 72])
  expect(units.filter(({ entrance }) => entrance === null)).toHaveLength(12)
  expect(inBuilding('А').find(({ number }) => number === '001')).toMatchObject({
    type: 'commercial',
    floor: 0,
    areaM2: '118.72',
    share: { numerator: 537, denominator: 100_000 },
    entrance: { number: '1' },
  })
  expect(inBuilding('Б').find(({ number }) => number === 'Г6')).toMatchObject({ type: 'parking', floor: -1 })
  expect(inBuilding('Б').find(({ number }) => number === '66А')).toMatchObject({ areaM2: '105.71', floor: 5 })
})

it('in Russian, from an old export: Windows-1251, semicolons, quotes in quoted fields', async () => {
  const complex = await buildComplex({ company })
  const done = await me.load({ complexId: complex.id, name: 'units-ru.csv', content: await fixture('units-ru.csv') })
  expect(done.counts).toMatchObject({ created: 160, buildingsCreated: 2, entrancesCreated: 4, refused: 2 })
  expect((await me.refused(done.id)).map(({ row, problems }) => [row, problems.map((each) => each.problem)])).toEqual([
    [162, ['number_missing']],
    [163, ['area_missing']],
  ])
  expect(
    (await everyUnit(complex.id)).find(({ building, number }) => building.name === '2А' && number === '160'),
  ).toMatchObject({ type: 'commercial', floor: 20, areaM2: '76.93' })
})

describe('of people', () => {
  it('in English, with a mark, shares as parts and percent: tenants have none, an account needs an address', async () => {
    const complex = await buildComplex({ company })
    await me.load({ complexId: complex.id, name: 'units-bg.xlsx', content: await fixture('units-bg.xlsx') })
    const given = {
      kind: 'people' as const,
      complexId: complex.id,
      name: 'people-en.csv',
      content: await fixture('people-en.csv'),
    }
    const seen = await me.preview(given)
    expect(seen.counts).toMatchObject({ rows: 62, new: 60, refused: 2 })
    expect(await me.refused(seen.id)).toEqual([
      { row: 62, problems: [problem('email', 'email_missing', '')] },
      { row: 63, problems: [problem('share', 'share_above_whole', '3/2')] },
    ])
    const done = await me.start(seen.id)
    expect(done).toMatchObject({
      status: 'done_with_errors',
      counts: { created: 60, peopleCreated: 60, peopleUpdated: 0, applied: 60 },
    })
    const rows = await database.lookup<{ kind: string; share: string | null; count: number }>(
      `select r.kind, r.share_numerator || '/' || r.share_denominator as share, count(*)::int as count
       from residencies r join units u on u.id = r.unit_id where u.complex_id = $1 and r.deleted_at is null group by 1, 2 order by 1, 2`,
      [complex.id],
    )
    expect(rows).toEqual([
      { kind: 'owner', share: '1/1', count: 30 },
      { kind: 'owner', share: '1/2', count: 10 },
      { kind: 'tenant', share: null, count: 20 },
    ])
    const again = await me.load(given)
    expect(again.counts).toMatchObject({ new: 0, changed: 0, unchanged: 60, refused: 2, created: 0 })
  })
})
