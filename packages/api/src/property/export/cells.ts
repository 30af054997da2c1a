/** `text` is told apart from `phone`, which may start with a plus. Decimals, days and instants are text as the lists have them. */
export type CellType = 'text' | 'phone' | 'integer' | 'decimal' | 'day' | 'instant'
export type Cell = string | number | null

export type SheetColumn = { header: string; type: CellType; /** In characters. */ width: number }
export type Sheet = {
  title: string
  columns: readonly SheetColumn[]
  /** Where instants are told as of the clock on the wall. */
  timezone: string
}

const FORMULA = /^[\s\u00a0]*[=+\-@＝＋－＠]|^[\t\r\n]/
const PHONE = /^\+[0-9][0-9 ()./-]*$/

/**
 * What a spreadsheet program shows as text whatever it starts with (SECURITY A12); our own import takes the mark off
 * again. A plain phone number holds nothing that could run.
 */
export const neutral = (text: string, type: CellType) =>
  FORMULA.test(text) && !(type === 'phone' && PHONE.test(text)) ? `'${text}` : text

/** `2026-11-21 09:05` on the wall of that zone. Zones change their offset at most once an hour. */
export const wallClock = (timezone: string) => {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' })
  const offsets = new Map<string, number>()
  const offsetOf = (iso: string) => {
    const hour = iso.slice(0, 13)
    const known = offsets.get(hour)
    if (known !== undefined) return known
    const start = Date.parse(`${hour}:00:00Z`)
    const offset = Date.parse(`${format.format(start).replace(' ', 'T')}:00Z`) - start
    offsets.set(hour, offset)
    return offset
  }
  return (iso: string) => new Date(Date.parse(iso) + offsetOf(iso)).toISOString().slice(0, 16).replace('T', ' ')
}
