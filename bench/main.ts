// `pnpm bench`: the product beside a bare service that does the same work.
import { mkdirSync, readFileSync } from 'node:fs'
import { cpus, availableParallelism, totalmem } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { SERVER_HEAP } from '../scripts/heap.mjs'
import { freePort } from '../scripts/postgres.mjs'
import { startRedis } from '../scripts/test/redis.ts'
import { loadKeys, prepareDatabase, signTokens, type Keys, type Prepared } from './database.ts'
import { IMPORT_ROW, importLine } from './import.ts'
import type { Measured } from './load.ts'
import { inWords, median, timeAnswers } from './enumeration.ts'
import { buildNoOp } from './no-op-build.ts'
import { measure, startService, startWorker, type Served, type ServiceOptions } from './processes.ts'
import { exportPeople, registryRows } from './registry.ts'
import { NAMES, printTable, writeReport, type Figure, type Line } from './report.ts'
import { buildRows, meRequests, signInRequests, type Row, type Side, type Work } from './rows.ts'
import { bareHashes, LANES, underFlood } from './sign-in.ts'

const CONNECTIONS = 32
const APP_URL = 'https://bench.servai.example'
const QUICK = { rounds: 1, warmupMs: 500, durationMs: 1500, refusals: 20 }
const FULL = { rounds: 3, warmupMs: 2000, durationMs: 6000, refusals: 200 }
type Pace = typeof FULL

const dataDir = path.resolve(process.env.DATA_DIR || '.data', 'bench')
const running: { stop: () => Promise<void> }[] = []
const stopAll = async () => {
  for (const one of running.splice(0).toReversed()) await one.stop()
}

const note = (text: string) => console.log(`· ${text}`)

const productEnv = (urls: Prepared['urls'], keys: Keys, redisUrl: string | null) => ({
  ...keys,
  APP_URL,
  ...urls,
  ...(redisUrl && { REDIS_URL: redisUrl }),
  NODE_ENV: 'production',
  TRUST_PROXY_HOPS: '1',
  METRICS_PUBLIC: 'true',
  EMAIL_TRANSPORT: 'smtp',
  EMAIL_FROM: 'no-reply@bench.servai.example',
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '2525',
})

const startSides = async (prepared: Prepared, keys: Keys, redisUrl: string | null, isProfiled: boolean) => {
  const product = productEnv(prepared.urls, keys, redisUrl)
  const start = async (
    name: string,
    entry: string,
    env: Record<string, string>,
    more: Pick<ServiceOptions, 'port' | 'flags'> = {},
  ) => {
    const served = await startService(entry, {
      env,
      logFile: path.join(dataDir, `${name}.log`),
      ...more,
      ...(isProfiled && { profileDir: path.join(dataDir, 'profiles', name) }),
    })
    running.push(served)
    return served
  }
  const floor = { ...keys, APP_URL, FLOOR_DATABASE_URL: prepared.floorUrl }
  const port = await freePort()
  const noOp = await buildNoOp()
  return {
    servai: await start(
      'servai',
      '../apps/server/dist/main.mjs',
      { ...product, PORT: String(port) },
      { port, flags: SERVER_HEAP },
    ),
    noOp: await start('no-op', noOp, { ...product, PORT: '0' }, { flags: SERVER_HEAP }),
    floor: await start('floor', 'floor.ts', floor),
    floorCached: await start('floor-cached', 'floor.ts', { ...floor, FLOOR_CACHE: '1' }),
  }
}

type Sides = Awaited<ReturnType<typeof startSides>>

const figureOf = (measured: Measured[]): Figure => {
  const answered = measured.flatMap(({ statuses }) => Object.entries(statuses))
  const total = answered.reduce((sum, [, count]) => sum + count, 0)
  const good = answered.filter(([status]) => status === '200').reduce((sum, [, count]) => sum + count, 0)
  return {
    perSecond: median(measured.map((one) => one.perSecond)),
    p50Ms: median(measured.map((one) => one.p50Ms)),
    p99Ms: median(measured.map((one) => one.p99Ms)),
    failed: total === 0 ? 1 : 1 - good / total,
  }
}

