import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readUnitsInThread } from './reader.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servai-reader-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0

const input = async (csv = 'Building,Number,Area\nA,1,10\n', companyId = `company-${files}`) => {
  const path = join(folder, `${++files}`)
  await writeFile(path, csv)
  return { companyId, fileName: 'units.csv', path, limits: { bytes: 1_000_000, rows: 10_000 } }
}

it('gives what the thread read and leaves the file alone', async () => {
  const given = await input()
  expect(await readUnitsInThread(given)).toMatchObject({ rows: [{ building: 'A', number: '1', areaM2: '10.00' }] })
  expect(await readFile(given.path, 'utf8')).toContain('Building')
})

it('ends a file that takes too long, and the next one is read', async () => {
  const large = await input(`Building,Number,Area\n${'A,1,10\n'.repeat(10_000)}`)
  await expect(readUnitsInThread(large, 1)).rejects.toMatchObject({ code: 'timeout', reason: 'import.timeout' })
  expect((await readUnitsInThread(await input())).rows).toHaveLength(1)
})

it('does not read a file that is larger than it may be', async () => {
  const given = { ...(await input()), limits: { bytes: 10, rows: 10 } }
  await expect(readUnitsInThread(given)).rejects.toMatchObject({ code: 'too_large', reason: 'import.too_large' })
})

const busy = { code: 'unavailable', reason: 'server.busy', details: { retryAfterSeconds: 5 } }

it('reads the files of two companies at a time and sends the third away', async () => {
  const outcomes = await Promise.allSettled(
    (await Promise.all([input(), input(), input()])).map((one) => readUnitsInThread(one)),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(outcomes[2]).toMatchObject({ reason: busy })
  expect((await readUnitsInThread(await input())).rows).toHaveLength(1)
})

it('leaves one thread to the others, whatever one company sends', async () => {
  const mine = await Promise.all([1, 2].map(() => input(undefined, 'mine')))
  const other = await input(undefined, 'other')
  const outcomes = await Promise.allSettled([...mine, other].map((one) => readUnitsInThread(one)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: busy })
})
