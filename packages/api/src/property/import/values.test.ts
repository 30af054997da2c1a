import { describe, expect, it } from 'vitest'
import { chooseHeader, detectMapping } from './header.ts'
import { createPersonReader } from './person-reader.ts'
import { parseDay, parseKind } from './person-values.ts'
import { createUnitReader } from './unit-reader.ts'
import { parseDecimal, parseFloor, parseShare, parseType, roundDecimal } from './values.ts'

it.each([
  ['118.72', '118.72'],
  ['38,35', '38.35'],
  ['1 234,56', '1234.56'],
  ['1\u00a0234.5', '1234.5'],
  ['1.234,56', '1234.56'],
  ['1,234.56', '1234.56'],
  ['1.234.567', '1234567'],
  ['1,234', '1.234'],
  ['52,68 кв.м', '52.68'],
  ['52.68 м²', '52.68'],
  ['−4', '-4'],
  ['н.д.', null],
  ['', null],
  ['1e5', null],
  ['12a', null],
])('the decimal %j is %j', (text, expected) => {
  expect(parseDecimal(text)).toBe(expected)
})

it.each([
  ['1.005', '1.01'],
  ['1.0049', '1.00'],
  ['0.994999999', '0.99'],
  ['9.999', '10.00'],
  ['7', '7.00'],
])('%s is rounded to %s', (text, expected) => {
  expect(roundDecimal(text, 2)).toBe(expected)
})

it.each([
  ['3', 3],
  ['3.0', 3],
  ['-1', -1],
  ['партер', 0],
  ['Ground floor', 0],
  ['сутерен', -1],
  ['цокольный этаж', -1],
  ['Basement', -1],
  ['ет. 4', 4],
  ['5-ти етаж', 5],
  ['2nd floor', 2],
  ['3-й этаж', 3],
  ['301', null],
  ['1.5', null],
  ['мансарда', null],
])('the floor %j is %j', (text, expected) => {
  expect(parseFloor(text)).toBe(expected)
})

it.each([
  ['жилое', 'apartment'],
  ['нежилое', 'commercial'],
  ['Магазин', 'commercial'],
  ['офис', 'commercial'],
  ['ателие', 'studio'],
  ['студио', 'studio'],
  ['Гараж', 'parking'],
  ['паркомясто', 'parking'],
  ['машиноместо', 'parking'],
  ['мазе', 'storage'],
  ['кладовая', 'storage'],
  ['Storeroom', 'storage'],
  ['two-room flat', 'apartment'],
  ['замок', null],
])('the type %j is %j', (text, expected) => {
  expect(parseType(text)).toBe(expected)
})

it.each([
  ['1/2', false, { numerator: 1, denominator: 2 }],
  ['50%', false, { numerator: 1, denominator: 2 }],
  ['12,5 %', false, { numerator: 1, denominator: 8 }],
  ['1', false, { numerator: 1, denominator: 1 }],
  ['0.537', true, { numerator: 537, denominator: 100_000 }],
  ['100', true, { numerator: 1, denominator: 1 }],
  ['3/2', false, { numerator: 3, denominator: 2 }],
  ['0', false, null],
  ['-1', false, null],
  ['1/0', false, null],
  ['half', false, null],
] as const)('the share %j (percent: %j) is %j', (text, isPercent, expected) => {
  expect(parseShare(text, isPercent)).toEqual(expected)
})

const rows = (...cells: string[][]) => cells.map((each, index) => ({ row: index + 1, cells: each }))