/** Every side of every row once a round, so that a slow minute falls on all of them. */
const compare = async (rows: Row[], sides: Sides, { rounds, ...pace }: Pace): Promise<Line[]> => {
  const measured = new Map(rows.map((row) => [row, {} as Partial<Record<Side, Measured[]>>]))
  for (let round = 1; round <= rounds; round++) {
    for (const [row, results] of measured) {
      note(`round ${round} of ${rounds}: ${row.name}`)
      for (const [side, given] of Object.entries(row.sides) as [Side, NonNullable<Row['sides'][Side]>][]) {
        const work = typeof given === 'function' ? await given() : given
        const { port } = side === 'servai' && row.server === 'no-op' ? sides.noOp : sides[side]
        const result = await measure({ port, connections: CONNECTIONS, ...pace, work })
        ;(results[side] ??= []).push(result)
      }
    }
  }
  const figures = new Map(
    [...measured].map(([{ name }, results]) => [
      name,
      Object.fromEntries(Object.entries(results).map(([side, list]) => [side, figureOf(list)])) as Line['sides'],
    ]),
  )
  return rows.map(({ name, target, asFastAs }) => {
    const own = figures.get(name) ?? {}
    const targets = [
      ...(target ? [judge(own, own[target.to], target.ratio, `>= ${target.ratio} ${NAMES[target.to]}`)] : []),
      ...(asFastAs ? [judge(own, figures.get(asFastAs)?.servai, 0.85, `within 15 % of "${asFastAs}"`)] : []),
    ]
    return { name, sides: own, targets }
  })
}

const judge = ({ servai }: Line['sides'], of: Figure | undefined, least: number, text: string) => {
  const ratio = of && servai ? servai.perSecond / of.perSecond : null
  return { text, ratio, isMet: ratio !== null && ratio >= least && isServed(servai) }
}

const isServed = (figure: Figure | undefined) => figure !== undefined && figure.failed < 0.001

const signIn = async ({ servai }: Sides, { rounds, ...pace }: Pace): Promise<Line> => {
  const bare: number[] = []
  const measured: Measured[] = []
  const requests = signInRequests(6000)
  for (let round = 0; round < rounds; round++) {
    bare.push(await bareHashes(pace.durationMs))
    // Enough to keep the hashing busy, and short of its queue's end: what is beyond is refused, and another row.
    const job = { port: servai.port, connections: 8 * LANES, ...pace, work: { kind: 'replay' as const, requests } }
    measured.push(await measure(job))
  }
  const servaiFigure = figureOf(measured)
  const perSecond = median(bare)
  const bareFigure = { perSecond, p50Ms: 1000 / perSecond, p99Ms: 1000 / perSecond, failed: 0 }
  const own = { servai: servaiFigure, bare: bareFigure }
  return {
    name: `sign in (${LANES} at a time)`,
    sides: own,
    targets: [judge(own, bareFigure, 0.8, '>= 0.8 bare')],
  }
}

const flooded = async ({ servai }: Sides, me: Work, { rounds, ...pace }: Pace): Promise<Line[]> => {
  const flood = { kind: 'replay' as const, requests: signInRequests(6000) }
  const rows = []
  for (let round = 0; round < rounds; round++) {
    const job = { port: servai.port, ...pace }
    rows.push(
      await underFlood({ ...job, connections: CONNECTIONS, work: me }, { ...job, connections: 16, work: flood }),
    )
  }
  const meFigure = figureOf(rows.map((row) => row.me))
  return [
    {
      name: 'auth.me beside 16 connections that sign in',
      sides: { servai: meFigure },
      targets: [{ text: 'p99 < 20 ms', ratio: null, isMet: meFigure.p99Ms < 20 && isServed(meFigure) }],
    },
    { name: 'those 16 connections', sides: { servai: figureOf(rows.map((row) => row.flood)) }, targets: [] },
  ]
}

/** Two at a time, as fast as they are answered: neither alone nor behind a queue of the machine's making. */
const REGISTRY_CONNECTIONS = 2
/** Rows a second, of PERFORMANCE's target for a million readings. */
const EXPORT_ROWS = 40_000

