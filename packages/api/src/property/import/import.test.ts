import { execFileSync } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { deflateRawSync, crc32 } from 'node:zlib'
import { eq, and } from 'drizzle-orm'
import type { Role } from '@servai/contract/roles'
import { auditLog } from '@servai/db/schema/audit'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildUnit,
  database,
} from '@servai/db/test/factories'
import { roleGrants } from '@servai/db/schema/grants'
import { sessions } from '@servai/db/schema/sessions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, buildRequest, employ, signIn } from '../../../test/callers.ts'
import { importUnitsFile, openUnitsFile } from './service.ts'

const fixture = (name: string) => readFile(new URL(`../../../test/fixtures/${name}`, import.meta.url))

type Target = { id: string; companyId: string }

const uploader = async (company: { id: string }, role: Role, complexes?: { id: string }[]) => {
  const { user, contextKey } = await employ(company, role, complexes && { complexes })
  const { accessToken } = await signIn(user)
  return async (complexId: string, fileName: string, bytes: Buffer | string) => {
    const request = buildRequest({ accessToken, contextKey })
    await openUnitsFile(request, { complexId })
    const path = join(folder, `${++written}`)
    await writeFile(path, bytes)
    return importUnitsFile(request, { complexId, fileName, path })
  }
}

let folder: string
let written = 0
let company: { id: string }
let upload: Awaited<ReturnType<typeof uploader>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servai-import-'))
  company = await buildCompany()
  upload = await uploader(company, 'director')
})

afterAll(() => rm(folder, { recursive: true }))

const reasons = ({ refused }: { refused: { row: number; problem: string }[] }) =>
  refused.map(({ row, problem }) => [row, problem])

