import type { UnitImport, UnitUpsertRow } from '@servai/contract/property'
import { findHeader, type Header, type ImportColumn } from './header.ts'
import { FileRefused, tidy, type SheetRow } from './sheet.ts'
import { parseDecimal, parseFloor, parseShare, parseType, roundDecimal } from './values.ts'

type Refusal = UnitImport['refused'][number]
export type UnitFile = { rows: UnitUpsertRow[]; refused: Refusal[]; columns: UnitImport['columns'] }

const MAX_BUILDING = 60
const MAX_LABEL = 20
const MAX_SHOWN = 100
const AREA_PLACES = 2
const MAX_AREA_DIGITS = 11

const TOTALS = /^(общо|всичко|сума|сбор|итого|всего|total|sum|subtotal|grand total)(?![\p{L}\p{N}])/iu

type Found = Record<ImportColumn, string>
type Problem = { column: ImportColumn; problem: Refusal['problem'] }

const problem = (column: ImportColumn, name: Refusal['problem']): Problem => ({ column, problem: name })

const areaProblems = (text: string, plain: string | null): Problem[] => {
  if (text === '') return [problem('areaM2', 'area_missing')]
  if (!plain) return [problem('areaM2', 'area_not_a_number')]
  if (plain.startsWith('-')) return [problem('areaM2', 'area_not_positive')]
  const rounded = roundDecimal(plain, AREA_PLACES)
  if (/^[0.]+$/.test(rounded)) return [problem('areaM2', 'area_not_positive')]
  return rounded.length > MAX_AREA_DIGITS ? [problem('areaM2', 'area_not_a_number')] : []
}

const labelProblems = ({ building, entrance, number }: Found): Problem[] => [
  ...(building === '' ? [problem('building', 'building_missing')] : []),
  ...(building.length > MAX_BUILDING ? [problem('building', 'text_too_long')] : []),
  ...(entrance.length > MAX_LABEL ? [problem('entrance', 'text_too_long')] : []),
  ...(number === '' ? [problem('number', 'number_missing')] : []),
  ...(number.length > MAX_LABEL ? [problem('number', 'number_too_long')] : []),
]

/** In a column without a percent sign, a number above one tells that all of them are percentages. */
const holdsPercents = (header: Header, cells: string[]) =>
  /%|процент|percent/i.test(header.columns.share?.header ?? '') ||
  cells.some((text) => !text.includes('%') && Number(parseDecimal(text)) > 1)

const interpret = (found: Found, isPercentColumn: boolean): { unit: UnitUpsertRow; problems: Problem[] } => {
  const area = parseDecimal(found.areaM2)
  const floor = found.floor === '' ? null : parseFloor(found.floor)
  const type = found.type === '' ? null : parseType(found.type)
  const share = found.share === '' ? null : parseShare(found.share, isPercentColumn)
  const problems = [
    ...labelProblems(found),
    ...areaProblems(found.areaM2, area),
    ...(found.floor !== '' && floor === null ? [problem('floor', 'floor_not_a_number')] : []),
    ...(found.type !== '' && type === null ? [problem('type', 'type_unknown')] : []),
    ...(found.share !== '' && share === null ? [problem('share', 'share_not_a_number')] : []),
    ...(share && share.numerator > share.denominator ? [problem('share', 'share_above_whole')] : []),
  ]
  const { building, number } = found
  const entrance = found.entrance || null
  const areaM2 = area && !area.startsWith('-') ? roundDecimal(area, AREA_PLACES) : null
  return { unit: { building, entrance, number, type, floor, areaM2, share }, problems }
}

/**
 * What the rows below the header say of units: the good ones, and the others with the first thing that is wrong with
 * each. Blank rows and totals are neither. A row without a building belongs to that of the row above.
 *
 * @throws FileRefused import.header_not_found
 */
export const readUnitRows = (sheet: SheetRow[]): UnitFile => {
  const header = findHeader(sheet)
  if (!header) throw new FileRefused('import.header_not_found')
  const text = (cells: string[], column: ImportColumn) => {
    const place = header.columns[column]
    return place ? tidy(cells[place.index] ?? '') : ''
  }
  const body = sheet.filter(({ row }) => row > header.row)
  const isPercentColumn = holdsPercents(
    header,
    body.map(({ cells }) => text(cells, 'share')),
  )
  const rows: UnitUpsertRow[] = []
  const refused: Refusal[] = []
  const rowOf = new Map<string, number>()
  let building = ''

  for (const { row, cells } of body) {
    if (TOTALS.test(tidy(cells.find((cell) => cell.trim() !== '') ?? ''))) continue
    building = text(cells, 'building') || building
    const found: Found = {
      building,
      entrance: text(cells, 'entrance'),
      floor: text(cells, 'floor'),
      number: text(cells, 'number'),
      type: text(cells, 'type'),
      areaM2: text(cells, 'areaM2'),
      share: text(cells, 'share'),
    }
    if (!found.number && !found.areaM2 && !found.type && !found.floor && !found.share) continue
    const { unit, problems } = interpret(found, isPercentColumn)
    const key = JSON.stringify([unit.building, unit.number])
    const sameAsRow = rowOf.get(key) ?? null
    const [worst] = sameAsRow === null ? problems : [...problems, problem('number', 'duplicate_in_file')]
    if (worst) {
      refused.push({ ...worst, row, value: found[worst.column].slice(0, MAX_SHOWN), sameAsRow })
      continue
    }
    rowOf.set(key, row)
    rows.push(unit)
  }
  const columns = Object.entries(header.columns).map(([column, { header: name }]) => ({
    // The keys of a header are columns.
    column: column as ImportColumn,
    header: name.slice(0, MAX_SHOWN),
  }))
  return { rows, refused, columns }
}
