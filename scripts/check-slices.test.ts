import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { misplaced } from './check-slices.mjs'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-slices-'))
afterEach(() => fs.rmSync(root, { recursive: true, force: true }))

const misplacedOf = (...files: string[]) => {
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), '')
  }
  return misplaced(root).map((file) => path.relative(root, file))
}

it('accepts the files of a slice and of an entity, readers of uploads, and what stands above all slices', () => {
  expect(
    misplacedOf(
      'errors.ts',
      'tickets/policy.ts',
      'tickets/service.ts',
      'tickets/router.ts',
      'tickets/jobs.ts',
      'tickets/tickets.test.ts',
      'tickets/close-race.test.ts',
      'property/units/service.ts',
      'property/import/xlsx.ts',
    ),
  ).toEqual([])
})

it('names what fits nowhere', () => {
  expect(misplacedOf('tickets/utils.ts', 'tickets/index.ts', 'property/units/deep/service.ts').toSorted()).toEqual([
    'property/units/deep',
    'tickets/index.ts',
    'tickets/utils.ts',
  ])
})