const everyUnit = async (target: Target) => {
  const { property } = as({ id: target.companyId }, 'director')
  const items = []
  let cursor: string | undefined
  do {
    const page = await property.units.list({ complexId: target.id, limit: 100, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return items
}

describe('a real list', () => {
  it('in Bulgarian, from a spreadsheet: merged blocks, words for floors, decimal commas, a totals row', async () => {
    const complex = await buildComplex({ company })
    const result = await upload(complex.id, 'units-bg.xlsx', await fixture('units-bg.xlsx'))
    expect(result).toMatchObject({ created: 144, updated: 0, unchanged: 0, buildingsCreated: 2, entrancesCreated: 6 })
    expect(result.refused).toEqual([
      { row: 77, column: 'number', problem: 'number_missing', value: '', sameAsRow: null },
      { row: 78, column: 'areaM2', problem: 'area_not_positive', value: '-4', sameAsRow: null },
      { row: 79, column: 'areaM2', problem: 'area_not_a_number', value: 'н.д.', sameAsRow: null },
      { row: 80, column: 'number', problem: 'duplicate_in_file', value: '005', sameAsRow: 8 },
    ])
    const units = await everyUnit(complex)
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
    const result = await upload(complex.id, 'units-ru.csv', await fixture('units-ru.csv'))
    expect(result).toMatchObject({ created: 160, buildingsCreated: 2, entrancesCreated: 4 })
    expect(reasons(result)).toEqual([
      [162, 'number_missing'],
      [163, 'area_missing'],
    ])
    expect(
      (await everyUnit(complex)).find(({ building, number }) => building.name === '2А' && number === '160'),
    ).toMatchObject({
      type: 'commercial',
      floor: 20,
      areaM2: '76.93',
    })
  })

  it('twice changes nothing the second time, and is audited both times with its counts', async () => {
    const complex = await buildComplex({ company })
    const file = await fixture('units-ru.csv')
    await upload(complex.id, 'units-ru.csv', file)
    const again = await upload(complex.id, 'units-ru.csv', file)
    expect(again).toMatchObject({ created: 0, updated: 0, unchanged: 160, buildingsCreated: 0, entrancesCreated: 0 })
    const events = await database.system({}, 'read', (db) =>
      db
        .select({
          after: auditLog.after,
          actorId: auditLog.actorId,
          sessionId: auditLog.sessionId,
          address: auditLog.address,
        })
        .from(auditLog)
        .where(and(eq(auditLog.entityId, complex.id), eq(auditLog.action, 'property.import')))
        .orderBy(auditLog.id),
    )
    expect(events.map(({ after }) => [after?.created, after?.unchanged, after?.fileName])).toEqual([
      [160, 0, 'units-ru.csv'],
      [0, 160, 'units-ru.csv'],
    ])
    for (const { actorId, sessionId, address } of events)
      expect([actorId, sessionId, address]).toEqual([expect.any(String), expect.any(String), expect.any(String)])
  })
})

describe('the upsert', () => {
  it('changes what differs, keeps what the file leaves blank, and finds units by building and number', async () => {
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex, name: 'A' })
    const entrance = await buildEntrance({ building, number: '1' })
    await buildUnit({ building, entranceId: entrance.id, number: '1', type: 'studio', floor: 2, areaM2: '40.00' })
    await buildUnit({ building, entranceId: entrance.id, number: '2', type: 'studio', floor: 2, areaM2: '50.00' })
    const csv = 'Building,Entrance,Number,Floor,Area\nA,,1,3,40\nA,1,2,2,50\nA,2,3,,60\n'
    expect(await upload(complex.id, 'upsert.csv', csv)).toMatchObject({
      created: 1,
      updated: 1,
      unchanged: 1,
      buildingsCreated: 0,
      entrancesCreated: 1,
    })
    expect(
      (await everyUnit(complex)).map((unit) => [
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

  it('by two people at once creates each unit once', async () => {
    const complex = await buildComplex({ company })
    const rows = Array.from({ length: 200 }, (_, index) => ({ building: 'A', number: String(index), areaM2: '10' }))
    const { imports } = as(company, 'director').property
    const results = await Promise.all(Array.from({ length: 6 }, () => imports.units({ complexId: complex.id, rows })))
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(200)
    expect(results.reduce((sum, { buildingsCreated }) => sum + buildingsCreated, 0)).toBe(1)
    expect(await everyUnit(complex)).toHaveLength(200)
  })

  it('of ten thousand units takes seconds, and one row more is refused', async () => {
    const complex = await buildComplex({ company })
    const line = (index: number) => `A,${(index % 8) + 1},${index},${index % 20},${50 + (index % 70)}.5`
    const csv = (count: number) =>
      ['building,entrance,number,floor,area', ...Array.from({ length: count }, (_, i) => line(i))].join('\n')
    expect(await upload(complex.id, 'large.csv', csv(10_000))).toMatchObject({ created: 10_000, refused: [] })
    await expect(upload(complex.id, 'large.csv', csv(10_001))).rejects.toMatchObject({ reason: 'import.too_many_rows' })
  })

  it('refuses two rows for one unit, unknown keys and more than 500 rows from a program', async () => {
    const complex = await buildComplex({ company })
    const { imports } = as(company, 'director').property
    const row = { building: 'A', number: '1', areaM2: '10' }
    const invalid = { code: 'BAD_REQUEST', cause: { reason: 'request.invalid' } }
    for (const rows of [
      [row, row],
      [{ ...row, companyId: company.id }],
      [],
      Array.from({ length: 501 }, (_, i) => ({ ...row, number: `${i}` })),
    ])
      await expect(imports.units({ complexId: complex.id, rows })).rejects.toMatchObject(invalid)
  })
})

describe('who may import', () => {
  const csv = 'Building,Number,Area\nA,1,40\n'

  it('a director and the manager of that complex, and nobody else', async () => {
    const complex = await buildComplex({ company })
    expect(await (await uploader(company, 'complex_manager', [complex]))(complex.id, 'a.csv', csv)).toMatchObject({
      created: 1,
    })
    for (const role of ['accountant', 'technician', 'guard', 'platform_admin'] as const)
      await expect((await uploader(company, role, [complex]))(complex.id, 'a.csv', csv)).rejects.toMatchObject({
        reason: 'auth.forbidden',
      })
    const elsewhere = await uploader(company, 'complex_manager', [await buildComplex({ company })])
    const stranger = await uploader(await buildCompany(), 'director')
    for (const caller of [elsewhere, stranger])
      await expect(caller(complex.id, 'a.csv', csv)).rejects.toMatchObject({ reason: 'property.complex_not_found' })
    expect(await everyUnit(complex)).toHaveLength(1)
  })

  it('nobody without a session, and nobody too often', async () => {
    const complex = await buildComplex({ company })
    for (const ask of [openUnitsFile, importUnitsFile])
      await expect(
        ask(buildRequest(), { complexId: complex.id, fileName: 'a.csv', path: join(folder, 'nothing') }),
      ).rejects.toMatchObject({ reason: 'auth.unauthenticated' })
    const eager = await uploader(company, 'director')
    const outcomes = []
    for (let call = 0; call < 21; call++)
      outcomes.push(await eager(complex.id, 'a.pdf', csv).catch(({ reason }: { reason: string }) => reason))
    expect(outcomes.slice(0, 20).every((reason) => reason === 'import.unsupported_format')).toBe(true)
    expect(outcomes[20]).toBe('request.rate_limited')
  })
})

describe('while the file is read', () => {
  type Losing = { userId: string; sessionId: string }
  const losses: Record<string, [reason: string, lose: (who: Losing) => Promise<unknown>]> = {
    'the session is ended': [
      'auth.session_revoked',
      ({ sessionId }) =>
        database.system({}, 'write', (db) =>
          db.update(sessions).set({ revokedAt: new Date(), revokedReason: 'logout' }).where(eq(sessions.id, sessionId)),
        ),
    ],
    'the only context becomes another company': [
      'auth.context_denied',
      async ({ userId }) => {
        const { id: companyId } = await buildCompany()
        await database.system({}, 'write', (db) =>
          db.update(roleGrants).set({ companyId }).where(eq(roleGrants.userId, userId)),
        )
      },
    ],
  }

  it.each(Object.entries(losses))('%s, and nothing is written', async (_name, [reason, lose]) => {
    const complex = await buildComplex({ company })
    const { user } = await employ(company, 'director')
    const { accessToken, sessionId } = await signIn(user)
    // Its reader waits until we write.
    const path = join(folder, `${++written}`)
    execFileSync('mkfifo', [path])
    const outcome = importUnitsFile(buildRequest({ accessToken }), { complexId: complex.id, fileName: 'a.csv', path })
    const settled = expect(outcome).rejects.toMatchObject({ reason })
    const pipe = await open(path, 'w')
    await lose({ userId: user.id, sessionId })
    await pipe.writeFile('Building,Number,Area\nA,1,40\n')
    await pipe.close()
    await settled
    expect(await everyUnit(complex)).toEqual([])
  })
})

/** An archive of the given entries, honest unless told otherwise. */
const zip = (entries: { name: string; content: Buffer; claims?: number; flags?: number }[]) => {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, claims, flags = 0 } of entries) {
    const data = deflateRawSync(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(claims ?? content.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, entry) => sum + entry.length, 0),
    12,
  )
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}

const NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

type Book = {
  sheets: string[]
  /** How often the workbook lists its sheets. */
  listed?: number
  styles?: string
  extra?: { name: string; content: Buffer; claims?: number; flags?: number }[]
}

const book = ({ sheets, listed = 1, styles = '', extra = [] }: Book) => {
  const part = (name: string, content: string) => ({ name, content: Buffer.from(content) })
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${REL}/${type}" Target="${target}"/>`
  return zip([
    part('_rels/.rels', `<Relationships>${relation('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`),
    part(
      'xl/workbook.xml',
      `<workbook ${NS} xmlns:r="${REL}"><sheets>${sheets
        .map((_, index) => `<sheet name="S${index}" sheetId="${index + 1}" r:id="s${index}"/>`)
        .join('')
        .repeat(listed)}</sheets></workbook>`,
    ),
    part(
      'xl/_rels/workbook.xml.rels',
      `<Relationships>${relation('st', 'styles', 'styles.xml')}${sheets.map((_, index) => relation(`s${index}`, 'worksheet', `worksheets/sheet${index}.xml`)).join('')}</Relationships>`,
    ),
    part('xl/styles.xml', `<styleSheet ${NS}>${styles}</styleSheet>`),
    ...sheets.map((xml, index) => part(`xl/worksheets/sheet${index}.xml`, xml)),
    ...extra,
  ])
}

const cell = (value: string | number, style = '') =>
  typeof value === 'number' ? `<c s="${style}"><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`
const sheet = (rows: (string | number)[][], more = '') =>
  `<worksheet ${NS}><sheetData>${rows.map((cells) => `<row>${cells.map((value) => cell(value)).join('')}</row>`).join('')}</sheetData>${more}</worksheet>`

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
    expect(await upload(complex.id, 'other.xlsx', file)).toMatchObject({ created: 1, refused: [] })
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
  const placesOf = async (target: Target) =>
    (await everyUnit(target)).map(({ building, entrance, number }) => [building.name, number, entrance?.number]).sort()

  it('say the same of each of their rows, in whatever order and however often they are listed', async () => {
    const complex = await buildComplex({ company })
    const more = mergeCells('A4:A5', 'B2:B3', 'A2:A3', 'A2:A3', 'A1:D1', 'C9:C8', 'A6:A1048576')
    await upload(complex.id, 'merged.xlsx', book({ sheets: [sheet(SEVERAL_ROWS, more)] }))
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
    expect(await upload(complex.id, 'tall.xlsx', file)).toMatchObject({ created: 9_999, refused: [] })
  })
})

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
    'that is encrypted': () => ['suspicious', 'a.xlsx', book({ ...good, extra: [{ ...part('x'), flags: 1 }] })],
    'with a macro': () => ['suspicious', 'a.xlsx', book({ ...good, extra: [part('xl/vbaProject.bin')] })],
    'with links to other workbooks': () => [
      'suspicious',
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
    'that is too large': () => ['too_large', 'a.csv', zeros(11)],
  }

  it.each(Object.entries(files))('%s is refused and leaves nothing', async (_name, build) => {
    const complex = await buildComplex({ company })
    const mine = await uploader(company, 'director')
    const [reason, fileName, bytes] = build()
    await expect(mine(complex.id, fileName, bytes)).rejects.toMatchObject({ reason: `import.${reason}` })
    expect(await everyUnit(complex)).toEqual([])
  })

  it('that lists one sheet thousands of times is read once', async () => {
    const complex = await buildComplex({ company })
    const mine = await uploader(company, 'director')
    const rows = Array.from({ length: 9_000 }, (_, index) => [index, index])
    const again = book({ sheets: [sheet(rows)], extra: [part('xl/media/a', randomBytes(100_000))], listed: 5_000 })
    await expect(mine(complex.id, 'again.xlsx', again)).rejects.toMatchObject({ reason: 'import.header_not_found' })
  })

  it('whose rows are numbered with anything else than numbers is told of rows by their place', async () => {
    const complex = await buildComplex({ company })
    const mine = await uploader(company, 'director')
    const row = (r: string) => `<row r="${r}">${cell('A')}${cell('1')}${cell('none')}</row>`
    const odd = GOOD.replace('</sheetData>', `${['abc', '1e999', '-1', '00', ''].map(row).join('')}</sheetData>`)
    expect(reasons(await mine(complex.id, 'rows.xlsx', book({ sheets: [odd] })))).toEqual(
      [3, 4, 5, 6, 7].map((place) => [place, 'area_not_a_number']),
    )
  })

  it('with a cell at the far corner costs nothing', async () => {
    const complex = await buildComplex({ company })
    const mine = await uploader(company, 'director')
    const far = GOOD.replace('</sheetData>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    expect(await mine(complex.id, 'far.xlsx', book({ sheets: [far] }))).toMatchObject({ created: 1 })
  })
})
