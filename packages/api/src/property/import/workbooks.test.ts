import { randomBytes } from 'node:crypto'
import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as } from '../../../test/callers.ts'
import { importer, type Importer } from '../../../test/imports.ts'
import { book, cell, NS, sheet, zip } from '../../../test/workbooks.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const everyUnit = async (complex: { id: string }) =>
  (await as(company, 'director').property.units.list({ complexId: complex.id, limit: 100 })).items

const problemsOf = async (id: string) => (await me.refused(id)).map(({ row, problems }) => [row, problems[0]?.problem])

const GOOD = sheet([
  ['Building', 'Number', 'Area'],
  ['A', '007', 40.1],
])

describe('a spreadsheet by another program', () => {
  it('is read past a cover sheet, without cell references, by the cached value of a formula, as shown in percent', async () => {
    const complex = await buildComplex({ company })
    const formula = '<c><f>20*2+0.1</f><v>40.1</v></c>'
    const xml = `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>
      <x:row>${['Building', 'Number', 'Area', 'Share'].map((text) => `<x:c t="str"><x:v>${text}</x:v></x:c>`).join('')}</x:row>
      <x:row><x:c t="str"><x:v>A</x:v></x:c><x:c t="str"><x:v>007</x:v></x:c>${formula.replaceAll(/<(\/?)/g, '<$1x:')}<x:c s="1"><x:v>0.12345</x:v></x:c></x:row>
    </x:sheetData></x:worksheet>`
    const styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="10"/></cellXfs>'
    const file = book({ sheets: [sheet([['Our house'], ['2026']]), xml], styles })
    expect((await me.load({ complexId: complex.id, name: 'other.xlsx', content: file })).counts).toMatchObject({
      created: 1,
      refused: 0,
    })
    expect((await everyUnit(complex))[0]).toMatchObject({
      number: '007',
      areaM2: '40.10',
      share: { numerator: 2469, denominator: 20_000 },
    })
  })
})

const SEVERAL_ROWS = [
  ['Building', 'Entrance', 'Number', 'Area'],
  ['A', '1', '1', 40],
  ['', '', '2', 40],
  ['B', '', '1', 40],
  ['', '2', '2', 40],
]
const mergeCells = (...refs: string[]) =>
  `<mergeCells>${refs.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`

describe('merged cells', () => {
  const placesOf = async (target: { id: string }) =>
    (await everyUnit(target)).map(({ building, entrance, number }) => [building.name, number, entrance?.number]).sort()

  it('say the same of each of their rows, in whatever order and however often they are listed', async () => {
    const complex = await buildComplex({ company })
    const more = mergeCells('A4:A5', 'B2:B3', 'A2:A3', 'A2:A3', 'A1:D1', 'C9:C8', 'A6:A1048576')
    await me.load({
      complexId: complex.id,
      name: 'merged.xlsx',
      content: book({ sheets: [sheet(SEVERAL_ROWS, more)] }),
    })
    expect(await placesOf(complex)).toEqual([
      ['A', '1', '1'],
      ['A', '2', '1'],
      ['B', '1', undefined],
      ['B', '2', '2'],
    ])
  })

  it('cost no more than reading them, however many rows they span', { timeout: 10_000 }, async () => {
    const complex = await buildComplex({ company })
    const rows = Array.from({ length: 9_999 }, (_, index) => [index === 0 ? 'A' : '', String(index), 40])
    const more = mergeCells(...Array.from({ length: 49_000 }, () => 'A2:A10000'))
    const padding = { name: 'xl/media/a', content: randomBytes(100_000) }
    const file = book({ sheets: [sheet([['Building', 'Number', 'Area'], ...rows], more)], extra: [padding] })
    const seen = await me.preview({ complexId: complex.id, name: 'tall.xlsx', content: file })
    expect(seen.counts).toMatchObject({ new: 9_999, refused: 0 })
  })
})

const manyRows = (count: number) =>
  `<row>${cell('Building')}${cell('Number')}${cell('Area')}</row>${'<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>'.repeat(count)}`

/** Half a megabyte of shared text in each of its rows. */
const longTexts = () => {
  const long = 'x'.repeat(500)
  return sheet([
    ['Building', 'Number', 'Area'],
    ...Array.from({ length: 4_000 }, () => Array.from({ length: 40 }, () => long)),
  ])
}

const keptOf = async (id: string) => {
  const [kept] = await database.lookup<{ pieces: number; rows: number }>(
    `select (select count(*)::int from import_files where import_id = $1) as pieces,
       (select count(*)::int from import_rows where import_id = $1) as rows`,
    [id],
  )
  return kept
}

