import { describe, expect, it } from 'vitest'
import { HashBusyError, createHashLanes, type HashLane, type HashLanesOptions } from './hash-lanes.ts'

/** Work that ends when told to, so that the order of events is the test's and not the machine's. */
const createBench = (options: Partial<HashLanesOptions> = {}) => {
  const running: { name: string; finish: () => void }[] = []
  const depths: Record<HashLane, number> = { login: 0, register: 0 }
  const shed: HashLane[] = []
  const lanes = createHashLanes({
    slots: 1,
    queueSeconds: 60,
    expectedSeconds: 10,
    metrics: {
      onQueueDepth: (lane, depth) => {
        depths[lane] = depth
      },
      onShed: (lane) => shed.push(lane),
    },
    ...options,
  })
  const start = (lane: HashLane, name: string) =>
    lanes.run(lane, () => new Promise<string>((resolve) => running.push({ name, finish: () => resolve(name) })))
  const finishNext = async () => {
    const work = running.shift()
    work?.finish()
    await new Promise(setImmediate)
    return work?.name
  }
  return { depths, shed, running, start, finishNext }
}

describe('hash lanes', () => {
  it('run no more than their slots at a time', async () => {
    const bench = createBench({ slots: 2 })
    const results = ['a', 'b', 'c', 'd'].map((name) => bench.start('login', name))
    await new Promise(setImmediate)
    expect(bench.running.map((work) => work.name)).toEqual(['a', 'b'])
    expect(bench.depths.login).toBe(2)
    for (const name of ['a', 'b', 'c', 'd']) expect(await bench.finishNext()).toBe(name)
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd'])
    expect(bench.depths.login).toBe(0)
  })

  it('shed at once what a full queue cannot serve in time: 100 arrive, 1 runs, 6 wait', async () => {
    const bench = createBench()
    const results = Array.from({ length: 100 }, (_, index) => bench.start('login', `${index}`))
    const settled = Promise.allSettled(results)
    await new Promise(setImmediate)
    expect(bench.shed).toHaveLength(93)
    expect(bench.depths.login).toBe(6)
    for (let index = 0; index < 7; index += 1) expect(await bench.finishNext()).toBe(`${index}`)
    const errors = (await settled).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(errors).toHaveLength(93)
    for (const error of errors) expect(error).toBeInstanceOf(HashBusyError)
    expect(errors[0]).toMatchObject({ retryAfterSeconds: 1 })
  })

  it('keep sign-in going beside a flood of registrations', async () => {
    const bench = createBench()
    const results = Array.from({ length: 100 }, (_, index) => bench.start('register', `register ${index}`))
    for (const name of ['1', '2', '3', '4']) results.push(bench.start('login', `login ${name}`))
    const settled = Promise.allSettled(results)
    await new Promise(setImmediate)
    const order: (string | undefined)[] = []
    for (let index = 0; index < 7; index += 1) order.push(await bench.finishNext())
    expect(order).toEqual(['register 0', 'login 1', 'login 2', 'login 3', 'register 1', 'login 4', 'register 2'])
    while (bench.running.length > 0) await bench.finishNext()
    expect((await settled).slice(-4).every((result) => result.status === 'fulfilled')).toBe(true)
  })

  it('give up on a waiter after the time allowed', async () => {
    const bench = createBench({ queueSeconds: 0.05, expectedSeconds: 0.01 })
    const first = bench.start('login', 'slow')
    await expect(bench.start('login', 'late')).rejects.toBeInstanceOf(HashBusyError)
    expect(bench.depths.login).toBe(0)
    expect(await bench.finishNext()).toBe('slow')
    expect(await first).toBe('slow')
    const next = bench.start('login', 'next')
    await new Promise(setImmediate)
    expect(await bench.finishNext()).toBe('next')
    expect(await next).toBe('next')
  })

  it('free the slot of work that fails', async () => {
    const lanes = createHashLanes({ slots: 1, queueSeconds: 1, expectedSeconds: 0.01 })
    await expect(lanes.run('login', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await lanes.run('login', () => Promise.resolve('fine'))).toBe('fine')
  })
})
