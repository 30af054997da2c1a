import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

type Row = { guarantee: string; file: string; words: string }

const ROOT = new URL('../', import.meta.url)
const LINK = /\[([^\]]+)\]\(\.\.\/([^)]+)\)/g

/** Each row of a table ends with the tests that hold it: the words of their names, linked to their files. */
const rows = readFileSync(new URL('docs/security.md', ROOT), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (-+|Guarantee|\w+ +\| +Says)/.test(line))
  .map((line) => line.split(' | '))
  .filter((cells) => cells.length === 2)
  .map(([guarantee = '', tests = '']) => ({ guarantee: guarantee.slice(2).trim(), tests }))

const named: Row[] = rows.flatMap(({ guarantee, tests }) =>
  [...tests.matchAll(LINK)].map(([, words = '', file = '']) => ({ guarantee, file, words })),
)

it('the page of guarantees has rows, and each names a test', () => {
  expect(rows.length).toBeGreaterThan(60)
  expect(rows.filter(({ tests }) => !tests.includes('](../')).map(({ guarantee }) => guarantee)).toEqual([])
})

it.each(named)('"$guarantee" is held where the page says: $words', ({ file, words }) => {
  const path = new URL(file, ROOT)
  expect(existsSync(path), file).toBe(true)
  expect(readFileSync(path, 'utf8'), file).toContain(words)
})
