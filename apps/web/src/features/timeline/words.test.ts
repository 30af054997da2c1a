import { beforeAll, expect, it } from 'vitest'
import { loadStaffTexts, showLocale } from '../../i18n/i18n.ts'
import { authorInWords, subjectInWords, valueInWords } from './words.ts'

beforeAll(loadStaffTexts)

it('writes values as people do, in their language', async () => {
  await showLocale('ru')
  expect(valueInWords('verifiedLevel', 'owner_proved')).toBe('Право собственности подтверждено')
  expect(valueInWords('endsOn', '2026-11-21')).toBe('21 ноября 2026 г.')
  expect(valueInWords('areaM2', 52.7)).toBe('52,7 м²')
  await showLocale('en')
  expect(valueInWords('type', 'parking')).toBe('Parking place')
  expect(valueInWords('kind', 'owner')).toBe('Owner')
  expect(valueInWords('value', false)).toBe('no')
  expect(valueInWords('note', null)).toBe('—')
  expect(valueInWords('share', '1/3')).toBe('1/3')
})

it('names whoever did it, also whom the company does not know', async () => {
  await showLocale('en')
  expect(authorInWords({ kind: 'staff', name: 'Ana' })).toBe('Ana')
  expect(authorInWords({ kind: 'system', name: null })).toBe('servAI')
  expect(authorInWords({ kind: 'other', name: null })).toBe('Somebody outside the company')
  expect(subjectInWords({ kind: 'residencies', label: 'Ivan', building: null })).toBe('Residency: Ivan')
  expect(subjectInWords({ kind: 'invites', label: '12', building: 'A' })).toBe('Invite: Building A, unit 12')
})
