const FORMULA = /^[\s\u00a0]*[=+\-@＝＋－＠]|^[\t\r\n]/
const SPECIAL = /[",;\r\n]/

/** A cell that a spreadsheet shows as text, whatever it starts with. */
const cell = (value: string | number) => {
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** CSV with BOM; `delimiter` is the one the reader's spreadsheet program splits by. */
export const toCsv = (rows: (string | number)[][], delimiter: ',' | ';') =>
  `\uFEFF${rows.map((row) => row.map(cell).join(delimiter)).join('\r\n')}\r\n`

/** Where the comma is the decimal sign, spreadsheet programs split by semicolons. */
export const csvDelimiter = (locale: string): ',' | ';' =>
  new Intl.NumberFormat(locale).format(1.5).includes(',') ? ';' : ','
