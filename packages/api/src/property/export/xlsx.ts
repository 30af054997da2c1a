import { neutral, wallClock, type Cell, type CellType, type Sheet } from './cells.ts'
import { writeZip } from './zip.ts'

/** Below the header. */
export const XLSX_MAX_ROWS = 1_048_575

const MAX_CELL_CHARACTERS = 32_767
const MAX_TITLE_CHARACTERS = 31
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const PARTS = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const BOLD = 1
/** Places in `cellXfs` below. */
const STYLES: Record<CellType, number> = { text: 2, phone: 2, integer: 3, decimal: 4, day: 5, instant: 6 }
const FORMATS =
  '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'

const styles = `${DECLARATION}<styleSheet xmlns="${MAIN}"><numFmts count="2">${FORMATS}</numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>\
<cellXfs count="7"><xf/><xf fontId="1" applyFont="1"/>${[49, 1, 2, 164, 165]
  .map((format) => `<xf numFmtId="${format}" applyNumberFormat="1"/>`)
  .join('')}</cellXfs></styleSheet>`

const contentTypes = `${DECLARATION}<Types xmlns="${PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="${PARTS}.sheet.main+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${PARTS}.worksheet+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="${PARTS}.styles+xml"/></Types>`

const relationships = (...targets: readonly (readonly [type: string, target: string])[]) =>
  `${DECLARATION}<Relationships xmlns="${PACKAGE}/relationships">${targets
    .map(
      ([type, target], index) =>
        `<Relationship Id="rId${index + 1}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const MARKUP = /[&<>"]/
// oxlint-disable-next-line no-control-regex -- what XML cannot hold
const UNFIT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
/** Spreadsheet programs read `_x0041_` as a character. */
const ENCODED = /_(?=x[0-9A-Fa-f]{4}_)/g

const escaped = (text: string) => {
  const fit = text.toWellFormed().replace(UNFIT, '').replace(ENCODED, '_x005F_')
  return MARKUP.test(fit) ? fit.replace(/[&<>"]/g, (character) => ENTITIES[character]!) : fit
}

/** A sheet is called without these, and by no more than 31 characters. */
const titleOf = (title: string) => escaped(title.replace(/[[\]:*?/\\']/g, ' ').slice(0, MAX_TITLE_CHARACTERS))

const lettersOf = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : lettersOf(Math.floor(index / 26) - 1) + lettersOf(index % 26)

const DAY_MS = 86_400_000
const DAY_ZERO = Date.UTC(1899, 11, 30)
const serialOf = (local: string) => (Date.parse(`${local.replace(' ', 'T')}Z`) - DAY_ZERO) / DAY_MS

const workbook = (title: string) =>
  `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}"><sheets><sheet name="${titleOf(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>`

async function* worksheet(
  { columns, timezone }: Sheet,
  pages: AsyncIterable<readonly (readonly Cell[])[]>,
): AsyncGenerator<Buffer> {
  const local = wallClock(timezone)
  const letters = columns.map((_, index) => lettersOf(index))
  const textCell = (at: string, text: string, style: number) =>
    `<c r="${at}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text.slice(0, MAX_CELL_CHARACTERS))}</t></is></c>`
  const cellOf = (cell: Cell, index: number, row: number) => {
    if (cell === null || cell === '') return ''
    const at = `${letters[index]}${row}`
    const { type } = columns[index]!
    switch (type) {
      case 'text':
      case 'phone':
        return textCell(at, neutral(String(cell), type), STYLES[type])
      case 'day':
        return `<c r="${at}" s="${STYLES[type]}"><v>${serialOf(`${cell} 00:00`)}</v></c>`
      case 'instant':
        return `<c r="${at}" s="${STYLES[type]}"><v>${serialOf(local(String(cell)))}</v></c>`
      case 'integer':
      case 'decimal':
        return `<c r="${at}" s="${STYLES[type]}"><v>${cell}</v></c>`
    }
  }
  yield Buffer.from(`${DECLARATION}<worksheet xmlns="${MAIN}">\
<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>\
<cols>${columns.map(({ width }, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`).join('')}</cols>\
<sheetData><row r="1">${columns.map(({ header }, index) => textCell(`${letters[index]}1`, header, BOLD)).join('')}</row>`)
  let row = 1
  for await (const rows of pages)
    yield Buffer.from(
      rows
        .map((cells) => {
          row++
          return `<row r="${row}">${cells.map((cell, index) => cellOf(cell, index, row)).join('')}</row>`
        })
        .join(''),
    )
  yield Buffer.from(`</sheetData><autoFilter ref="A1:${letters.at(-1)}${row}"/></worksheet>`)
}

/** A workbook of one sheet: numbers are numbers, days and instants dates, and text is text whatever it looks like. */
export const writeXlsx = (sheet: Sheet, pages: AsyncIterable<readonly (readonly Cell[])[]>): AsyncGenerator<Buffer> => {
  const part = (name: string, text: string) => ({ name, content: [Buffer.from(text)] })
  return writeZip([
    part('[Content_Types].xml', contentTypes),
    part('_rels/.rels', relationships(['officeDocument', 'xl/workbook.xml'])),
    part('xl/workbook.xml', workbook(sheet.title)),
    part('xl/_rels/workbook.xml.rels', relationships(['worksheet', 'worksheets/sheet1.xml'], ['styles', 'styles.xml'])),
    part('xl/styles.xml', styles),
    { name: 'xl/worksheets/sheet1.xml', content: worksheet(sheet, pages) },
  ])
}
