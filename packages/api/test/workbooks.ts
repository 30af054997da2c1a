import { crc32, deflateRawSync } from 'node:zlib'

/** An archive of the given entries, honest unless told otherwise. */
export const zip = (entries: { name: string; content: Buffer; claims?: number; flags?: number }[]) => {
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

export const NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

type Book = {
  sheets: string[]
  /** How often the workbook lists its sheets. */
  listed?: number
  styles?: string
  extra?: { name: string; content: Buffer; claims?: number; flags?: number }[]
}

export const book = ({ sheets, listed = 1, styles = '', extra = [] }: Book) => {
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

export const cell = (value: string | number, style = '') =>
  typeof value === 'number' ? `<c s="${style}"><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`
export const sheet = (rows: (string | number)[][], more = '') =>
  `<worksheet ${NS}><sheetData>${rows.map((cells) => `<row>${cells.map((value) => cell(value)).join('')}</row>`).join('')}</sheetData>${more}</worksheet>`
