/** A typed whole number for a schema: `null` where nothing is typed, the text itself where it is no such number. */
export const wholeNumberOf = (text: string): number | string | null => {
  const plain = text.trim().replace('−', '-')
  if (plain === '') return null
  return /^-?\d{1,9}$/.test(plain) ? Number(plain) : text
}
