import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { freePort } from '../../../scripts/postgres.mjs'
import { BACKENDS, openStage, until } from './stage.ts'
import type { Stage } from './stage.ts'

const outcomes = async (worker: Awaited<ReturnType<Stage['start']>>) => {
  const { values } = await worker.metrics.jobs.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))
}

describe.each(BACKENDS)('failing mail jobs on %s', (backend) => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage(backend)
  })
  afterEach(() => stage.close())

  it('are tried again with growing pauses under the same key, then become dead letters', async () => {
    const user = await stage.addUser()
    stage.provider.failNext(99, 503)
    const worker = await stage.start()
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(stage.isSettled)
    await until(async () => (await outcomes(worker)).dead === 1)

    const [row] = await stage.rows()
    expect(row).toMatchObject({ attempts: 3, doneAt: null, failedAt: expect.any(Date) })
    expect(row!.lastError).toBe('MailUnavailableError: Resend: application_error (503): no mail for P***@example.com')
    expect(stage.provider.keys()).toEqual([row!.id, row!.id, row!.id])
    expect(await outcomes(worker)).toEqual({ retried: 2, dead: 1 })
    const [, second, third] = stage.provider.received.map(({ atMs }) => atMs)
    expect(third! - second!).toBeGreaterThan(100)
    expect(stage.logs.filter((line) => line.includes('"level":"error"'))).toHaveLength(1)
  })

  it('succeed when the provider is back', async () => {
    const user = await stage.addUser()
    stage.provider.failNext(2, 500)
    const worker = await stage.start()
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(stage.isSettled)
    expect(await stage.rows()).toMatchObject([
      { attempts: 3, doneAt: expect.any(Date), failedAt: null, lastError: null },
    ])
    await until(async () => (await outcomes(worker)).done === 1)
    expect(await outcomes(worker)).toEqual({ retried: 2, done: 1 })
  })

  it('are given up at once when the provider refuses the message for good', async () => {
    const user = await stage.addUser()
    stage.provider.failNext(99, 422)
    await stage.start()
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(stage.isSettled)
    expect(await stage.rows()).toMatchObject([{ attempts: 1, failedAt: expect.any(Date) }])
    expect(stage.provider.received).toHaveLength(1)
  })

  it('of a topic that only a newer release knows wait for that release', async () => {
    await stage.sql`insert into outbox (id, topic, payload) values (gen_random_uuid(), 'tickets.created', '{}')`
    await stage.start()
    await until(async () => (await stage.rows())[0]!.lastError !== null)
    expect(await stage.rows()).toMatchObject([
      { failedAt: null, lastError: 'Error: this release has no job for the topic' },
    ])
  })

  it('that killed their process every time are given up instead of killing the next one', async () => {
    const user = await stage.addUser()
    await stage.emit('auth.password_changed', { userId: user.id })
    await stage.sql`update outbox set attempts = 3`
    await stage.start()
    await until(stage.isSettled)
    expect(await stage.rows()).toMatchObject([
      { failedAt: expect.any(Date), lastError: 'Error: the process ended during every attempt' },
    ])
    expect(stage.provider.received).toEqual([])
  })

  it('do not hold up the others', async () => {
    const user = await stage.addUser()
    await stage.start({ WORKER_CONCURRENCY: '2' })
    stage.provider.failNext(3, 500)
    await Promise.all(Array.from({ length: 20 }, () => stage.emit('auth.password_changed', { userId: user.id })))
    await until(stage.isSettled)
    expect(new Set(stage.provider.keys()).size).toBe(20)
    expect((await stage.rows()).every(({ doneAt }) => doneAt !== null)).toBe(true)
  })

  it('lose and double nothing when every database connection is cut under load', async () => {
    const user = await stage.addUser()
    await Promise.all([stage.start(), stage.start()])
    const emitting = Promise.all(
      Array.from({ length: 60 }, () => stage.emit('auth.password_changed', { userId: user.id })),
    )
    await emitting
    await until(() => stage.provider.received.length > 5)
    await stage.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and usename = current_user`
    for (const deadline = performance.now() + 20_000; !(await stage.isSettled().catch(() => false));) {
      if (performance.now() > deadline) throw new Error('not settled')
      await new Promise((resolve) => setTimeout(resolve, 500))
      await stage.letTimePass().catch(() => undefined)
    }
    const rows = await stage.rows()
    expect(rows.every(({ doneAt }) => doneAt !== null)).toBe(true)
    expect([...new Set(stage.provider.keys())]).toEqual(rows.map(({ id }) => id).sort())
  })
})

const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0

it.runIf(hasRedisServer)('rows emitted while Redis is dead are delivered once it is back', async () => {
  const port = await freePort()
  const startRedis = () =>
    spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()], {
      stdio: 'ignore',
    })
  let redis = startRedis()
  const stage = await openStage('redis', { redis: `redis://127.0.0.1:${port}` })
  const user = await stage.addUser()
  await stage.start()
  redis.kill('SIGKILL')
  await once(redis, 'exit')
  await Promise.all(Array.from({ length: 10 }, () => stage.emit('auth.password_changed', { userId: user.id })))
  await until(() => stage.logs.some((line) => line.includes('"relay failed, will try again"')))
  expect(stage.provider.received).toEqual([])
  redis = startRedis()
  await until(stage.isSettled)
  expect(stage.provider.keys()).toEqual((await stage.rows()).map(({ id }) => id).sort())
  await stage.close()
  redis.kill()
  await once(redis, 'exit')
})

describe.runIf(BACKENDS.includes('redis'))('when Redis loses its memory', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage('redis')
  })
  afterEach(() => stage.close())

  it('rows are relayed again, and what was at work is not doubled', async () => {
    const user = await stage.addUser()
    stage.provider.hold()
    await stage.start({ WORKER_CONCURRENCY: '2' })
    await Promise.all(Array.from({ length: 20 }, () => stage.emit('auth.password_changed', { userId: user.id })))
    await until(() => stage.provider.received.length === 2)
    await until(async () => (await stage.rows()).every(({ relayedAt }) => relayedAt !== null))
    await stage.redis!.flushall()
    // The two at work still hold their rows; what they hold is not due, however long ago it was relayed.
    await stage.sql`update outbox set relayed_at = relayed_at - interval '5 minutes'`
    await new Promise((resolve) => setTimeout(resolve, 300))
    stage.provider.release()
    await until(stage.isSettled, 15_000)

    const rows = await stage.rows()
    expect(stage.provider.keys()).toEqual(rows.map(({ id }) => id).sort())
    expect(rows.map(({ attempts }) => attempts)).toEqual(rows.map(() => 1))
  })
})
