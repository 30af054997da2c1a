import { TIMEZONE_PATTERN } from '@servai/db/schema/timezones'
import { z } from 'zod'

const CONTROL = /\p{Cc}/u

/** One line of text as people write it: trimmed at the ends, otherwise stored exactly; no control characters. */
export const line = (max: number, min = 1) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .refine((value) => value.isWellFormed() && !CONTROL.test(value), { params: { code: 'control_characters' } })

const LINK = /:\/\/|www\./iu
/** Line separators, and what makes text run backwards. */
const LAYOUT = /[\u2028\u2029\u202A-\u202E\u2066-\u2069]/u

/** A name that messages to strangers begin with: no address of a page. */
export const properName = (max: number) =>
  line(max)
    .refine((value) => !LAYOUT.test(value), { params: { code: 'control_characters' } })
    .refine((value) => !LINK.test(value), { params: { code: 'link_in_name' } })

export const optionalLine = (max: number) => line(max, 0)

/** In lower case, as the database writes it: two spellings of one id would pass for two. */
export const id = z.uuid().toLowerCase()

/** A moment, sent as ISO 8601 in UTC. */
export const instant = z
  .date()
  .transform((value) => value.toISOString())
  .pipe(z.iso.datetime())

/** A calendar date without a zone, `2026-11-21`, between 1900 and 2200. */
export const day = z.iso
  .date()
  .refine((value) => value >= '1900-01-01' && value < '2200-01-01', { params: { code: 'date_out_of_range' } })

/** Non-negative decimal with at most `scale` places, as text: no float ever holds it. */
export const decimal = (precision: number, scale: number) =>
  z.string().regex(new RegExp(`^\\d{1,${precision - scale}}(\\.\\d{1,${scale}})?$`))

export const version = z.int().min(1).max(2_147_483_647)

const ZONE = new RegExp(TIMEZONE_PATTERN)

/** IANA name that PostgreSQL, Node and browsers read alike. */
export const timezone = z
  .string()
  .max(64)
  .refine(
    (value) => {
      if (!ZONE.test(value)) return false
      try {
        new Intl.DateTimeFormat('en', { timeZone: value })
        return true
      } catch {
        return false
      }
    },
    { params: { code: 'timezone' } },
  )

export const PAGE_LIMIT = 100

/** Keyset pages: `cursor` is the `nextCursor` of the page before, opaque and good for the same filter and sort. */
export const pageInput = {
  cursor: z.string().max(512).optional(),
  limit: z.int().min(1).max(PAGE_LIMIT).default(20),
  q: z.string().trim().max(100).optional(),
  includeRemoved: z.boolean().default(false),
}

export const page = <Row extends z.ZodType>(row: Row) =>
  z.strictObject({ items: z.array(row), nextCursor: z.string().nullable() })

export const idInput = z.strictObject({ id })
export const versionedInput = z.strictObject({ id, version: version.optional() })
/** With `cascade`, what hangs on it goes too, and comes back with it. */
export const removalInput = z.strictObject({ id, version: version.optional(), cascade: z.boolean().default(false) })

/** Rows that are changed together, or not at all. */
export const BULK_LIMIT = 200
const oncePerRow = (ids: readonly string[]) => new Set(ids).size === ids.length
export const bulk = <Row extends z.ZodType<{ id: string }>>(row: Row) =>
  z
    .array(row)
    .min(1)
    .max(BULK_LIMIT)
    .refine((rows) => oncePerRow(rows.map((each) => each.id)), { params: { code: 'duplicate_rows' } })
export const bulkRemovalInput = z.strictObject({
  items: bulk(z.strictObject({ id, version: version.optional() })),
  cascade: z.boolean().default(false),
})
export const bulkIdsInput = z.strictObject({ items: bulk(z.strictObject({ id })) })

export const done = z.strictObject({ ok: z.literal(true) })
