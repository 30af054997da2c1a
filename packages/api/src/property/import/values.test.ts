import { describe, expect, it } from 'vitest'
import { findHeader } from './header.ts'
import { readUnitRows } from './unit-rows.ts'
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
    [['Блок', 'Вход', 'Етаж', 'Апартамент №', 'Вид', 'Площ (кв.м)', 'Собственик', 'Ид. части %'], 7],
    [['Корпус', 'Подъезд', 'Этаж', 'Квартира', 'Тип', 'Площадь, м2', 'Собственник', 'Телефон'], 6],
    [['Building', 'Entrance', 'Floor', 'Unit No.', 'Type', 'Area (sq m)', 'Phone number', 'Share'], 7],
    [['СГРАДА', 'Обект №', 'Обща площ кв.м.'], 3],
    [['Дом', '№', 'Общая площадь'], 3],
  ])('%j names %i columns', (cells, count) => {
    expect(Object.keys(findHeader(rows(['Title'], [], cells))?.columns ?? {})).toHaveLength(count)
  })

  it('stands in the first thirty rows, and names the number and two columns more', () => {
    const header = ['Building', 'Number', 'Area']
    const below = (count: number) => [...Array.from({ length: count }, () => ['']), header]
    expect(findHeader(rows(...below(29)))?.row).toBe(30)
    expect(findHeader(rows(...below(30)))).toBeNull()
    expect(findHeader(rows(['Building', 'Area', 'Floor']))).toBeNull()
  })
})

describe('rows', () => {
  it('take the building from above, also from a title of its own, and never from a totals row', () => {
    const { rows: units, refused } = readUnitRows(
      rows(
        ['Building', 'Number', 'Area'],
        ['A'],
        ['', '1', '10'],
        ['Total', '', '10'],
        ['', '2', '10'],
        [],
        ['B', '1', '10'],
      ),
    )
    expect(units.map(({ building, number }) => building + number)).toEqual(['A1', 'A2', 'B1'])
    expect(refused).toEqual([])
  })

  it('are refused with the first thing that is wrong, and the earlier row of the same unit', () => {
    const long = 'x'.repeat(61)
    const { rows: units, refused } = readUnitRows(
      rows(
        ['Building', 'Number', 'Area', 'Type', 'Floor', 'Share', 'Entrance'],
        ['', '1', '10'],
        ['A', '1', '10'],
        ['A', '1', ''],
        [long, '2', '10'],
        ['A', 'x'.repeat(21), '10'],
        ['A', '3', '0'],
        ['A', '4', '10', 'castle'],
        ['A', '5', '10', '', 'roof'],
        ['A', '6', '10', '', '', '3/2'],
        ['A', '7', '10', '', '', 'some'],
        ['A', '8', '10', '', '', '', 'x'.repeat(21)],
      ),
    )
    expect(units).toHaveLength(1)
    expect(refused.map(({ row, problem, sameAsRow }) => [row, problem, sameAsRow])).toEqual([
      [2, 'building_missing', null],
      [4, 'area_missing', 3],
      [5, 'text_too_long', null],
      [6, 'number_too_long', null],
      [7, 'area_not_positive', null],
      [8, 'type_unknown', null],
      [9, 'floor_not_a_number', null],
      [10, 'share_above_whole', null],
      [11, 'share_not_a_number', null],
      [12, 'text_too_long', null],
    ])
    expect(refused[2]?.value).toHaveLength(61)
  })
})
