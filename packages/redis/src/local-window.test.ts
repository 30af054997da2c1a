import { expect, it } from 'vitest'
import { createLocalWindows } from './local-window.ts'

const rule = (storageKey: string) => ({ storageKey, limit: 1, windowMs: 1000 })

it('forgets the key unused for longest beyond its bound', () => {
  const windows = createLocalWindows(2)
  const allowed = (key: string) => windows.take([rule(key)], 1, 0).allowed
  expect([allowed('a'), allowed('b'), allowed('a')]).toEqual([true, true, false])
  expect(allowed('c')).toBe(true)
  expect([allowed('a'), allowed('b')]).toEqual([false, true])
})

it('frees a hit exactly when its window ends', () => {
  const windows = createLocalWindows(10)
  expect(windows.take([rule('a')], 1, 5000).allowed).toBe(true)
  expect(windows.take([rule('a')], 1, 5999)).toMatchObject({ allowed: false, waitMs: 1 })
  expect(windows.take([rule('a')], 1, 6000).allowed).toBe(true)
})

it('keeps the hits that are still in the window when the first of them leaves', () => {
  const windows = createLocalWindows(10)
  const three = { ...rule('a'), limit: 3 }
  const remaining = (at: number) => windows.take([three], 1, at)
  expect([0, 500, 900].map((at) => remaining(at).remaining)).toEqual([2, 1, 0])
  expect(remaining(999)).toMatchObject({ allowed: false, waitMs: 1 })
  expect(remaining(1000)).toMatchObject({ allowed: true, remaining: 0 })
  expect(remaining(1499)).toMatchObject({ allowed: false, waitMs: 1 })
  expect(remaining(1900)).toMatchObject({ allowed: true, remaining: 1 })
})
