import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { readInThread } from './reader.ts'
import type { SheetRow } from './sheet.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servai-reader-'))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => void vi.useRealTimers())

let files = 0

const input = async (csv = 'Building,Number,Area\nA,1,10\n', companyId = `company-${files}`) => {
  const path = join(folder, `${++files}`)
  await writeFile(path, csv)
  return { companyId, fileName: 'units.csv', path, kind: 'units' as const, limits: { bytes: 1_000_000, rows: 50_000 } }
}

/** Keeps what it is given, and how many batches it held at once at most. */
const sink = (pauseMs = 0) => {
  const seen = { headers: [] as string[], rows: [] as SheetRow[], atOnce: 0 }
  let held = 0
  return {
    seen,
    start: async (headers: string[]) => {
      seen.headers = headers
    },
    take: async (rows: SheetRow[]) => {
      seen.atOnce = Math.max(seen.atOnce, ++held)
      seen.rows.push(...rows)
      await sleep(pauseMs)
      held--
    },
  }
}

const read = async (given: Awaited<ReturnType<typeof input>>) => {
  const taken = sink()
  await readInThread(given, taken)
  return taken.seen
}

it('gives the header and the rows below it, and leaves the file alone', async () => {
  const given = await input()
  expect(await read(given)).toEqual({
    headers: ['Building', 'Number', 'Area'],
    rows: [{ row: 2, cells: ['A', '1', '10'] }],
    atOnce: 1,
  })
  expect(await readFile(given.path, 'utf8')).toContain('Building')
})

it('waits for whoever takes the rows, so that one batch is in memory at a time', async () => {
  const taken = sink(5)
  await readInThread(await input(`Building,Number,Area\n${'A,1,10\n'.repeat(5_000)}`), taken)
  expect([taken.seen.rows.length, taken.seen.atOnce]).toEqual([5_000, 1])
})

it('ends a file that takes too long, however long its rows were being taken, and the next one is read', async () => {
  const large = await input(`Building,Number,Area\n${'A,1,10\n'.repeat(10_000)}`)
  await expect(readInThread(large, sink(), 1)).rejects.toMatchObject({ code: 'timeout', reason: 'import.timeout' })
  const limitMs = 1_000
  const given = await input()
  // The clock stands still but while the rows are taken, however long a thread takes on a busy machine.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const slow = sink()
  const take = async (rows: SheetRow[]) => {
    vi.advanceTimersByTime(limitMs * 2)
    await slow.take(rows)
  }
  await readInThread(given, { ...slow, take }, limitMs)
  expect(slow.seen.rows).toHaveLength(1)
})

it('does not read a file that is larger than it may be', async () => {
  const given = { ...(await input()), limits: { bytes: 10, rows: 10 } }
  await expect(readInThread(given, sink())).rejects.toMatchObject({ code: 'too_large', reason: 'import.too_large' })
})

it('ends with what whoever takes the rows throws', async () => {
  const broken = { start: async () => undefined, take: () => Promise.reject(new Error('full')) }
  await expect(readInThread(await input(), broken)).rejects.toThrow('full')
})

it('reads the files of two companies at a time; others wait for their turn', async () => {
  // All files are there before anybody asks for a turn: turns are given in the order they are asked for.
  const given = await Promise.all(['one', 'two', 'three', 'one'].map((companyId) => input(undefined, companyId)))
  const running: string[] = []
  const together: string[] = []
  const isFull = Promise.withResolvers<void>()
  const reading = async (one: (typeof given)[number]) => {
    const start = async () => {
      running.push(one.companyId)
      together.push(running.toSorted().join(' + '))
      if (running.length === 2) isFull.resolve()
      await isFull.promise
    }
    await readInThread(one, { ...sink(), start })
    running.splice(running.indexOf(one.companyId), 1)
  }
  await Promise.all(given.map(reading))
  expect(together.slice(0, 2)).toEqual([expect.stringMatching(/^(one|two)$/), 'one + two'])
  for (const readers of together.slice(2))
    expect(['one', 'three', 'one + three', 'one + two', 'three + two']).toContain(readers)
})
