import { expect, it } from 'vitest'
import { readUnitsInThread } from './reader.ts'

const input = (csv = 'Building,Number,Area\nA,1,10\n') => ({
  fileName: 'units.csv',
  bytes: Buffer.from(csv),
  limits: { rows: 10_000 },
})

it('gives what the thread read and leaves the given bytes alone', async () => {
  const given = input()
  expect(await readUnitsInThread(given)).toMatchObject({ rows: [{ building: 'A', number: '1', areaM2: '10.00' }] })
  expect(given.bytes.toString()).toContain('Building')
})

it('ends a file that takes too long, and the next one is read', async () => {
  const large = input(`Building,Number,Area\n${'A,1,10\n'.repeat(10_000)}`)
  await expect(readUnitsInThread(large, 1)).rejects.toMatchObject({ code: 'timeout', reason: 'import.timeout' })
  expect((await readUnitsInThread(input())).rows).toHaveLength(1)
})

it('reads two files at a time and sends the third away', async () => {
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => readUnitsInThread(input())))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(outcomes[2]).toMatchObject({ reason: { code: 'unavailable', reason: 'server.busy' } })
  expect((await readUnitsInThread(input())).rows).toHaveLength(1)
})
