import { createHash } from 'node:crypto'
import type { ImportColumn, ImportKind, ImportMapping } from '@servai/contract/imports'
import { tidy, type SheetRow } from './sheet.ts'
import { parseDecimal } from './values.ts'

export type HeaderRow = { row: number; headers: string[] }

/** How lists of homes and of people head their columns, in English, Russian and Bulgarian; see `wordsOf` for the spelling. */
const PLACE: Partial<Record<ImportColumn, string>> = {
  complex: 'complex|residential complex|estate|жк|жилой комплекс|комплекс|жилищен комплекс|затворен комплекс',
  building:
    'building|building name|building number|block|bldg|house|tower|корпус|дом|номер дома|здание|строение|литера|блок|сграда|блок номер|номер на блок',
  entrance:
    'entrance|entrance number|entry|staircase|stairwell|section|подъезд|номер подъезда|парадная|секция|вход|вход номер|номер на вход',
  number:
    'unit|unit number|number|apartment|apartment number|apt|apt number|flat|flat number|квартира|квартира номер|номер квартиры|номер|номер помещения|помещение|помещение номер|кв|кв номер|номер кв|апартамент|апартамент номер|номер на апартамент|ап|ап номер|обект|обект номер|номер на обект|самостоятелен обект|имот|имот номер',
}
const UNITS: typeof PLACE = {
  ...PLACE,
  floor: 'floor|floor number|level|storey|story|этаж|номер этажа|етаж|етаж номер|номер на етаж',
  type: 'type|unit type|kind|use|usage|purpose|тип|тип помещения|вид|вид помещения|назначение|тип квартиры|вид на обекта|вид обект|тип на обекта|предназначение',
  areaM2:
    'area|total area|floor area|unit area|size|gross area|площадь|общая площадь|площадь общая|площадь помещения|площадь квартиры|площ|обща площ|площ на обекта|застроена площ|зп|квадратура',
  share:
    'share|ownership share|share of common property|common share|ideal parts|quota|percent share|доля|доля в праве|доля в праве собственности|доля собственности|идеальная доля|ид части|идеални части|ид ч|процент ид части|дял|процент идеални части|идеални части процент',
}
const PEOPLE: typeof PLACE = {
  ...PLACE,
  name: 'name|full name|person|resident|owner|owner name|фио|ф и о|имя и фамилия|фамилия имя отчество|фамилия имя|жилец|собственник|владелец|име|имена|трите имена|име и фамилия|имена на собственика|собственик|обитател|лице',
  firstName: 'first name|given name|forename|имя|собствено име|първо име|лично име',
  lastName: 'last name|surname|family name|фамилия|фамилно име|последно име',
  email:
    'email|e mail|mail|email address|e mail address|эл почта|электронная почта|почта|имейл|имейл адрес|ел поща|електронна поща|мейл',
  phone:
    'phone|telephone|phone number|mobile|mobile phone|cell|contact phone|телефон|номер телефона|моб телефон|мобильный|мобильный телефон|контактный телефон|тел|номер тел|телефонен номер|мобилен|мобилен телефон|гсм|gsm',
  kind: 'role|kind|type|resident type|status|relation|роль|статус|тип|вид|тип жильца|кем является|качество|в качество на|вид обитател|тип обитател|отношение',
  share: `${UNITS.share}|part|част|част от имота|доля владения|размер доли|дял от имота|дял от собствеността`,
  startsOn:
    'from|since|start|start date|from date|move in|move in date|moved in|с|начало|дата начала|дата заселения|дата въезда|заселен с|въехал|от|от дата|начална дата|дата на нанасяне|нанасяне|считано от',
  endsOn:
    'to|until|till|end|end date|to date|move out|move out date|по|до|конец|дата окончания|дата выезда|выехал|до дата|крайна дата|дата на напускане|напускане',
  account:
    'account|login|access|invite|app access|аккаунт|учетная запись|доступ|приглашение|нужен доступ|акаунт|достъп|покана|иска акаунт|профил',
}

const dictionaryOf = (names: typeof PLACE) =>
  new Map(
    Object.entries(names).flatMap(([column, words]) =>
      // The keys are columns.
      words.split('|').map((word) => [word, column as ImportColumn] as const),
    ),
  )
const DICTIONARIES: Record<ImportKind, Map<string, ImportColumn>> = {
  units: dictionaryOf(UNITS),
  people: dictionaryOf(PEOPLE),
}

const MEASURES = /кв\.? ?м\.?|м2|m2|sq\.? ?m\.?|sqm/g

const wordsOf = (text: string) =>
  tidy(text.normalize('NFKC').toLowerCase())
    .replaceAll('ё', 'е')
    .replace(/\([^()]*\)/g, ' ')
    .replace(MEASURES, ' ')
    .replace(/№|\bno\b\.?|#/g, ' номер ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const columnOf = (kind: ImportKind, text: string) => {
  const words = wordsOf(text)
  return DICTIONARIES[kind].get(words) ?? DICTIONARIES[kind].get(words.replace(/номер/g, 'number'))
}

/** What the columns are taken for, each thing by the first column that says it. */
export const detectMapping = (kind: ImportKind, headers: readonly string[]): ImportMapping => {
  const mapping: ImportMapping = {}
  for (const [index, header] of headers.entries()) {
    const column = columnOf(kind, header)
    if (column && mapping[column] === undefined) mapping[column] = index
  }
  return mapping
}

/** Rows at the top of a sheet among which its header is looked for. */
export const SEARCHED_ROWS = 30
const MIN_COLUMNS = 3
const MIN_HEADERS = 2

const isNamed = (kind: ImportKind, { cells }: SheetRow) => {
  const mapping = detectMapping(kind, cells)
  return mapping.number !== undefined && Object.keys(mapping).length >= MIN_COLUMNS
}

/** Words beside each other, none of them a figure: what somebody may still say the meaning of. */
const looksLikeHeader = ({ cells }: SheetRow) => {
  const words = cells.filter((cell) => cell !== '')
  return words.length >= MIN_HEADERS && words.every((word) => parseDecimal(word) === null)
}

/**
 * The first row that names the number and at least two more columns; titles may stand above it. Unless `isSure` is
 * asked for, else the row of words with most known columns, if anything stands below it.
 */
export const chooseHeader = (kind: ImportKind, rows: readonly SheetRow[], isSure: boolean): HeaderRow | null => {
  const known = ({ cells }: SheetRow) => Object.keys(detectMapping(kind, cells)).length
  const found = isSure
    ? rows.find((row) => isNamed(kind, row))
    : rows
        .slice(0, -1)
        .filter(looksLikeHeader)
        .reduce<SheetRow | undefined>((best, row) => (best && known(best) >= known(row) ? best : row), undefined)
  return found ? { row: found.row, headers: found.cells } : null
}

/** By which the mapping of a file is remembered. */
export const hashOf = (headers: readonly string[]) =>
  createHash('sha256')
    .update(JSON.stringify(headers.map((header) => header.toLowerCase())))
    .digest('base64url')
