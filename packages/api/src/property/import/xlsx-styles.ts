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
