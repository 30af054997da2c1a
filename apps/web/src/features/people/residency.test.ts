import { describe, expect, it } from 'vitest'
import { stateOn, todayIn } from './residency.ts'

describe('stateOn', () => {
  const period = { startsOn: '2026-03-01', endsOn: '2026-11-21' }

  it('counts the first day and not the day of moving out', () => {
    expect(stateOn(period, '2026-02-28')).toBe('upcoming')
    expect(stateOn(period, '2026-03-01')).toBe('present')
    expect(stateOn(period, '2026-11-20')).toBe('present')
    expect(stateOn(period, '2026-11-21')).toBe('past')
  })

  it('lasts where no end is set', () => {
    expect(stateOn({ startsOn: '2012-02-12', endsOn: null }, '2199-12-31')).toBe('present')
  })
})

it('tells the day where the company is', () => {
  const lateEvening = new Date('2026-11-21T23:30:00Z')
  expect(todayIn('Europe/Sofia', lateEvening)).toBe('2026-11-22')
  expect(todayIn('America/New_York', lateEvening)).toBe('2026-11-21')
})
