import { parseXml } from './xml.ts'

/** Indexes of the cell styles that show a number as a percentage or as a date. */
export type Styles = { percents: Set<string>; dates: Set<string> }

const PERCENTS = ['9', '10']
const DATES = ['14', '15', '16', '17', '22', '27', '30', '36', '50', '57']

/** Without quoted text, escapes, colours and locales. */
const bare = (code: string) => code.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '')

export const readStyles = async (pieces: AsyncIterable<Buffer> | null): Promise<Styles> => {
  const formats = { percents: new Set(PERCENTS), dates: new Set(DATES) }
  const styles: Styles = { percents: new Set(), dates: new Set() }
  let isCellStyle = false
  let index = 0
  if (pieces)
    await parseXml(pieces, {
      open: ({ name, attributes }) => {
        const { numFmtId: id = '', formatCode: code = '' } = attributes
        if (name === 'numFmt') {
          if (bare(code).includes('%')) formats.percents.add(id)
          else if (/d/i.test(bare(code)) || (/y/i.test(bare(code)) && /m/i.test(bare(code)))) formats.dates.add(id)
        } else if (name === 'cellXfs') isCellStyle = true
        else if (name === 'xf' && isCellStyle) {
          if (formats.percents.has(id)) styles.percents.add(String(index))
          if (formats.dates.has(id)) styles.dates.add(String(index))
          index++
        }
      },
      close: (name) => {
        if (name === 'cellXfs') isCellStyle = false
      },
    })
  return styles
}

const DAY_MS = 86_400_000
const EPOCH_1900 = Date.UTC(1899, 11, 30)
const EPOCH_1904 = Date.UTC(1904, 0, 1)

/** Excel counts days; `null` for what no calendar of ours has. */
export const dateOfSerial = (serial: number, startsIn1904 = false): string | null => {
  const days = Math.floor(serial)
  if (days < 1 || days > 110_000) return null
  return new Date((startsIn1904 ? EPOCH_1904 : EPOCH_1900) + days * DAY_MS).toISOString().slice(0, 10)
}
