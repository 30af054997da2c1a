import { describe, expect, it } from 'vitest'
import { csvDelimiter, toCsv } from './refused-csv.ts'

describe('toCsv', () => {
  it.each(['=HYPERLINK("x")', '+1', '-5', '@SUM(A1)', '\tx', '  =1+1', '＝1'])(
    'keeps %j from being a formula',
    (value) => {
      const [, line] = /^\uFEFF(.*)\r\n$/s.exec(toCsv([[value]], ';'))!
      expect(line!.replace(/^"/, '').startsWith("'")).toBe(true)
    },
  )

  it('quotes what would break a row and doubles the quotes inside', () => {
    expect(toCsv([['a"b', 'c;d', 'e,f', 'g\r\nh', 'plain']], ';')).toBe('\uFEFF"a""b";"c;d";"e,f";"g\r\nh";plain\r\n')
  })

  it('leaves numbers and ordinary words as they are', () => {
    expect(toCsv([[14, 'сорок']], ',')).toBe('\uFEFF14,сорок\r\n')
  })
})

it('splits by semicolons where the comma is the decimal sign', () => {
  expect([csvDelimiter('en'), csvDelimiter('ru'), csvDelimiter('bg')]).toEqual([',', ';', ';'])
})
