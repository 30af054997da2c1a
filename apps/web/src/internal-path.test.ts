import { expect, it } from 'vitest'
import { internalPath } from './internal-path.ts'

it.each(['/home', '/units?building=1&q=a#top', '/'])('goes on to %s', (path) => expect(internalPath(path)).toBe(path))

it.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  'home',
  '',
  null,
  ['/home'],
])('does not leave the app for %j', (value) => expect(internalPath(value)).toBe('/'))
