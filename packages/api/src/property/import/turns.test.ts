import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

/** Two places; `begun` names who has got one so far, and `end` lets go of it. */
const queue = () => {
  const turns = createTurns(2)
  const begun: string[] = []
  const ask = (name: string) => {
    const work = Promise.withResolvers<void>()
    const ended = turns.inTurn(name[0]!, () => {
      begun.push(name)
      return work.promise
    })
    const settled = async (settle: () => void) => {
      settle()
      await ended.catch(() => undefined)
      await setImmediate()
      return begun.join(' ')
    }
    return { end: () => settled(work.resolve), fail: () => settled(() => work.reject(new Error('broken'))), ended }
  }
  return { ask, begun: async () => (await setImmediate(), begun.join(' ')) }
}

it('gives the places to two owners, and the next one to who waits longest and has none', async () => {
  const { ask, begun } = queue()
  const [a1, a2, a3, b1, c1] = ['a1', 'a2', 'a3', 'b1', 'c1'].map(ask)
  expect(await begun()).toBe('a1 b1')
  expect(await b1!.end()).toBe('a1 b1 c1')
  expect(await c1!.end()).toBe('a1 b1 c1')
  expect(await a1!.end()).toBe('a1 b1 c1 a2')
  ask('d1')
  expect(await begun()).toBe('a1 b1 c1 a2 d1')
  expect(await a2!.end()).toBe('a1 b1 c1 a2 d1 a3')
  await a3!.end()
})

it('gives on the place of work that failed, and tells who asked for it', async () => {
  const { ask, begun } = queue()
  const [a1, , a2] = ['a1', 'b1', 'a2'].map(ask)
  expect(await begun()).toBe('a1 b1')
  expect(await a1!.fail()).toBe('a1 b1 a2')
  await expect(a1!.ended).rejects.toThrow('broken')
  await a2!.end()
})
