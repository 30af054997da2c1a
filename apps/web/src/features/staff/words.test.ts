import { expect, it } from 'vitest'
import { endOfDay } from './words.ts'

it('a grant ends with its last day where the company is, in summer and in winter', () => {
  expect(endOfDay('2026-07-01', 'Europe/Sofia')).toBe('2026-07-01T20:59:59.000Z')
  expect(endOfDay('2026-12-01', 'Europe/Sofia')).toBe('2026-12-01T21:59:59.000Z')
  expect(endOfDay('2026-12-01', 'America/New_York')).toBe('2026-12-02T04:59:59.000Z')
  expect(endOfDay('2026-12-01', 'UTC')).toBe('2026-12-01T23:59:59.000Z')
})
