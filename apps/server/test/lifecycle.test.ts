import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { router } from '@servai/api/trpc'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import postgres from 'postgres'
import { freePort } from '../../../scripts/postgres.mjs'
import { procedureFaults } from '../src/self-checks.ts'
import { environment } from './instance.ts'
import { startPrivateDatabase, type PrivateDatabase } from './private-database.ts'
import { probeRouter } from './router.ts'
import { send } from './send.ts'

type Child = {
  process: ChildProcess
  url: string
  exit: Promise<number | null>
  log(): string
  ready(): Promise<void>
}

const startChild = async (env: Record<string, string> = {}): Promise<Child> => {
  const port = await freePort()
  const child = spawn(process.execPath, [fileURLToPath(new URL('./probe-server.ts', import.meta.url))], {
    env: { PATH: process.env.PATH, ...environment({ PORT: String(port), ...env }) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let text = ''
  child.stdout!.on('data', (chunk) => (text += chunk))
  child.stderr!.on('data', (chunk) => (text += chunk))
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    url: `http://127.0.0.1:${port}`,
    exit,
    log: () => text,
    ready: async () => {
      const [message] = await Promise.race([
        once(child, 'message'),
        exit.then((code) => Promise.reject(new Error(`ended with ${code}: ${text}`))),
      ])
      expect(message).toEqual({ ready: true })
    },
  }
}

const statusOf = (url: string) =>
  send(url).then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => error.code,
  )

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s lets what has begun end, then the process with 0', async (signal) => {
    const child = await startChild()
    await child.ready()
    const slow = send(`${child.url}/trpc/probe.slow`)
    await sleep(300)
    child.process.kill(signal)
    const signalledAt = performance.now()
    const { status, headers } = await slow
    expect([status, headers.connection]).toEqual([200, 'close'])
    expect(await child.exit).toBe(0)
    expect(performance.now() - signalledAt).toBeLessThan(4_000)
    expect(await statusOf(`${child.url}/health/liveness`)).toBe('ECONNREFUSED')
    expect(child.log()).toContain('"msg":"stopped"')
  })

  it('is told to whoever asks over a connection that was open before', async () => {
    const child = await startChild()
    await child.ready()
    const sockets = ['/health/readiness', '/health/liveness', '/trpc/probe.none'].map((path) => {
      const socket = connect(Number(new URL(child.url).port), '127.0.0.1')
      let received = ''
      socket.on('data', (chunk) => (received += chunk.toString()))
      const ask = async () => {
        socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
        await once(socket, 'close')
        return [received.slice(9, 12), /connection: close/i.test(received), received.split('\r\n\r\n')[1]]
      }
      return { opened: once(socket, 'connect'), ask }
    })
    await Promise.all(sockets.map(({ opened }) => opened))
    const slow = send(`${child.url}/trpc/probe.slow`)
    await sleep(300)
    child.process.kill('SIGTERM')
    await sleep(200)
    expect(await Promise.all(sockets.map(({ ask }) => ask()))).toEqual([
      ['503', true, '{"status":"stopping"}'],
      ['200', true, '{"status":"alive"}'],
      ['503', true, expect.stringContaining('server.shutting_down')],
    ])
    expect((await slow).status).toBe(200)
    expect(await child.exit).toBe(0)
  })

  it('that comes again ends it at once with 1', async () => {
    const child = await startChild()
    await child.ready()
    const cut = statusOf(`${child.url}/trpc/probe.slow`)
    await sleep(300)
    child.process.kill('SIGTERM')
    await sleep(100)
    child.process.kill('SIGTERM')
    expect(await child.exit).toBe(1)
    expect(await cut).toBe('ECONNRESET')
  })

  it('is not needed when the parent is gone', async () => {
    const child = await startChild()
    await child.ready()
    child.process.disconnect()
    expect(await child.exit).toBe(0)
  })
})

