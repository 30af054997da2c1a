import { sql } from 'drizzle-orm'
import type { CSV_SEPARATORS, ExportFilters, ExportFormat, ExportKind } from '@servai/contract/exports'
import type { Locale } from '@servai/contract/locales'
import type { Ctx } from '../../context.ts'
import { writeCsv, type CsvStyle } from './csv.ts'
import type { Cell, Sheet } from './cells.ts'
import { exporterOf } from './kinds.ts'
import { EXPORT_TEXTS } from './texts.ts'
import { writeXlsx } from './xlsx.ts'

export type Asked = {
  kind: ExportKind
  format: ExportFormat
  filter: ExportFilters[ExportKind]
  locale: Locale
  separator: (typeof CSV_SEPARATORS)[number] | null
}

const PAGE_ROWS = 1_000
const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t' } as const
/** Where the comma is the decimal sign, spreadsheet programs split by semicolons. */
const STYLES: Record<Locale, CsvStyle> = {
  en: { separator: ',', decimalSign: '.' },
  ru: { separator: ';', decimalSign: ',' },
  bg: { separator: ';', decimalSign: ',' },
}

/** Runs a read with the rights of this moment, in a transaction of its own. @throws as a procedure would */
export type Read = <T>(work: (ctx: Ctx) => Promise<T>) => Promise<T>

/** Page after page; the next one is on its way while this one is written. */
async function* cellsOf({ kind, filter, locale }: Asked, read: Read): AsyncGenerator<Cell[][]> {
  const { list, columns } = exporterOf(kind)
  const words = EXPORT_TEXTS[locale]
  const pageAt = (cursor: string | undefined) => {
    const page = read(async (ctx) => {
      // As the lists are written, the page comes first; of a long one PostgreSQL thinks it knows better.
      await ctx.db.execute(sql`set local join_collapse_limit = 1`)
      return list(ctx, filter, { cursor, limit: PAGE_ROWS })
    })
    // Awaited below, or by nobody when the reader leaves.
    page.catch(() => undefined)
    return page
  }
  let next: ReturnType<typeof pageAt> | null = pageAt(undefined)
  try {
    while (next) {
      const { items, nextCursor }: Awaited<ReturnType<typeof pageAt>> = await next
      next = nextCursor === null ? null : pageAt(nextCursor)
      yield items.map((row) => columns.map(({ cell }) => cell(row, words)))
    }
  } finally {
    await next?.catch(() => undefined)
  }
}

async function* counted<Row>(pages: AsyncIterable<Row[]>, onRows: (rows: number) => void) {
  for await (const page of pages) {
    onRows(page.length)
    yield page
  }
}

/** The file, a chunk at a time; leaving the loop stops the reading. */
export const writeExport = (
  asked: Asked,
  timezone: string,
  read: Read,
  onRows: (rows: number) => void = () => undefined,
): AsyncGenerator<Buffer> => {
  const { kinds, headers } = EXPORT_TEXTS[asked.locale]
  const sheet: Sheet = {
    title: kinds[asked.kind],
    timezone,
    columns: exporterOf(asked.kind).columns.map(({ header, type, width }) => ({
      header: headers[header],
      type,
      width,
    })),
  }
  const pages = counted(cellsOf(asked, read), onRows)
  if (asked.format === 'xlsx') return writeXlsx(sheet, pages)
  const style = STYLES[asked.locale]
  return writeCsv(sheet, pages, asked.separator ? { ...style, separator: SEPARATORS[asked.separator] } : style)
}

/** `Units 2026-11-21.xlsx`, on the day of the company. */
export const fileNameOf = ({ kind, format, locale }: Asked, timezone: string, now: Date) =>
  `${EXPORT_TEXTS[locale].kinds[kind]} ${new Intl.DateTimeFormat('sv-SE', { timeZone: timezone }).format(now)}.${format}`
