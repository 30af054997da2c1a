import { posix } from 'node:path'
import { FileRefused, MAX_COLUMNS, type Sheet, type SheetRow } from './sheet.ts'
import { readMergedCells, type MergedCells } from './merged-cells.ts'
import { placeOf } from './place.ts'
import { attribute, createParser, parseXml, textOf } from './xml.ts'
import { dateOfSerial } from './serial-date.ts'
import { readStyles, type Styles } from './xlsx-styles.ts'
import { openZip, type Zip } from './zip.ts'

const ROW_NUMBER = /^[1-9]\d{0,6}$/
const REFUSED_PARTS: [RegExp, FileRefused['reason']][] = [
  [/vbaProject|activeX\/|macrosheets\//i, 'import.macros'],
  [/externalLinks\//i, 'import.external_links'],
  [/\.bin$/i, 'import.suspicious'],
]

const refuseParts = ({ names }: Zip) => {
  for (const [pattern, reason] of REFUSED_PARTS)
    if (names.some((name) => pattern.test(name) && !name.startsWith('xl/printerSettings/')))
      throw new FileRefused(reason)
}

/** Target of each relation of a part, by id and by the last word of its type. */
const relationsOf = async (zip: Zip, of: string) => {
  const { dir, base } = posix.parse(of)
  const targets = new Map<string, string>()
  const pieces = zip.read(posix.join(dir, '_rels', `${base}.rels`))
  if (pieces)
    await parseXml(pieces, {
      open: ({ name, attributes }) => {
        const { Id: id, Type: type, Target: target, TargetMode: mode } = attributes
        if (name !== 'Relationship' || !id || !target || mode === 'External') return
        const path = target.startsWith('/') ? target.slice(1) : posix.join(dir, target)
        targets.set(id, path)
        targets.set(posix.basename(type ?? ''), path)
      },
    })
  return targets
}

/** Phonetic hints (`rPh`) are no part of the text. */
const readSharedStrings = async (pieces: AsyncIterable<Buffer> | null) => {
  const strings: string[] = []
  let current = ''
  let isText = false
  let isHint = false
  if (pieces)
    await parseXml(pieces, {
      open: ({ name }) => {
        if (name === 'si') current = ''
        else if (name === 'rPh') isHint = true
        else if (name === 't') isText = true
      },
      close: (name) => {
        if (name === 'si') strings.push(current)
        else if (name === 'rPh') isHint = false
        else if (name === 't') isText = false
      },
      text: (text) => {
        if (isText && !isHint) current += text
      },
    })
  return strings
}

type Book = { strings: string[]; styles: Styles; startsIn1904: boolean }

/** A float as short as it can be written, which is what the spreadsheet shows; a date as one. */
const textOfNumber = (value: string, style: string, { styles, startsIn1904 }: Book) => {
  const number = Number(value)
  if (!Number.isFinite(number)) return value
  if (styles.percents.has(style)) return `${Number((number * 100).toPrecision(15))}%`
  return (styles.dates.has(style) && dateOfSerial(number, startsIn1904)) || String(number)
}

/** Calls back with each row that is not blank. */
const createRowParser = (book: Book, onRow: (row: SheetRow) => void) => {
  let row = 0
  let column = -1
  let isPlaced = false
  let cells: string[] = []
  let type = ''
  let style = ''
  let value = ''
  let isReading = false

  const startCell = (reference: string | undefined) => {
    const place = reference === undefined ? null : placeOf(reference)
    column = place ? place.column : column + 1
    if (place && !isPlaced && place.row > row) row = place.row
  }
  const put = (text: string) => {
    // One column further than anybody has, so that a row that is too wide can be told from one that is not.
    if (text.trim() === '' || column > MAX_COLUMNS * 4) return
    while (cells.length < column) cells.push('')
    cells[column] = text
  }
  const textOfCell = () => {
    if (type === 's') return book.strings[Number(value)] ?? ''
    if (type === 'n') return textOfNumber(value, style, book)
    return type === 'd' ? value.slice(0, 10) : value
  }

  return createParser({
    open: ({ name, attributes }) => {
      if (name === 'row') {
        const { r = '' } = attributes
        isPlaced = ROW_NUMBER.test(r)
        const next = isPlaced ? Number(r) : row + 1
        if (next <= row) throw new FileRefused('import.unreadable')
        row = next
        column = -1
        cells = []
      } else if (name === 'c') {
        startCell(attributes.r)
        type = attributes.t ?? 'n'
        style = attributes.s ?? ''
        value = ''
      } else if (name === 'v' || name === 't') isReading = true
      else if (name === 'rPh') isReading = false
    },
    close: (name) => {
      if (name === 'v' || name === 't') isReading = false
      else if (name === 'c' && value !== '') put(textOfCell())
      else if (name === 'row' && cells.length > 0) onRow({ row, cells })
    },
    text: (text) => {
      if (isReading) value += text
    },
  })
}

async function* readSheet(zip: Zip, name: string, book: Book): Sheet {
  const first = zip.read(name)
  const again = zip.read(name)
  if (!first || !again) return
  // The merged ranges stand below the rows they say something about.
  const merged: MergedCells = await readMergedCells(first)
  const ready: SheetRow[] = []
  const parser = createRowParser(book, (row) => ready.push(merged.fill(row)))
  for await (const text of textOf(again)) {
    parser.write(text)
    yield* ready.splice(0)
  }
  parser.close()
  yield* ready.splice(0)
}

/**
 * The visible sheets, one after the other, each read when it is asked for. Formulas count by the value last computed.
 *
 * @throws FileRefused import.unreadable, import.suspicious, import.encrypted, import.macros, import.external_links
 */
export async function* readXlsx(bytes: Buffer): AsyncGenerator<Sheet, void, void> {
  const zip = openZip(bytes)
  refuseParts(zip)
  const workbookName = (await relationsOf(zip, '')).get('officeDocument') ?? 'xl/workbook.xml'
  const workbook = zip.read(workbookName)
  if (!workbook) throw new FileRefused('import.unreadable')
  const relations = await relationsOf(zip, workbookName)
  const read = (type: string) => {
    const name = relations.get(type)
    return name ? zip.read(name) : null
  }
  const sheets = new Set<string>()
  let startsIn1904 = false
  await parseXml(workbook, {
    open: (tag) => {
      if (tag.name === 'workbookPr') startsIn1904 = /^(1|true)$/.test(tag.attributes.date1904 ?? '')
      const target = tag.name === 'sheet' && relations.get(attribute(tag, 'id') ?? '')
      if (target && (tag.attributes.state ?? 'visible') === 'visible') sheets.add(target)
    },
  })
  const book = {
    strings: await readSharedStrings(read('sharedStrings')),
    styles: await readStyles(read('styles')),
    startsIn1904,
  }
  for (const sheet of sheets) yield readSheet(zip, sheet, book)
}