const registry = async (
  { servai }: Sides,
  prepared: Prepared,
  keys: Keys,
  { rounds, ...pace }: Pace,
  wanted: (name: string) => boolean,
): Promise<Line[]> => {
  const rows = (await registryRows(prepared, keys, APP_URL)).filter(({ name }) => wanted(name))
  const measured = new Map<string, Measured[]>()
  for (let round = 1; round <= rounds; round++)
    for (const { name, work } of rows) {
      note(`round ${round} of ${rounds}: ${name}`)
      const result = await measure({ port: servai.port, connections: REGISTRY_CONNECTIONS, ...pace, work })
      measured.set(name, [...(measured.get(name) ?? []), result])
    }
  const lines = rows.map(({ name, mostP99Ms }): Line => {
    const figure = figureOf(measured.get(name) ?? [])
    const isMet = figure.p99Ms < mostP99Ms && isServed(figure)
    return { name, sides: { servai: figure }, targets: [{ text: `p99 < ${mostP99Ms} ms`, ratio: null, isMet }] }
  })
  const name = '120,000 people as CSV, rows'
  if (!wanted(name)) return lines
  note(name)
  const exported = []
  for (let round = 0; round < rounds; round++) exported.push(await exportPeople(prepared))
  const perSecond = median(exported.map((one) => one.perSecond))
  const firstMs = median(exported.map((one) => one.firstMs))
  const target = { text: `> ${EXPORT_ROWS.toLocaleString('en')} rows/s`, ratio: null, isMet: perSecond > EXPORT_ROWS }
  return [
    ...lines,
    { name, sides: { servai: { perSecond, p50Ms: firstMs, p99Ms: firstMs, failed: 0 } }, targets: [target] },
  ]
}

/** On a server, a worker and a database of their own: what it leaves behind is nobody else's. */
const imported = async (prepared: Prepared, keys: Keys, redisUrl: string | null): Promise<Line> => {
  note(IMPORT_ROW)
  const env = productEnv(prepared.importUrls, keys, redisUrl)
  const port = await freePort()
  const server = await startService('../apps/server/dist/main.mjs', {
    env: { ...env, PORT: String(port) },
    port,
    flags: SERVER_HEAP,
    logFile: path.join(dataDir, 'import-server.log'),
  })
  running.push(server)
  const worker = startWorker({ env, logFile: path.join(dataDir, 'import-worker.log') })
  running.push(worker)
  const [token] = await signTokens(prepared.big.sessions, keys, APP_URL)
  const target = { url: `http://127.0.0.1:${port}`, token: token!, workerPid: worker.pid }
  return Promise.race([importLine(target), worker.ended])
}

const residentMb = ({ pid }: Served) => {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return line ? Number(line[1]) / 1024 : 0
}

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  reuse: { type: 'boolean', default: false },
  redis: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
} as const
type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

const bench = async (flags: Flags) => {
  const pace = flags.quick ? QUICK : FULL
  mkdirSync(dataDir, { recursive: true })
  const keys = loadKeys(dataDir, flags.reuse)
  note('preparing PostgreSQL and the data')
  const wanted = (name: string) => name.includes(flags.only)
  const isImported = wanted(IMPORT_ROW)
  const prepared = await prepareDatabase({ dataDir, reuse: flags.reuse, keys, isImported })
  running.push(prepared)
  const redis = flags.redis ? await startRedis() : { url: null, stop: async () => {} }
  running.push(redis)
  const sides = await startSides(prepared, keys, redis.url, flags.profile)

  const rows = (await buildRows(prepared, keys, APP_URL)).filter(({ name }) => wanted(name))
  const lines = await compare(rows, sides, pace)
  if (wanted('sign in')) {
    note('sign in')
    lines.push(await signIn(sides, pace))
    lines.push(...(await flooded(sides, await meRequests(prepared, keys, APP_URL), pace)))
  }
  lines.push(...(await registry(sides, prepared, keys, pace, wanted)))
  if (isImported) lines.push(await imported(prepared, keys, redis.url))
  const enumeration = wanted('enumeration')
    ? await timeAnswers(sides.servai.port, prepared.urls.DATABASE_SYSTEM_URL, pace.refusals)
    : []
  const report = {
    at: new Date().toISOString(),
    machine: {
      cores: availableParallelism(),
      processor: cpus()[0]?.model ?? 'unknown',
      'memory GB': Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      PostgreSQL: prepared.postgresVersion,
      Redis: redis.url !== null,
      connections: CONNECTIONS,
      rounds: pace.rounds,
      'seconds each': pace.durationMs / 1000,
      ...prepared.settings,
    },
    lines,
    enumeration,
    server: { readyMs: sides.servai.readyMs, rssMb: residentMb(sides.servai) },
  }
  console.log()
  printTable(lines)
  if (enumeration.length > 0) console.log(`\n${enumeration.map(inWords).join('\n')}`)
  if (flags.only === '') writeReport(report)
}

/**
 * @param args `--quick`: seconds instead of minutes; `--reuse`: the data of the last run; `--redis`: with a Redis;
 *   `--profile`: CPU profiles of all servers, beside the data; `--only text`: rows of that name
 */
export default async (args: string[]) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stopAll().then(() => process.exit(1)))
  try {
    await bench(parseArgs({ args, options: OPTIONS }).values)
  } finally {
    await stopAll()
  }
}