describe('the start', () => {
  let database: PrivateDatabase
  beforeAll(async () => {
    database = await startPrivateDatabase()
  }, 60_000)
  afterAll(() => database.remove())

  it('is refused with one line where the settings are wrong', async () => {
    const child = await startChild({ JWT_KEYS: '' })
    expect(await child.exit).toBe(1)
    const lines = child.log().trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'fatal',
      msg: 'refusing to start',
      faults: ['JWT_KEYS: is not set'],
    })
  })

  it('is refused where the port is taken', async () => {
    const first = await startChild()
    await first.ready()
    const second = await startChild({ PORT: new URL(first.url).port })
    expect(await second.exit).toBe(1)
    expect(second.log()).toContain('EADDRINUSE')
  })

  it('is alive but not ready while somebody else has yet to migrate', async () => {
    const child = await startChild(database.env)
    await expect.poll(() => statusOf(`${child.url}/health/liveness`), { timeout: 10_000 }).toBe(200)
    const readiness = await send(`${child.url}/health/readiness`)
    expect([readiness.status, readiness.json()]).toEqual([503, { status: 'starting' }])
    const early = await send(`${child.url}/trpc/probe.none`)
    expect([early.status, early.reason(), early.headers['retry-after']]).toEqual([503, 'server.unavailable', '2'])
    child.process.kill('SIGTERM')
    expect(await child.exit).toBe(0)
  })

  it('fails with an exit code and nothing applied where a migration fails', async () => {
    const sql = postgres(database.adminUrl, { max: 1 })
    await sql`create table public.units (id int)`
    const child = await startChild({ ...database.env, DATABASE_OWNER_URL: database.ownerUrl })
    expect(await child.exit).toBe(1)
    const [fatal] = child
      .log()
      .split('\n')
      .filter((line) => line.includes('"level":"fatal"'))
    expect(JSON.parse(fatal!)).toMatchObject({ msg: 'refusing to serve' })
    const [{ count }] = await sql<[{ count: number }]>`
      select count(*)::int as count from pg_tables where schemaname = 'public' and tablename <> 'units'`
    expect(count).toBe(0)
    await sql`drop table public.units`
    await sql.end()
  })

  it('migrates once, also where two begin together', async () => {
    const env = { ...database.env, DATABASE_OWNER_URL: database.ownerUrl }
    const children = await Promise.all([startChild(env), startChild(env)])
    await Promise.all(children.map((child) => child.ready()))
    expect(await Promise.all(children.map(({ url }) => statusOf(`${url}/health/readiness`)))).toEqual([200, 200])
    for (const child of children) child.process.kill('SIGTERM')
    expect(await Promise.all(children.map(({ exit }) => exit))).toEqual([0, 0])
  })

  it('is refused where a wall has a hole', async () => {
    const sql = postgres(database.adminUrl, { max: 1 })
    await sql`alter table units no force row level security`
    const child = await startChild(database.env)
    expect(await child.exit).toBe(1)
    expect(child.log()).toContain('table units does not force row-level security')
    await sql`alter table units force row level security`
    await sql.end()
  })

  it('is refused where its login is a superuser', async () => {
    const child = await startChild({
      DATABASE_URL: inject('adminUrl').replace(/\/postgres$/, new URL(inject('databaseUrl')).pathname),
    })
    expect(await child.exit).toBe(1)
    expect(child.log()).toContain('DATABASE_URL does not sign in as servai_app')
  })

  it('is refused where a procedure does not say enough', async () => {
    expect(procedureFaults(probeRouter)).toEqual([])
    const { publicProcedure } = await import('@servai/api/trpc')
    const careless = router({
      a: publicProcedure.mutation(() => null),
      b: publicProcedure.meta({ rest: null }).query(() => 1),
    })
    expect(procedureFaults(careless)).toEqual([
      'procedure a does not say whether it is offered over REST',
      'procedure b does not say what it answers',
    ])
  })
})
