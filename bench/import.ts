// 50,000 rows through the product as it runs: upload, preview, apply; what the worker needs, and what others feel of it.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cell } from '@servai/api/property/export/cells'
import { writeXlsx } from '@servai/api/property/export/xlsx'
import type { Line } from './report.ts'

export type ImportTarget = { url: string; token: string; context?: string; workerPid: number }
export type ImportMeasured = {
  rows: number
  fileMb: number
  uploadMs: number
  readMs: number
  applyMs: number
  undoMs: number
  workerMb: number
  /** 95th percentile of `auth.me` and a page of units, alone and beside the import. */
  aloneP95Ms: number
  besideP95Ms: number
}

const ROWS = 50_000
const STEP_TIMEOUT_MS = 180_000
const BUILDINGS = 40
const HEADERS = ['Building', 'Entrance', 'Number', 'Floor', 'Type', 'Area', 'Share']

async function* pagesOf(rows: number): AsyncGenerator<Cell[][]> {
  for (let from = 0; from < rows; from += 1_000)
    yield Array.from({ length: Math.min(1_000, rows - from) }, (_, step) => {
      const row = from + step
      const number = Math.floor(row / BUILDINGS) + 1
      return [
        `B${row % BUILDINGS}`,
        String(row % 4),
        `${number}`,
        number % 20,
        'apartment',
        `${50 + (row % 70)}.5`,
        '1/1250',
      ]
    })
}

const workbook = async () => {
  const columns = HEADERS.map((header) => ({ header, type: 'text' as const, width: 12 }))
  const pieces: Buffer[] = []
  for await (const piece of writeXlsx({ title: 'Units', columns, timezone: 'UTC' }, pagesOf(ROWS))) pieces.push(piece)
  return Buffer.concat(pieces)
}

const residentMb = (pid: number) => {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

const percentile = (samples: number[], part: number) =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length * part)] ?? 0

type Answer = {
  id: string
  status: string
  failure: string | null
  counts: Record<string, number>
  undoRefusal: { reason: string } | null
}

/** @throws Error when the product refuses a step or the import fails */
export const importUnits = async ({ url, token, context, workerPid }: ImportTarget): Promise<ImportMeasured> => {
  const headers = { authorization: `Bearer ${token}`, ...(context && { 'x-servai-context': context }) }
  const call = async (method: string, path: string, body?: Buffer | object): Promise<Answer> => {
    const isFile = Buffer.isBuffer(body)
    const type = isFile ? 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' : 'application/json'
    const answer = await fetch(`${url}/api/v1/property${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': type }), ...(isFile && { 'x-file-name': 'units.xlsx' }) },
      ...(body && { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Answer
  }

  let workerMb = 0
  const watch = setInterval(() => (workerMb = Math.max(workerMb, residentMb(workerPid))), 50)
  const others = { alone: [] as number[], beside: [] as number[] }
  let into: number[] | null = []
  const probing = (async () => {
    for (let turn = 0; into; turn++) {
      const started = performance.now()
      const path = turn % 2 === 0 ? '/api/v1/auth/me' : '/api/v1/property/units?limit=50'
      await (await fetch(url + path, { headers })).arrayBuffer()
      into?.push(performance.now() - started)
      await sleep(400)
    }
  })()

  const until = async (id: string, isOver: (row: Answer) => boolean) => {
    for (const deadline = performance.now() + STEP_TIMEOUT_MS; performance.now() < deadline; await sleep(700)) {
      const row = await call('GET', `/imports/${id}`)
      if (row.status === 'failed') throw new Error(`the import failed: ${row.failure}`)
      if (row.undoRefusal) throw new Error(`the import stays: ${row.undoRefusal.reason}`)
      if (isOver(row)) return row
    }
    throw new Error(`a step of the import took longer than ${STEP_TIMEOUT_MS / 1000} s`)
  }
  const timed = async <T>(work: () => Promise<T>) => {
    const started = performance.now()
    const value = await work()
    return { value, ms: performance.now() - started }
  }

  try {
    const content = await workbook()
    const name = `Bench ${Date.now().toString(36)}`
    const complex = await call('POST', '/complexes', {
      name,
      city: 'Varna',
      address: 'Morska 1',
      timezone: 'Europe/Sofia',
    })
    // The first requests of a server that has just started tell nothing.
    await sleep(3_000)
    into = others.alone
    await sleep(15_000)
    into = others.beside
    const upload = await timed(() => call('POST', `/imports?kind=units&complexId=${complex.id}`, content))
    const { id } = upload.value
    const read = await timed(() => until(id, ({ status }) => status === 'ready'))
    const apply = await timed(async () => {
      await call('POST', `/imports/${id}/start`, {})
      return until(id, ({ status }) => status.startsWith('done'))
    })
    into = []
    if (apply.value.counts['created'] !== ROWS) throw new Error(`${apply.value.counts['created']} rows were stored`)
    const undo = await timed(async () => {
      await call('POST', `/imports/${id}/undo`, {})
      return until(id, ({ status }) => status === 'undone')
    })
    return {
      rows: ROWS,
      fileMb: content.length / 1e6,
      uploadMs: upload.ms,
      readMs: read.ms,
      applyMs: apply.ms,
      undoMs: undo.ms,
      workerMb,
      aloneP95Ms: percentile(others.alone, 0.95),
      besideP95Ms: percentile(others.beside, 0.95),
    }
  } finally {
    into = null
    clearInterval(watch)
    await probing
  }
}

/** Seconds, megabytes, and how much longer the requests of others may take: targets of docs and report alike. */
const MOST = { seconds: 30, workerMb: 300, slowdown: 2 }

export const IMPORT_ROW = 'import of 50,000 units'

/** The same as a line of the report. */
export const importLine = async (target: ImportTarget): Promise<Line> => {
  const measured = await importUnits(target)
  const { rows, uploadMs, readMs, applyMs, undoMs, workerMb, aloneP95Ms, besideP95Ms } = measured
  const totalMs = uploadMs + readMs + applyMs
  const slowdown = besideP95Ms / aloneP95Ms
  const told = (text: string, value: number, most: number) => ({ text, ratio: null, isMet: value < most })
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  return {
    name: `${IMPORT_ROW} (read ${seconds(readMs)}, stored ${seconds(applyMs)}, undone ${seconds(undoMs)})`,
    sides: { servai: { perSecond: (rows / totalMs) * 1000, p50Ms: totalMs, p99Ms: totalMs, failed: 0 } },
    targets: [
      told(`< ${MOST.seconds} s from upload to end`, totalMs, MOST.seconds * 1000),
      told(`worker < ${MOST.workerMb} MB (${workerMb.toFixed(0)})`, workerMb, MOST.workerMb),
      told(`p95 of others < ${MOST.slowdown} x (${slowdown.toFixed(1)})`, slowdown, MOST.slowdown),
    ],
  }
}

/** `node bench/import.ts <url> <e-mail> <password> <pid of the worker>` measures a product that runs already. */
if (process.argv[1] === import.meta.filename) {
  const [url = '', email, password, pid] = process.argv.slice(2)
  const body = JSON.stringify({ email, password, delivery: 'body' })
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const { accessToken } = (await answer.json()) as { accessToken: string }
  console.table(await importUnits({ url, token: accessToken, workerPid: Number(pid) }))
}
