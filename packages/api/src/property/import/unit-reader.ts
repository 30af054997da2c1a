import type { RowProblem, UnitColumn } from '@servai/contract/imports'
import { naturalKey } from '@servai/contract/natural-key'
import { uuidv7 } from 'uuidv7'
import { createCarrier, createCells, problemOf, type ReaderOptions, type RowReader } from './row-reader.ts'
import { parseDecimal, parseFloor, parseShare, parseType, roundDecimal } from './values.ts'

const MAX_BUILDING = 60
const MAX_LABEL = 20
const AREA_PLACES = 2
const MAX_AREA_DIGITS = 11

type Found = Record<UnitColumn, string>

const areaProblems = (text: string, plain: string | null): RowProblem[] => {
  if (text === '') return [problemOf('areaM2', 'area_missing', text)]
  if (!plain) return [problemOf('areaM2', 'area_not_a_number', text)]
  if (plain.startsWith('-')) return [problemOf('areaM2', 'area_not_positive', text)]
  const rounded = roundDecimal(plain, AREA_PLACES)
  if (/^[0.]+$/.test(rounded)) return [problemOf('areaM2', 'area_not_positive', text)]
  return rounded.length > MAX_AREA_DIGITS ? [problemOf('areaM2', 'area_not_a_number', text)] : []
}

/** Where a row says its home is; the same for units and for who lives in them. */
export const placeProblems = (
  { complex, building, entrance, number }: Pick<Found, 'complex' | 'building' | 'entrance' | 'number'>,
  isComplexNamed: boolean,
): RowProblem[] => [
  ...(isComplexNamed && complex === '' ? [problemOf('complex', 'complex_missing', complex)] : []),
  ...(building === '' ? [problemOf('building', 'building_missing', building)] : []),
  ...(building.length > MAX_BUILDING ? [problemOf('building', 'text_too_long', building)] : []),
  ...(entrance.length > MAX_LABEL ? [problemOf('entrance', 'text_too_long', entrance)] : []),
  ...(number === '' ? [problemOf('number', 'number_missing', number)] : []),
  ...(number.length > MAX_LABEL ? [problemOf('number', 'number_too_long', number)] : []),
]

/** `isComplexNamed`: no complex was chosen for the file, so each row has to name its own. */
export const createUnitReader = ({ mapping, hints }: ReaderOptions, isComplexNamed: boolean): RowReader => {
  const textOf = createCells(mapping)
  const carry = createCarrier(mapping)

  return (given) => {
    const cells = carry(given)
    const text = (column: UnitColumn) => textOf(cells, column)
    const found: Found = {
      complex: text('complex'),
      building: text('building'),
      entrance: text('entrance'),
      floor: text('floor'),
      number: text('number'),
      type: text('type'),
      areaM2: text('areaM2'),
      share: text('share'),
    }
    if (!found.number && !found.areaM2 && !found.type && !found.floor && !found.share) return null
    const area = parseDecimal(found.areaM2)
    const floor = found.floor === '' ? null : parseFloor(found.floor)
    const type = found.type === '' ? null : parseType(found.type)
    const share = found.share === '' ? null : parseShare(found.share, hints.isPercentColumn)
    const problems = [
      ...placeProblems(found, isComplexNamed),
      ...areaProblems(found.areaM2, area),
      ...(found.floor !== '' && floor === null ? [problemOf('floor', 'floor_not_a_number', found.floor)] : []),
      ...(found.type !== '' && type === null ? [problemOf('type', 'type_unknown', found.type)] : []),
      ...(found.share !== '' && share === null ? [problemOf('share', 'share_not_a_number', found.share)] : []),
      ...(share && share.numerator > share.denominator ? [problemOf('share', 'share_above_whole', found.share)] : []),
    ]
    if (problems.length > 0 || area === null) return { data: null, problems, cells }
    const unit = {
      ...found,
      entrance: found.entrance || null,
      type,
      floor,
      areaM2: roundDecimal(area, AREA_PLACES),
      share,
    }
    return { data: unitData(isComplexNamed ? found.complex : null, unit), problems, cells }
  }
}

type UnitRow = {
  building: string
  entrance: string | null
  number: string
  type: string | null
  floor: number | null
  areaM2: string | null
  share: { numerator: number; denominator: number } | null
}

/** A row as it is kept until it is applied; `complex` is the name where the rows of a file name it. */
export const unitData = (
  complex: string | null,
  { building, entrance, number, type, floor, areaM2, share }: UnitRow,
) => ({
  id: uuidv7(),
  complex: complex?.toLowerCase() ?? null,
  building,
  buildingSort: naturalKey(building),
  entrance,
  entranceSort: entrance === null ? null : naturalKey(entrance),
  number,
  numberSort: naturalKey(number),
  type,
  floor,
  areaM2,
  shareNumerator: share?.numerator ?? null,
  shareDenominator: share?.denominator ?? null,
})
