import { describe, expect, it } from 'vitest'
import { areaText, formatArea, parseArea } from './area.ts'

describe('parseArea', () => {
  it.each([
    ['52.68', '52.68'],
    ['52,68', '52.68'],
    ['1\u00a0250,5', '1250.5'],
    ['40', '40'],
  ])('reads %j', (text, area) => expect(parseArea(text)).toBe(area))

  it.each(['', '0', '0,00', '-5', '1.234', '1,250.5', 'forty', '123456789'])('refuses %j', (text) =>
    expect(parseArea(text)).toBeNull(),
  )
})

it('writes an area as the locale does, always to two places', () => {
  expect(formatArea('52.7', 'en')).toBe('52.70')
  expect(formatArea('1252.7', 'ru')).toBe('1\u00a0252,70')
})

it('offers a stored area for editing in a form that is read back unchanged', () => {
  expect(areaText('1252.70', 'bg')).toBe('1252,70')
  expect(parseArea(areaText('1252.70', 'bg'))).toBe('1252.70')
})
