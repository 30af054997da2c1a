import { buildBuilding, buildCompany, buildComplex, buildEntrance, buildUnit } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal } from '../../../test/callers.ts'
import { csv, importer, work, type Importer } from '../../../test/imports.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const unitsOf = async (complexId: string) =>
  (await as(company, 'director').property.units.list({ complexId, limit: 100 })).items

describe('the upsert', () => {
  it('changes what differs, keeps what the file leaves blank, and shows both before', async () => {
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex, name: 'A' })
    const entrance = await buildEntrance({ building, number: '1' })
    await buildUnit({ building, entranceId: entrance.id, number: '1', type: 'studio', floor: 2, areaM2: '40.00' })
    await buildUnit({ building, entranceId: entrance.id, number: '2', type: 'studio', floor: 2, areaM2: '50.00' })
    const content = csv('A,,1,3,40', 'A,1,2,2,50', 'A,2,3,,60')
    const seen = await me.preview({ complexId: complex.id, name: 'upsert.csv', content })
    expect(seen.counts).toMatchObject({ rows: 3, new: 1, changed: 1, unchanged: 1, refused: 0 })
    const { items } = await me.imports.rows({ id: seen.id })
    expect(items.map(({ row, state, changes }) => [row, state, changes])).toEqual([
      [2, 'changed', { floor: [2, 3] }],
      [3, 'unchanged', {}],
      [4, 'new', {}],
    ])
    const done = await me.start(seen.id)
    expect(done).toMatchObject({
      status: 'done',
      counts: { created: 1, updated: 1, entrancesCreated: 1, different: 0 },
    })
    expect(
      (await unitsOf(complex.id)).map((unit) => [
        unit.number,
        unit.entrance?.number,
        unit.type,
        unit.floor,
        unit.areaM2,
      ]),
    ).toEqual([
      ['1', '1', 'studio', 3, '40.00'],
      ['2', '1', 'studio', 2, '50.00'],
      ['3', '2', 'apartment', null, '60.00'],
    ])
  })

  it('applies what is true by then, and says how many rows turned out otherwise than in the preview', async () => {
    const complex = await buildComplex({ company })
    const seen = await me.preview({ complexId: complex.id, name: 'a.csv', content: csv('A,,1,3,40', 'A,,2,3,40') })
    const building = await buildBuilding({ complex, name: 'A' })
    await buildUnit({ building, number: '1', floor: 1, areaM2: '40.00' })
    const done = await me.start(seen.id)
    expect(done.counts).toMatchObject({ new: 1, changed: 1, created: 1, updated: 1, buildingsCreated: 0, different: 1 })
    expect((await unitsOf(complex.id)).map(({ number, floor }) => [number, floor])).toEqual([
      ['1', 3],
      ['2', 3],
    ])
  })

  it('of one file by two people at once makes each unit once, and the second finds it unchanged', async () => {
    const complex = await buildComplex({ company })
    const content = csv(...Array.from({ length: 300 }, (_, index) => `A,${index % 4},${index},,40`))
    const other = await importer(company)
    const [mine, theirs] = await Promise.all(
      [me, other].map((who) => who.preview({ complexId: complex.id, name: 'a.csv', content })),
    )
    const results = await Promise.all([me.start(mine!.id), other.start(theirs!.id)])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(results.map(({ counts }) => counts.created).toSorted((a, b) => a - b)).toEqual([0, 300])
    expect(results.map(({ counts }) => counts.unchanged).toSorted((a, b) => a - b)).toEqual([0, 300])
  })

  it('finds the complex of each row by its name where none was chosen, and only those of the caller', async () => {
    const [one, two] = [
      await buildComplex({ company, name: 'Sea View' }),
      await buildComplex({ company, name: 'Hill' }),
    ]
    const content = [
      'Complex,Building,Number,Area',
      'sea view,A,1,40',
      'Hill,A,1,40',
      'Nowhere,A,1,40',
      ',A,2,40',
    ].join('\n')
    const done = await me.load({ name: 'a.csv', content })
    expect(done).toMatchObject({ complex: null, counts: { created: 2, refused: 2 } })
    expect([(await unitsOf(one.id)).length, (await unitsOf(two.id)).length]).toEqual([1, 1])
    const manager = await importer(company, 'complex_manager', { complexes: [one] })
    const seen = await manager.preview({ name: 'a.csv', content })
    expect((await manager.refused(seen.id)).map(({ row, problems }) => [row, problems[0]?.problem])).toEqual([
      [3, 'complex_unknown'],
      [4, 'complex_unknown'],
      [5, 'complex_unknown'],
    ])
  })
})

