import { expect, it } from 'vitest'
import { internalPath } from './internal-path.ts'

it.each(['/home', '/units?building=1&q=a#top', '/'])('goes on to %s', (path) => expect(internalPath(path)).toBe(path))

it.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\\\\evil.example',
  'https:evil.example',
  'https:/evil.example',
  'javascript:alert(1)',
  'data:text/html,evil',
  'home',
  '',
  null,
  ['/home'],
])('does not leave the app for %j', (value) => expect(internalPath(value)).toBe('/'))

it.each([
  ['/.//evil.example', '/evil.example'],
  ['/home/..//evil.example/?q=1', '/evil.example/?q=1'],
  ['/x/..///evil.example', '/evil.example'],
  ['/./\\evil.example', '/evil.example'],
  ['/%2e//evil.example', '/evil.example'],
  ['/%5cevil.example', '/%5cevil.example'],
  ['/%2f/evil.example', '/%2f/evil.example'],
])('takes %s for a path of the app, which no browser reads as another host', (value, path) => {
  expect(internalPath(value)).toBe(path)
  expect(new URL(internalPath(value), location.origin).origin).toBe(location.origin)
})
