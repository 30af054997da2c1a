import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { migrate } from '@servai/db/migrate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { BACKENDS, openStage, until } from './stage.ts'
import type { Stage } from './stage.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
/** The same worker, quicker to notice that another one has died. */
const ALERT = fileURLToPath(new URL('./alert-worker.ts', import.meta.url))

const children: ChildProcess[] = []

const run = (variables: Record<string, string>, { ipc = false, entry = MAIN } = {}) => {
  const options = {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe' | 'ipc')[],
  }
  const child = ipc
    ? fork(entry, { ...options, stdio: [...options.stdio, 'ipc'] })
    : spawn(process.execPath, [entry], options)
  children.push(child)
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> // as documented for `exit`
  return {
    child,
    output: () => output,
    isReady: () => output.includes('"worker ready"'),
    exitCode: async () => (await exited)[0],
    exited,
  }
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

describe.each(BACKENDS)('the worker process on %s', (backend) => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage(backend)
  })
  afterEach(() => stage.close())

  it('loses nothing when it is killed in the middle of its jobs', async () => {
    const user = await stage.addUser()
    stage.provider.hold()
    const first = run(stage.variables({ WORKER_CONCURRENCY: '3' }), { entry: ALERT })
    await until(first.isReady)
    await Promise.all(Array.from({ length: 10 }, () => stage.emit('auth.password_changed', { userId: user.id })))
    await until(() => stage.provider.received.length === 3)
    const interrupted = stage.provider.keys()
    first.child.kill('SIGKILL')
    await first.exited
    stage.provider.release()

    const second = run(stage.variables(), { entry: ALERT })
    await until(second.isReady)
    await until(async () => {
      await stage.letTimePass()
      return stage.isSettled()
    }, 15_000)
    const rows = await stage.rows()
    expect(rows.every(({ doneAt }) => doneAt !== null)).toBe(true)
    // Sent again under the same key, which is what lets a provider drop the second one.
    expect(stage.provider.keys()).toEqual([...rows.map(({ id }) => id), ...interrupted].sort())
  })

  it('finishes the job at work on SIGTERM, takes no other, and leaves with 0', async () => {
    const user = await stage.addUser()
    stage.provider.hold()
    const worker = run(stage.variables({ WORKER_CONCURRENCY: '1' }))
    await until(worker.isReady)
    for (let count = 0; count < 3; count++) await stage.emit('auth.password_changed', { userId: user.id })
    await until(() => stage.provider.received.length === 1)
    worker.child.kill('SIGTERM')
    await until(() => worker.output().includes('"stopping"'))
    stage.provider.release()
    expect(await worker.exitCode()).toBe(0)
    expect((await stage.rows()).filter(({ doneAt }) => doneAt !== null)).toHaveLength(1)
    expect(stage.provider.received).toHaveLength(1)
  })
})

describe('the worker process', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage('postgres', { isMigrated: false })
  })
  afterEach(() => stage.close())

  it('waits for the migrations, then works', async () => {
    const worker = run(stage.variables())
    await until(() => worker.output().includes('"waiting for the migrations"'))
    expect(worker.isReady()).toBe(false)
    await migrate(stage.ownerUrl)
    await until(worker.isReady)
    const user = await stage.addUser()
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(stage.isSettled)
    expect(stage.provider.received).toHaveLength(1)
  })

  it('ends at once at a second signal', async () => {
    await migrate(stage.ownerUrl)
    const user = await stage.addUser()
    stage.provider.hold()
    const worker = run(stage.variables())
    await until(worker.isReady)
    await stage.emit('auth.password_changed', { userId: user.id })
    await until(() => stage.provider.received.length === 1)
    worker.child.kill('SIGINT')
    await until(() => worker.output().includes('"stopping"'))
    worker.child.kill('SIGINT')
    expect(await worker.exitCode()).toBe(1)
  })

  it('stops when its parent is gone', async () => {
    await migrate(stage.ownerUrl)
    const worker = run(stage.variables(), { ipc: true })
    await until(worker.isReady)
    worker.child.disconnect()
    expect(await worker.exitCode()).toBe(0)
  })

  it('names what is missing in its environment, without a value, and leaves with 1', async () => {
    const { TOKEN_KEYS: _missing, ...rest } = stage.variables({ DATABASE_URL: 'mysql://secret-login@db/x' })
    const worker = run(rest)
    expect(await worker.exitCode()).toBe(1)
    expect(worker.output()).toContain('TOKEN_KEYS: ')
    expect(worker.output()).toContain('DATABASE_URL: ')
    expect(worker.output()).not.toContain('secret-login')
  })

  it('refuses the development mailbox in production', async () => {
    const worker = run(stage.variables({ NODE_ENV: 'production', EMAIL_TRANSPORT: 'mailbox' }))
    expect(await worker.exitCode()).toBe(1)
    expect(worker.output()).toContain('EMAIL_TRANSPORT must be resend or smtp in production')
  })

  it('serves health and metrics on a port of its own, metrics behind a token', async () => {
    await migrate(stage.ownerUrl)
    const token = 'a-metrics-token-of-some-length'
    const worker = await stage.start({ WORKER_METRICS_PORT: '0', METRICS_TOKEN: token })
    const get = async (path: string, headers = {}) => {
      const answer = await fetch(`${worker.healthUrl}${path}`, { headers })
      return { status: answer.status, body: await answer.text() }
    }
    expect(await get('/health/liveness')).toEqual({ status: 200, body: '{"status":"ok"}' })
    expect(await get('/health/readiness')).toEqual({ status: 200, body: '{"status":"ok"}' })
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', { authorization: 'Bearer wrong' })).status).toBe(401)
    const metrics = await get('/metrics', { authorization: `Bearer ${token}` })
    expect(metrics.status).toBe(200)
    expect(metrics.body).toMatch(/^outbox_pending 0$/m)
    expect((await get('/')).status).toBe(404)
  })
})
