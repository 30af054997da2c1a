import { DomainError } from './errors.ts'

type Position = { value: string | number | null; id: string }

/** Where the next page starts: the sort value and the id of the last row, opaque to callers. */
export const encodeCursor = ({ value, id }: Position) => Buffer.from(JSON.stringify([value, id])).toString('base64url')

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** @throws invalid request.invalid for a cursor that no page of ours has given */
export const decodeCursor = (cursor: string | undefined): Position | null => {
  if (!cursor) return null
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(parsed) && parsed.length === 2) {
      const [value, id] = parsed as [unknown, unknown]
      const isValue =
        value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
      if (isValue && typeof id === 'string' && UUID.test(id)) return { value: value as Position['value'], id }
    }
  } catch {
    // Falls through: what cannot be parsed is as foreign as what has another shape.
  }
  throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })
}

/** Cuts the one row too many that tells whether another page follows. */
export const toPage = <Row extends { id: string }>(
  rows: Row[],
  limit: number,
  valueOf: (row: Row) => Position['value'],
): { items: Row[]; nextCursor: string | null } => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? encodeCursor({ value: valueOf(last), id: last.id }) : null }
}
