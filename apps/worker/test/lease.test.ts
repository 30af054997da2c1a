import { setTimeout as sleep } from 'node:timers/promises'

import { claim, takeDue } from '@servai/db/outbox'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStage, until, type Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage('postgres')
})
afterEach(() => stage.close())

const LEASE_MS = 500

it('a job that takes longer than its lease stays with the worker that is at it', async () => {
  const user = await stage.addUser()
  stage.provider.hold()
  for (const _ of [1, 2]) await stage.start({}, { leaseMs: LEASE_MS })
  await stage.emit('auth.password_changed', { userId: user.id })
  await until(() => stage.provider.received.length === 1)
  await sleep(4 * LEASE_MS)
  stage.provider.release()
  await until(stage.isSettled)
  expect(await stage.rows()).toMatchObject([{ attempts: 1, failedAt: null }])
  expect(stage.provider.received).toHaveLength(1)
})

it('a job whose worker is gone is taken up by another as soon as its lease has run out', async () => {
  const user = await stage.addUser()
  await stage.emit('auth.password_changed', { userId: user.id })
  const [taken] = await takeDue(stage.database, { limit: 1, lostAfterMs: 60_000 })
  expect(await claim(stage.database, taken!.id, LEASE_MS)).toMatchObject({ attempt: 1 })
  await stage.start()
  await until(stage.isSettled, 5_000)
  expect(await stage.rows()).toMatchObject([{ attempts: 2, doneAt: expect.any(Date) }])
})