describe('the columns', () => {
  const odd = ['Haus,Nr,Fläche', 'A,1,40', 'A,2,50'].join('\n')

  it('can be named by hand, which is remembered in the company for files with the same headers', async () => {
    const complex = await buildComplex({ company })
    const seen = await me.preview({ complexId: complex.id, name: 'a.csv', content: odd })
    expect(seen).toMatchObject({ status: 'ready', missing: ['building', 'number', 'areaM2'], counts: { new: 0 } })
    expect(seen.columns.map(({ header, samples, column }) => [header, samples, column])).toEqual([
      ['Haus', ['A'], null],
      ['Nr', ['1', '2'], null],
      ['Fläche', ['40', '50'], null],
    ])
    await expect(me.imports.start({ id: seen.id })).rejects.toMatchObject(
      refusal('CONFLICT', 'import.nothing_to_apply'),
    )
    const mapping = { building: 0, number: 1, areaM2: 2 }
    expect(await me.imports.map({ id: seen.id, mapping })).toMatchObject({ status: 'reading' })
    await work(seen.id, 'imports.mapped')
    expect(await me.imports.get({ id: seen.id })).toMatchObject({ status: 'ready', missing: [], counts: { new: 2 } })
    const again = await me.preview({ complexId: complex.id, name: 'b.csv', content: odd })
    expect(again.counts).toMatchObject({ new: 2 })
    const elsewhere = await buildCompany()
    const stranger = await importer(elsewhere)
    expect((await stranger.preview({ name: 'b.csv', content: odd })).counts).toMatchObject({ new: 0 })
  })

  it('refuse columns that the file has not, one column for two things, and another kind of thing', async () => {
    const complex = await buildComplex({ company })
    const { id } = await me.preview({ complexId: complex.id, name: 'a.csv', content: odd })
    for (const mapping of [{ building: 3 }, { building: 0, number: 0 }, { email: 0 }])
      await expect(me.imports.map({ id, mapping })).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })
})

describe('rows from a program', () => {
  it('by several at once create each unit once, and are imports like others', async () => {
    const complex = await buildComplex({ company })
    const rows = Array.from({ length: 200 }, (_, index) => ({ building: 'A', number: String(index), areaM2: '10' }))
    const { imports: api } = me
    const results = await Promise.all(Array.from({ length: 6 }, () => api.units({ complexId: complex.id, rows })))
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(200)
    expect(results.reduce((sum, { buildingsCreated }) => sum + buildingsCreated, 0)).toBe(1)
    const listed = (await api.list({ limit: 6 })).items
    expect(new Set(listed.map(({ fileName, status }) => `${fileName} ${status}`))).toEqual(new Set(['units.json done']))
    const maker = listed.find(({ counts }) => counts.created === 200)
    await me.undo(maker!.id)
    expect(await unitsOf(complex.id)).toEqual([])
  })

  it('are refused with two rows for one unit, unknown keys and more than 500 rows', async () => {
    const complex = await buildComplex({ company })
    const { imports: api } = me
    const row = { building: 'A', number: '1', areaM2: '10' }
    for (const rows of [
      [row, row],
      [{ ...row, companyId: company.id }],
      [],
      Array.from({ length: 501 }, (_, i) => ({ ...row, number: `${i}` })),
    ])
      await expect(api.units({ complexId: complex.id, rows })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })
})
