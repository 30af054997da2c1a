import { posix } from 'node:path'
import { SaxesParser } from 'saxes'
import { FileRefused, MAX_COLUMNS, type SheetRow } from './sheet.ts'
import { openZip, type Zip } from './zip.ts'

type Tag = { name: string; attributes: Record<string, string> }
type Handlers = { open?: (tag: Tag) => void; close?: (name: string) => void; text?: (text: string) => void }

/** More merged ranges than a list of ten thousand homes has. */
const MAX_MERGED = 50_000
const ROW_NUMBER = /^[1-9]\d{0,6}$/
const REFUSED_PARTS = /vbaProject|externalLinks\/|activeX\/|\.bin$/i

const withoutPrefix = (name: string) => name.slice(name.indexOf(':') + 1)

/** Element names come without their prefix. A document type, the way to entities, is refused. */
const parse = (xml: string, { open, close, text }: Handlers) => {
  const parser = new SaxesParser()
  const fail = (cause?: unknown) => {
    throw new FileRefused('import.unreadable', { cause })
  }
  parser.on('error', fail)
  parser.on('doctype', () => {
    throw new FileRefused('import.suspicious')
  })
  parser.on('opentag', (tag) => open?.({ name: withoutPrefix(tag.name), attributes: tag.attributes }))
  parser.on('closetag', (tag) => close?.(withoutPrefix(tag.name)))
  if (text) parser.on('text', text)
  if (text) parser.on('cdata', text)
  parser.write(xml).close()
}

const part = (zip: Zip, name: string) => {
  const content = zip.read(name)
  if (!content) return null
  const isUtf16 = content[0] === 0xff || content[0] === 0xfe
  try {
    return new TextDecoder(isUtf16 ? 'utf-16' : 'utf-8', { fatal: true }).decode(content)
  } catch (error) {
    throw new FileRefused('import.unreadable', { cause: error })
  }
}

const attribute = ({ attributes }: Tag, name: string) =>
  attributes[name] ?? Object.entries(attributes).find(([key]) => withoutPrefix(key) === name)?.[1]

