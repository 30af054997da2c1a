import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const css = fs.readFileSync(path.join(import.meta.dirname, 'tokens.css'), 'utf8')

const block = (selector: string) => {
  const start = css.indexOf(`${selector} {`)
  const body = css.slice(start, css.indexOf('\n}', start))
  return Object.fromEntries([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]))
}

const light = block(':root')
const themes: Record<string, Record<string, string | undefined>> = {
  light,
  dark: { ...light, ...block(":root[data-theme='dark']") },
}

/** Relative luminance, WCAG 2.2. */
const luminance = (hex: string) => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

const contrast = (a: string, b: string) => {
  const [dark, bright] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (bright! + 0.05) / (dark! + 0.05)
}

const GROUNDS = ['page', 'surface', 'raised', 'hover', 'sunken']

/** Everything that is read: AA asks for 4.5. */
const TEXTS = [
  ...['text', 'text-muted', 'primary', 'bad'].flatMap((text) => GROUNDS.map((ground) => [text, ground])),
  ['on-primary', 'primary'],
  ['on-primary', 'primary-hover'],
  ['on-bad', 'bad'],
  ['on-bad', 'bad-hover'],
  ['on-tooltip', 'tooltip'],
  ['text', 'primary-tint'],
  ...['primary', 'good', 'caution', 'bad', 'info'].map((tone) => [tone, `${tone}-tint`]),
] as [string, string][]

/** What has to be seen but is not read, and text of 24 px and more: AA asks for 3. */
const SHAPES = [
  ['text-faint', 'surface'],
  ['text-faint', 'page'],
  ['control-border', 'surface'],
  ['control-border', 'page'],
  ['control-border', 'raised'],
  ['primary', 'primary-tint'],
  ['good', 'border'],
  ['info', 'border'],
] as [string, string][]

describe.each(Object.entries(themes))('%s', (_name, theme) => {
  const ratio = (front: string, ground: string) => contrast(theme[front]!, theme[ground]!)

  it.each(TEXTS)('%s can be read on %s', (front, ground) => expect(ratio(front, ground)).toBeGreaterThanOrEqual(4.5))
  it.each(SHAPES)('%s can be seen on %s', (front, ground) => expect(ratio(front, ground)).toBeGreaterThanOrEqual(3))
})
