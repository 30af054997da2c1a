import {
  AUDIT_COLUMNS,
  AUDIT_DETAILS,
  AUDIT_EVENTS,
  AUDIT_TABLES,
  AUDIT_VERBS,
  AUDIT_WHYS,
} from '@servai/contract/audit-names'
import { IMPORT_COUNTS } from '@servai/contract/imports'
import { LOCALES } from '@servai/contract/locales'
import { beforeEach, describe, expect, it } from 'vitest'
import { loadAccountTexts, loadStaffTexts, showLocale } from '../../i18n/i18n.ts'
import { actionInWords, auditValueInWords, fieldInWords } from './words.ts'

const isTechnical = (text: string) => /[._]|[a-z][A-Z]/.test(text)

describe.each(LOCALES)('an entry of the audit log says in %s', (locale) => {
  beforeEach(async () => {
    await showLocale(locale)
    await Promise.all([loadStaffTexts(), loadAccountTexts()])
  })

  it('every event that a service writes down', () => {
    const texts = AUDIT_EVENTS.map((action) => actionInWords({ action }))
    expect(texts.filter(isTechnical)).toEqual([])
  })

  it('every change of every table', () => {
    const actions = AUDIT_TABLES.flatMap((table) => AUDIT_VERBS.map((verb) => `${table}.${verb}`))
    expect(actions.map((action) => actionInWords({ action })).filter(isTechnical)).toEqual([])
  })

  it('what was called in vain, and leaves what it does not know as it is', () => {
    expect(actionInWords({ action: 'property.units.updateMany' })).not.toContain('updateMany')
    expect(actionInWords({ action: 'accounts.factorResets.approve' })).not.toContain('Resets')
    expect(actionInWords({ action: 'meters.readings.guess' })).toBe('meters.readings.guess')
  })

  it('every column and every detail', () => {
    const fields = [...AUDIT_COLUMNS, ...AUDIT_DETAILS, ...IMPORT_COUNTS]
    expect(fields.map((field) => fieldInWords(field)).filter(isTechnical)).toEqual([])
    expect(fieldInWords('first_name')).toBe(fieldInWords('firstName'))
    expect(fieldInWords('tomorrow_s_column')).toBe('tomorrow_s_column')
  })

  it('why something was refused', () => {
    const texts = AUDIT_WHYS.map((why) => auditValueInWords('why', why))
    expect(texts.filter((text) => isTechnical(text) || (AUDIT_WHYS as readonly string[]).includes(text))).toEqual([])
  })
})

it('a value of the audit log is said as people say it', async () => {
  await showLocale('en')
  await loadStaffTexts()
  expect([fieldInWords('kind', 'invites'), fieldInWords('kind', 'exports')]).toEqual(['Role', 'List'])
  expect(auditValueInWords('revoked_at', '2026-11-21T10:30:00+00:00', 'UTC')).toMatch(/21 Nov(ember)? 2026.*10:30/)
  expect(auditValueInWords('key', 'invites.ttlDays')).toBe('An invite works for')
  expect(auditValueInWords('fields', '["firstName","locale"]')).toBe('First name, Language')
  expect(auditValueInWords('locale', 'bg')).toBe('Български')
  expect(auditValueInWords('by', 'staff')).toBe('the company')
  expect(auditValueInWords('filter', '{"kind":"units","rows":3}')).toBe('List: Units; Rows: 3')
  expect(auditValueInWords('mapping', '{"areaM2":2,"number":0}')).toBe('Area, m²: 3; Number: 1')
  expect(auditValueInWords('status', 'reading')).toBe('Being read')
  expect(auditValueInWords('note', '{not json')).toBe('{not json')
  expect(auditValueInWords('note', null)).toBe('—')
})

it('an entry of the audit log names what was called by where it lives and what was asked of it', async () => {
  await showLocale('en')
  await loadStaffTexts()
  expect(actionInWords({ action: 'property.units.updateMany' })).toBe('Units: change')
  expect(actionInWords({ action: 'units.update' })).toBe('Unit: changed')
})
