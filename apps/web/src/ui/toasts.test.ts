import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dismiss, holdToasts, notifyDone, releaseToasts, toasts } from './toasts.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  for (const { id } of toasts.value) dismiss(id)
  vi.useRealTimers()
})

const texts = () => toasts.value.map(({ text }) => text)

it('what was done is said for five seconds, and for ten where it can be taken back', () => {
  notifyDone('saved')
  notifyDone('removed', () => undefined)
  vi.advanceTimersByTime(5_000)
  expect(texts()).toEqual(['removed'])
  vi.advanceTimersByTime(5_000)
  expect(texts()).toEqual([])
})

it('nothing goes while somebody is at it, nor what comes meanwhile; then each has its time again', () => {
  notifyDone('removed', () => undefined)
  vi.advanceTimersByTime(9_000)
  holdToasts()
  notifyDone('saved')
  vi.advanceTimersByTime(60_000)
  expect(texts()).toEqual(['removed', 'saved'])
  releaseToasts()
  vi.advanceTimersByTime(5_000)
  expect(texts()).toEqual(['removed'])
  vi.advanceTimersByTime(5_000)
  expect(texts()).toEqual([])
})

it('the last one that is closed by hand holds nothing that comes after it', () => {
  notifyDone('removed', () => undefined)
  holdToasts()
  dismiss(toasts.value[0]!.id)
  notifyDone('saved')
  vi.advanceTimersByTime(5_000)
  expect(texts()).toEqual([])
})