/** Target of each relation of a part, by id and by the last word of its type. */
const relationsOf = (zip: Zip, of: string) => {
  const { dir, base } = posix.parse(of)
  const targets = new Map<string, string>()
  const xml = part(zip, posix.join(dir, '_rels', `${base}.rels`))
  if (xml)
    parse(xml, {
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
const readSharedStrings = (xml: string | null) => {
  const strings: string[] = []
  let current = ''
  let isText = false
  let isHint = false
  if (xml)
    parse(xml, {
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

const PERCENT_FORMATS = ['9', '10']

/** Cell styles that show a number as a percentage, by their index. */
const readPercentStyles = (xml: string | null) => {
  const formats = new Set(PERCENT_FORMATS)
  const styles = new Set<string>()
  let isCellStyle = false
  let index = 0
  if (xml)
    parse(xml, {
      open: ({ name, attributes }) => {
        const { numFmtId: id = '', formatCode: code = '' } = attributes
        if (name === 'numFmt' && code.replace(/"[^"]*"|\\./g, '').includes('%')) formats.add(id)
        else if (name === 'cellXfs') isCellStyle = true
        else if (name === 'xf' && isCellStyle && formats.has(id)) styles.add(String(index++))
        else if (name === 'xf' && isCellStyle) index++
      },
      close: (name) => {
        if (name === 'cellXfs') isCellStyle = false
      },
    })
  return styles
}

type Place = { row: number; column: number }
/** Cells of one column, by their rows. */
type Merged = { column: number; first: number; last: number }

/** `AB12` is row 12, column 27 (columns count from 0). */
const placeOf = (reference: string): Place | null => {
  const [, letters, digits] = /^([A-Z]{1,3})([1-9]\d{0,6})$/.exec(reference.replaceAll('$', '')) ?? []
  if (!letters || !digits) return null
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  return { row: Number(digits), column }
}

/** A float as short as it can be written, which is what the spreadsheet shows. */
const textOfNumber = (value: string, isPercent: boolean) => {
  const number = Number(value)
  if (!Number.isFinite(number)) return value
  return isPercent ? `${Number((number * 100).toPrecision(15))}%` : String(number)
}

type Book = { strings: string[]; percentStyles: Set<string>; maxRows: number }

const readSheet = (xml: string, { strings, percentStyles, maxRows }: Book): SheetRow[] => {
  const rows = new Map<number, string[]>()
  const merged: Merged[] = []
  let mergedCount = 0
  let at: Place = { row: 0, column: -1 }
  let type = ''
  let style = ''
  let value = ''
  let reading = false

  const put = (text: string) => {
    if (text.trim() === '' || at.column >= MAX_COLUMNS) return
    const cells = rows.get(at.row) ?? []
    if (cells.length === 0) rows.set(at.row, cells)
    if (rows.size > maxRows) throw new FileRefused('import.too_many_rows')
    while (cells.length < at.column) cells.push('')
    cells[at.column] = text
  }

  parse(xml, {
    open: (tag) => {
      const { name, attributes } = tag
      if (name === 'row')
        at = { row: ROW_NUMBER.test(attributes.r ?? '') ? Number(attributes.r) : at.row + 1, column: -1 }
      else if (name === 'c') {
        at = placeOf(attributes.r ?? '') ?? { row: at.row, column: at.column + 1 }
        type = attributes.t ?? 'n'
        style = attributes.s ?? ''
        value = ''
      } else if (name === 'v' || name === 't') reading = true
      else if (name === 'rPh') reading = false
      else if (name === 'mergeCell') {
        if (++mergedCount > MAX_MERGED) throw new FileRefused('import.suspicious')
        const [from, to] = (attributes.ref ?? '').split(':', 2).map(placeOf)
        if (from && to && from.column === to.column && from.column < MAX_COLUMNS)
          merged.push({ column: from.column, first: from.row, last: to.row })
      }
    },
    close: (name) => {
      if (name === 'v' || name === 't') reading = false
      else if (name === 'c' && value !== '')
        put(
          type === 's'
            ? (strings[Number(value)] ?? '')
            : type === 'n'
              ? textOfNumber(value, percentStyles.has(style))
              : value,
        )
    },
    text: (text) => {
      if (reading) value += text
    },
  })
  const ordered = [...rows].sort(([a], [b]) => a - b).map(([row, cells]) => ({ row, cells }))
  fillDown(ordered, merged)
  return ordered
}

/** A cell merged over several rows says the same of each of them; rows that hold nothing else stay blank. */
const fillDown = (rows: SheetRow[], merged: Merged[]) => {
  for (const [column, ranges] of Map.groupBy(merged, (range) => range.column)) {
    ranges.sort((a, b) => a.first - b.first)
    let next = 0
    let last = 0
    let text = ''
    for (const { row, cells } of rows) {
      for (let range = ranges[next]; range && range.first <= row; range = ranges[++next])
        if (range.first === row && cells[column]) {
          last = range.last
          text = cells[column]
        }
      if (row > last || cells[column]) continue
      while (cells.length < column) cells.push('')
      cells[column] = text
    }
  }
}

/**
 * The visible sheets, one after the other, each read when it is asked for. Formulas count by the value last computed.
 *
 * @throws FileRefused import.unreadable, import.suspicious, import.too_many_rows
 */
export function* readXlsx(bytes: Buffer, maxRows: number): Generator<SheetRow[]> {
  const zip = openZip(bytes)
  if (zip.names.some((name) => REFUSED_PARTS.test(name) && !name.startsWith('xl/printerSettings/')))
    throw new FileRefused('import.suspicious')
  const workbookName = relationsOf(zip, '').get('officeDocument') ?? 'xl/workbook.xml'
  const workbook = part(zip, workbookName)
  if (!workbook) throw new FileRefused('import.unreadable')
  const relations = relationsOf(zip, workbookName)
  const read = (type: string) => {
    const name = relations.get(type)
    return name ? part(zip, name) : null
  }
  const sheets = new Set<string>()
  parse(workbook, {
    open: (tag) => {
      const target = tag.name === 'sheet' && relations.get(attribute(tag, 'id') ?? '')
      if (target && (tag.attributes.state ?? 'visible') === 'visible') sheets.add(target)
    },
  })
  const book = {
    strings: readSharedStrings(read('sharedStrings')),
    percentStyles: readPercentStyles(read('styles')),
    maxRows,
  }
  for (const sheet of sheets) {
    const xml = part(zip, sheet)
    if (xml) yield readSheet(xml, book)
  }
}
