/** Columns count from 0, rows from 1. */
export type Place = { row: number; column: number }

/** `AB12` is row 12, column 27. */
export const placeOf = (reference: string): Place | null => {
  const [, letters, digits] = /^([A-Z]{1,3})([1-9]\d{0,6})$/.exec(reference.replaceAll('$', '')) ?? []
  if (!letters || !digits) return null
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  return { row: Number(digits), column }
}