describe('a hostile file', () => {
  const mebibyte = Buffer.alloc(1024 * 1024)
  const zeros = (count: number) => Buffer.concat(Array.from({ length: count }, () => mebibyte))
  const good = { sheets: [GOOD] }
  const part = (name: string, content: Buffer | string = '<x/>') => ({ name, content: Buffer.from(content) })

  const files: Record<string, () => [reason: string, fileName: string, bytes: Buffer]> = {
    'that inflates beyond its size': () => [
      'suspicious',
      'a.xlsx',
      book({ ...good, extra: [part('xl/media/a', zeros(20))] }),
    ],
    'that inflates to more than it claims': () => [
      'suspicious',
      'a.xlsx',
      zip([{ name: 'xl/workbook.xml', content: zeros(5), claims: 100 }]),
    ],
    'with too many parts': () => [
      'suspicious',
      'a.xlsx',
      book({ ...good, extra: Array.from({ length: 100 }, (_, i) => part(`p${i}`)) }),
    ],
    'with encrypted parts': () => ['encrypted', 'a.xlsx', book({ ...good, extra: [{ ...part('x'), flags: 1 }] })],
    'with a macro': () => ['macros', 'a.xlsx', book({ ...good, extra: [part('xl/vbaProject.bin')] })],
    'with links to other workbooks': () => [
      'external_links',
      'a.xlsx',
      book({ ...good, extra: [part('xl/externalLinks/externalLink1.xml')] }),
    ],
    'with a name twice': () => ['suspicious', 'a.xlsx', book({ ...good, extra: [part('x'), part('x')] })],
    'with a document type': () => [
      'suspicious',
      'a.xlsx',
      book({ sheets: [`<!DOCTYPE worksheet [<!ENTITY a "b">]>${GOOD}`] }),
    ],
    'with more merged ranges than any list': () => [
      'suspicious',
      'a.xlsx',
      book({
        sheets: [sheet(SEVERAL_ROWS, mergeCells(...Array.from({ length: 50_001 }, () => 'A2:A3')))],
        extra: [part('xl/media/a', randomBytes(100_000))],
      }),
    ],
    'with broken XML': () => ['unreadable', 'a.xlsx', book({ sheets: [GOOD.replace('</row>', '')] })],
    'that is cut off': () => ['unreadable', 'a.xlsx', book(good).subarray(0, 400)],
    'without a header': () => ['header_not_found', 'a.xlsx', book({ sheets: [sheet([['a', 'b', 'c']])] })],
    'that is a PDF': () => ['unsupported_format', 'a.pdf', Buffer.from('%PDF-1.7')],
    'that is an old workbook': () => ['unsupported_format', 'a.xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0])],
    'that is a workbook with another name': () => ['unsupported_format', 'a.csv', book(good)],
    'that is text with another name': () => ['unsupported_format', 'a.xlsx', Buffer.from('Building,Number,Area\n')],
    'that is empty': () => ['unreadable', 'a.csv', Buffer.alloc(0)],
    'with zero bytes in its text': () => ['unsupported_format', 'a.csv', Buffer.from('Building,Number,Area\nA,\0,1\n')],
    'that is protected with a password': () => ['encrypted', 'a.xlsx', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0])],
    'with a million rows': () => [
      'too_many_rows',
      'a.csv',
      Buffer.from(`Building,Number,Area\n${'A,1,2\n'.repeat(1_000_000)}`),
    ],
    'with a million rows in a workbook': () => [
      'too_many_rows',
      'a.xlsx',
      book({
        sheets: [`<worksheet ${NS}><sheetData>${manyRows(1_000_000)}</sheetData></worksheet>`],
        extra: [part('xl/media/a', randomBytes(1_000_000))],
      }),
    ],
    'with 16,000 columns': () => [
      'too_many_columns',
      'a.xlsx',
      book({
        sheets: [
          sheet([
            ['Building', 'Number', 'Area', ...Array.from({ length: 16_000 }, (_, i) => `C${i}`)],
            ['A', '1', 40],
          ]),
        ],
      }),
    ],
    'with 16,000 columns of text': () => [
      'too_many_columns',
      'a.csv',
      Buffer.from(`Building,Number,Area${',x'.repeat(16_000)}\nA,1,40\n`),
    ],
    'that says one long text in every cell': () => [
      'too_large',
      'a.xlsx',
      book({ ...good, sheets: [longTexts()], extra: [part('xl/media/a', randomBytes(1_200_000))] }),
    ],
  }

  it.each(Object.entries(files))('%s is refused and leaves nothing', async (_name, build) => {
    const complex = await buildComplex({ company })
    const mine = await importer(company)
    const [reason, name, content] = build()
    const started = performance.now()
    const seen = await mine.preview({ complexId: complex.id, name, content })
    expect(seen).toMatchObject({ status: 'failed', failure: `import.${reason}`, allowed: [], counts: { rows: 0 } })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(await keptOf(seen.id)).toEqual({ pieces: 0, rows: 0 })
  })

  it('that lists one sheet thousands of times is read once', async () => {
    const complex = await buildComplex({ company })
    const rows = Array.from({ length: 9_000 }, (_, index) => [index, index])
    const again = book({ sheets: [sheet(rows)], extra: [part('xl/media/a', randomBytes(100_000))], listed: 5_000 })
    const seen = await me.preview({ complexId: complex.id, name: 'again.xlsx', content: again })
    expect(seen.failure).toBe('import.header_not_found')
  })

  it('whose rows are numbered with anything else than numbers is told of rows by their place', async () => {
    const complex = await buildComplex({ company })
    const row = (r: string) => `<row r="${r}">${cell('A')}${cell('1')}${cell('none')}</row>`
    const odd = GOOD.replace('</sheetData>', `${['abc', '1e999', '-1', '00', ''].map(row).join('')}</sheetData>`)
    const seen = await me.preview({ complexId: complex.id, name: 'rows.xlsx', content: book({ sheets: [odd] }) })
    expect(await problemsOf(seen.id)).toEqual([3, 4, 5, 6, 7].map((place) => [place, 'area_not_a_number']))
  })

  it('with a cell at the far corner costs nothing', async () => {
    const complex = await buildComplex({ company })
    const far = GOOD.replace('</sheetData>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    const seen = await me.preview({ complexId: complex.id, name: 'far.xlsx', content: book({ sheets: [far] }) })
    expect(seen.counts).toMatchObject({ new: 1, refused: 0 })
  })
})
