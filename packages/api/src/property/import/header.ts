import type { IMPORT_COLUMNS } from '@servai/contract/property'
import { tidy, type SheetRow } from './sheet.ts'

export type ImportColumn = (typeof IMPORT_COLUMNS)[number]
export type Header = { row: number; columns: Partial<Record<ImportColumn, { index: number; header: string }>> }

/** How lists of homes head their columns, in English, Russian and Bulgarian; see `wordsOf` for the spelling. */
const NAMES: Record<ImportColumn, string> = {
  building:
    'building|building name|building number|block|bldg|house|tower|корпус|дом|номер дома|здание|строение|литера|блок|сграда|блок номер|номер на блок',
  entrance:
    'entrance|entrance number|entry|staircase|stairwell|section|подъезд|номер подъезда|парадная|секция|вход|вход номер|номер на вход',
  floor: 'floor|floor number|level|storey|story|этаж|номер этажа|етаж|етаж номер|номер на етаж',
  number:
    'unit|unit number|number|apartment|apartment number|apt|apt number|flat|flat number|квартира|квартира номер|номер квартиры|номер|номер помещения|помещение|помещение номер|кв|кв номер|номер кв|апартамент|апартамент номер|номер на апартамент|ап|ап номер|обект|обект номер|номер на обект|самостоятелен обект|имот|имот номер',
  type: 'type|unit type|kind|use|usage|purpose|тип|тип помещения|вид|вид помещения|назначение|тип квартиры|вид на обекта|вид обект|тип на обекта|предназначение',
  areaM2:
    'area|total area|floor area|unit area|size|gross area|площадь|общая площадь|площадь общая|площадь помещения|площадь квартиры|площ|обща площ|площ на обекта|застроена площ|зп|квадратура',
  share:
    'share|ownership share|share of common property|common share|ideal parts|quota|percent share|доля|доля в праве|доля в праве собственности|доля собственности|идеальная доля|ид части|идеални части|ид ч|процент ид части|дял|процент идеални части|идеални части процент',
}

const COLUMNS = new Map(
  Object.entries(NAMES).flatMap(([column, names]) =>
    // The keys of NAMES are the columns.
    names.split('|').map((name) => [name, column as ImportColumn] as const),
  ),
)

const UNITS = /кв\.? ?м\.?|м2|m2|sq\.? ?m\.?|sqm/g

const wordsOf = (text: string) =>
  tidy(text.normalize('NFKC').toLowerCase())
    .replaceAll('ё', 'е')
    .replace(/\([^()]*\)/g, ' ')
    .replace(UNITS, ' ')
    .replace(/№|\bno\b\.?|#/g, ' номер ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const columnOf = (text: string) => {
  const words = wordsOf(text)
  return COLUMNS.get(words) ?? COLUMNS.get(words.replace(/номер/g, 'number'))
}

const SEARCHED_ROWS = 30
const MIN_COLUMNS = 3

/** The first row that names the number and at least two more columns; titles may stand above it. */
export const findHeader = (rows: SheetRow[]): Header | null => {
  for (const { row, cells } of rows) {
    if (row > SEARCHED_ROWS) return null
    const columns: Header['columns'] = {}
    for (const [index, cell] of cells.entries()) {
      const column = columnOf(cell)
      if (column && !columns[column]) columns[column] = { index, header: tidy(cell) }
    }
    if (columns.number && Object.keys(columns).length >= MIN_COLUMNS) return { row, columns }
  }
  return null
}
