import type { Locale } from '@servai/contract/locales'
import { neutral } from '../export/cells.ts'
import { writeCsv, type CsvStyle } from '../export/csv.ts'
import { writeXlsx } from '../export/xlsx.ts'
import { describeProblems, problemHeading } from './problem-texts.ts'
import type { RefusedRow } from './service.ts'

export const REFUSED_FORMATS = ['csv', 'xlsx'] as const
export type RefusedFormat = (typeof REFUSED_FORMATS)[number]

/** Where the comma is the decimal sign, spreadsheet programs split by semicolons. */
const STYLES: Record<Locale, CsvStyle> = {
  en: { separator: ',', decimalSign: '.' },
  ru: { separator: ';', decimalSign: ',' },
  bg: { separator: ';', decimalSign: ',' },
}
const WIDTH = 20
const PROBLEM_WIDTH = 60

type Pages = (after: number) => Promise<RefusedRow[]>
type Refused = { headers: readonly string[]; pages: Pages; locale: Locale }

async function* tableOf({ headers, pages, locale }: Refused) {
  for (let after = 0; ;) {
    const rows = await pages(after)
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ cells, problems }) => [
      ...headers.map((_, index) => cells[index] || null),
      describeProblems(locale, problems),
    ])
    after = last.row
  }
}

/**
 * Exactly the refused rows under the headers of their file, and what is wrong with each, page after page. All of it is
 * text: "007" stays what it is, and nothing is computed.
 */
export const writeRefused = (format: RefusedFormat, refused: Refused): AsyncGenerator<Buffer> => {
  const { headers, locale } = refused
  const column = (header: string, width: number) => ({ header: neutral(header, 'text'), type: 'phone' as const, width })
  const sheet = {
    title: problemHeading(locale),
    columns: [...headers.map((header) => column(header, WIDTH)), column(problemHeading(locale), PROBLEM_WIDTH)],
    timezone: 'UTC',
  }
  return format === 'csv' ? writeCsv(sheet, tableOf(refused), STYLES[locale]) : writeXlsx(sheet, tableOf(refused))
}