describe('the header', () => {
  it.each([
    ['units', ['Блок', 'Вход', 'Етаж', 'Апартамент №', 'Вид', 'Площ (кв.м)', 'Собственик', 'Ид. части %'], 7],
    ['units', ['Корпус', 'Подъезд', 'Этаж', 'Квартира', 'Тип', 'Площадь, м2', 'Собственник', 'Телефон'], 6],
    ['units', ['Building', 'Entrance', 'Floor', 'Unit No.', 'Type', 'Area (sq m)', 'Phone number', 'Share'], 7],
    ['units', ['СГРАДА', 'Обект №', 'Обща площ кв.м.'], 3],
    ['units', ['ЖК', 'Дом', '№', 'Общая площадь'], 4],
    ['people', ['ФИО', 'Эл. почта', 'Телефон', 'Дом', 'Кв. №', 'Статус', 'Доля', 'С', 'По'], 9],
    ['people', ['Собственик', 'E-mail', 'GSM', 'Блок', 'Ап.', 'Качество', 'Ид. части', 'От дата', 'До дата'], 9],
    ['people', ['First name', 'Surname', 'Email', 'Phone', 'Building', 'Flat', 'Role', 'Since', 'Account'], 9],
  ] as const)('of %s, %j, names %i columns', (kind, cells, count) => {
    const header = chooseHeader(kind, rows(['Title'], [], [...cells]), true)
    expect(Object.keys(detectMapping(kind, header?.headers ?? []))).toHaveLength(count)
  })

  it('names the number and two columns more, or else is the row of words with most known ones above other rows', () => {
    const header = ['Building', 'Number', 'Area']
    expect(chooseHeader('units', rows(['Title'], header), true)).toEqual({ row: 2, headers: header })
    expect(chooseHeader('units', rows(['Building', 'Area', 'Floor'], ['A', '1', '2']), true)).toBeNull()
    const odd = rows(['List of homes', 'of 2026 and later'], ['Haus', 'Building', 'Nummer'], ['A', '1', '2'])
    expect(chooseHeader('units', odd, false)?.row).toBe(2)
    expect(chooseHeader('units', rows(['1', '2'], ['3', '4']), false)).toBeNull()
    expect(chooseHeader('units', rows(['a', 'b']), false)).toBeNull()
  })
})

const hints = { isPercentColumn: false, isMonthFirst: false }

const readUnits = (...[header = [], ...body]: string[][]) => {
  const mapping = detectMapping('units', header)
  const read = createUnitReader({ kind: 'units', mapping, headers: header, hints }, false)
  return body.map((cells) => read(cells))
}

describe('rows of units', () => {
  it('take the building from above, also from a title of its own, and keep it', () => {
    const read = readUnits(
      ['Building', 'Number', 'Area'],
      ['A'],
      ['', '1', '10'],
      ['', '2', '10'],
      [],
      ['B', '1', '10'],
    )
    expect(read.map((row) => row && row.cells)).toEqual([
      null,
      ['A', '1', '10'],
      ['A', '2', '10'],
      null,
      ['B', '1', '10'],
    ])
  })

  it('are refused with everything that is wrong with them', () => {
    const read = readUnits(
      ['Building', 'Number', 'Area', 'Type', 'Floor', 'Share', 'Entrance'],
      ['', '1', '10'],
      ['A', '1', ''],
      ['x'.repeat(61), '2', '10'],
      ['A', 'x'.repeat(21), '10'],
      ['A', '3', '0'],
      ['A', '4', '10', 'castle', 'roof'],
      ['A', '6', '10', '', '', '3/2'],
      ['A', '7', '10', '', '', 'some'],
      ['A', '8', '10', '', '', '', 'x'.repeat(21)],
    )
    expect(read.map((row) => row?.problems.map(({ problem }) => problem))).toEqual([
      ['building_missing'],
      ['area_missing'],
      ['text_too_long'],
      ['number_too_long'],
      ['area_not_positive'],
      ['floor_not_a_number', 'type_unknown'],
      ['share_above_whole'],
      ['share_not_a_number'],
      ['text_too_long'],
    ])
    expect(read.every((row) => row?.data === null)).toBe(true)
  })

  it('of a file of refused rows are read as what they were before they were made harmless', () => {
    const [row] = readUnits(['Building', 'Number', 'Area'], ["'-A", "'=1", '10'])
    expect(row?.data).toMatchObject({ building: '-A', number: '=1' })
    expect(readUnits(['Building', 'Number', 'Area'], ["O'A", "'1", '10'])[0]?.data).toMatchObject({
      building: "O'A",
      number: "'1",
    })
  })
})

const readPeople = (header: string[], ...body: string[][]) => {
  const mapping = detectMapping('people', header)
  const read = createPersonReader({ kind: 'people', mapping, headers: header, hints }, false)
  return body.map((cells) => read(cells))
}
const problemsOf = (read: ReturnType<typeof readPeople>) =>
  read.map((row) => row?.problems.map(({ problem }) => problem))

