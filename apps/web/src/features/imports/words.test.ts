import { IMPORT_COUNTS, type ImportCounts } from '@servai/contract/imports'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadStaffTexts, showLocale } from '../../i18n/i18n.ts'
import { countsInWords, partDone } from './words.ts'

// Object.fromEntries forgets the keys.
const none = Object.fromEntries(IMPORT_COUNTS.map((name) => [name, 0])) as ImportCounts
const applied = { ...none, rows: 12, new: 10, changed: 2, applied: 12, created: 10, updated: 2, buildingsCreated: 3 }

beforeAll(async () => {
  await showLocale('en')
  await loadStaffTexts()
})

describe('an import', () => {
  it('tells in one line what it will do, has done, or has taken back', () => {
    expect(countsInWords({ status: 'ready', counts: applied })).toBe('New 10, Changed 2')
    expect(countsInWords({ status: 'done', counts: applied })).toBe('Created 10, Updated 2')
    expect(countsInWords({ status: 'undone', counts: { ...applied, undone: 12 } })).toBe('Taken back 12')
  })

  it('that is being undone is as far as its rows are', () => {
    expect(partDone({ status: 'undoing', counts: { ...applied, undone: 9 } })).toBe(0.75)
    expect(partDone({ status: 'undoing', counts: none })).toBeUndefined()
  })
})
