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