describe('rows of people', () => {
  const HEADER = ['Name', 'Building', 'Flat', 'Role', 'Share', 'From', 'To', 'Email', 'Phone', 'Account']
  const row = (more: Partial<Record<(typeof HEADER)[number], string>>) => {
    const given: Record<string, string> = { Name: 'Anna Koleva', Building: 'A', Flat: '1', Role: 'owner', ...more }
    return HEADER.map((name) => given[name] ?? '')
  }

  it('need an address only where an account is wanted', () => {
    const read = readPeople(
      HEADER,
      row({ Account: 'yes' }),
      row({ Account: 'no' }),
      row({}),
      row({ Account: 'perhaps' }),
    )
    expect(problemsOf(read)).toEqual([['email_missing'], [], [], ['account_unclear']])
    const plain = ['Name', 'Building', 'Flat', 'Email']
    expect(problemsOf(readPeople(plain, ['Anna Koleva', 'A', '1']))).toEqual([['email_missing']])
    expect(problemsOf(readPeople(plain.slice(0, 3), ['Anna Koleva', 'A', '1']))).toEqual([[]])
  })

  it('say who it is and from when to when, and what is wrong', () => {
    const read = readPeople(
      HEADER,
      row({ Name: 'Anna' }),
      row({ Name: '', Email: 'a@b.example' }),
      row({ Role: '' }),
      row({ Role: 'gardener' }),
      row({ From: 'soon' }),
      row({ From: '2026-02-01', To: '01.02.2026' }),
      row({ Email: 'nobody', Phone: 'none' }),
      row({ Share: 'half' }),
      row({ Role: 'tenant', Share: 'half' }),
    )
    expect(problemsOf(read)).toEqual([
      ['last_name_missing'],
      ['name_missing'],
      ['kind_missing'],
      ['kind_unknown'],
      ['date_invalid'],
      ['ends_before_start'],
      ['email_invalid', 'phone_invalid'],
      ['share_not_a_number'],
      [],
    ])
  })

  it('put the family name first where the header says so', () => {
    const [russian] = readPeople(['ФИО', 'Дом', 'Квартира'], ['Иванов Иван Петрович', '1', '2'])
    expect(russian?.data).toMatchObject({ firstName: 'Иван Петрович', lastName: 'Иванов', kind: 'owner' })
    const [english] = readPeople(['Name', 'Building', 'Flat'], ['Anna van der Berg', '1', '2'])
    expect(english?.data).toMatchObject({ firstName: 'Anna', lastName: 'van der Berg' })
    const [comma] = readPeople(['Name', 'Building', 'Flat'], ['Berg, Anna', '1', '2'])
    expect(comma?.data).toMatchObject({ firstName: 'Anna', lastName: 'Berg' })
  })
})

it.each([
  ['2026-02-01', '2026-02-01'],
  ['01.02.2026', '2026-02-01'],
  ['1.2.26', '2026-02-01'],
  ['01.02.2026 г.', '2026-02-01'],
  ['2026/2/1', '2026-02-01'],
  ['13/02/2026', '2026-02-13'],
  ['02/13/2026', '2026-02-13'],
  ['01/02/2026', '2026-02-01'],
  ['2026-02-01 00:00:00', '2026-02-01'],
  ['46054', '2026-02-01'],
  ['46054.75', '2026-02-01'],
  ['31.02.2026', null],
  ['2026', null],
  ['soon', null],
])('the day %j is %j', (text, expected) => {
  expect(parseDay(text)).toBe(expected)
})

it('reads days with slashes month first where the column does', () => {
  expect(parseDay('01/02/2026', true)).toBe('2026-01-02')
})

it.each([
  ['собственик', 'owner'],
  ['Собственник', 'owner'],
  ['Owner', 'owner'],
  ['наемател', 'tenant'],
  ['арендатор', 'tenant'],
  ['член на семейството', 'family'],
  ['член семьи собственника', 'family'],
  ['spouse', 'family'],
  ['съсед', null],
])('the kind %j is %j', (text, expected) => {
  expect(parseKind(text)).toBe(expected)
})
