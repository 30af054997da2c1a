// A process of its own: takes one job over IPC, sends as fast as the answers come, reports.
import { connect } from 'node:net'
import { wire } from './http.ts'

/** Each connection sends its next request when the one before is answered. */
export type Job = {
  port: number
  connections: number
  warmupMs: number
  durationMs: number
  work:
    | { kind: 'replay'; requests: string[] }
    /** Changes the floor of units, each with the version of the answer before. */
    | { kind: 'update'; units: { id: string; version: number }[]; tokens: string[]; isProduct: boolean }
}

export type Measured = {
  perSecond: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  statuses: Record<string, number>
}

type Turn = { next: () => Buffer; onBody?: (body: string) => void }

const turnsOf = ({ connections, work }: Job): Turn[] => {
  if (work.kind === 'replay') {
    const requests = work.requests.map((text) => Buffer.from(text))
    let at = 0
    const next = () => requests[at++ % requests.length]!
    return Array.from({ length: connections }, () => ({ next }))
  }
  const { units, tokens, isProduct } = work
  return Array.from({ length: connections }, (_, number) => {
    const own = units.filter((_unit, index) => index % connections === number)
    let at = 0
    const unit = () => own[at % own.length]!
    return {
      next: () => {
        const body = { id: unit().id, version: unit().version, floor: (at * 7) % 20 }
        const token = tokens[(at * connections + number) % tokens.length]!
        return Buffer.from(
          wire({ method: 'POST', path: isProduct ? '/trpc/property.units.update' : '/units/update', token, body }),
        )
      },
      onBody: (body) => {
        unit().version = Number(/"version":(\d+)/.exec(body)?.[1] ?? unit().version)
        at += 1
      },
    }
  })
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** Sends turn after turn until `until`; calls back with what each took. */
const drive = (port: number, { next, onBody }: Turn, until: number, onAnswer: (ms: number, status: number) => void) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let pending: Buffer = Buffer.alloc(0)
    let missing = -1
    let status = 0
    let startedAt = 0
    const parts: Buffer[] = []

    const send = () => {
      if (performance.now() >= until) return void socket.end(() => resolve())
      startedAt = performance.now()
      socket.write(next())
    }
    const finish = () => {
      onAnswer(performance.now() - startedAt, status)
      if (onBody) onBody(Buffer.concat(parts.splice(0)).toString())
      missing = -1
      send()
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      let data: Buffer = chunk
      if (missing < 0) {
        pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk
        const end = pending.indexOf(HEAD_END)
        if (end < 0) return
        const head = pending.toString('latin1', 0, end)
        const length = /content-length: (\d+)/i.exec(head)?.[1]
        if (length === undefined) return reject(new Error(`no content-length:\n${head}`))
        status = Number(head.slice(9, 12))
        missing = Number(length)
        data = pending.subarray(end + HEAD_END.length)
        pending = Buffer.alloc(0)
      }
      missing -= data.length
      if (onBody) parts.push(data)
      if (missing === 0) finish()
    })
  })

const run = async (job: Job): Promise<Measured> => {
  const begin = performance.now() + job.warmupMs
  const until = begin + job.durationMs
  const taken: number[] = []
  const statuses: Record<string, number> = {}
  const record = (ms: number, status: number) => {
    const now = performance.now()
    if (now < begin || now > until) return
    taken.push(ms)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  await Promise.all(turnsOf(job).map((turn) => drive(job.port, turn, until, record)))
  taken.sort((a, b) => a - b)
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0
  return { perSecond: (taken.length * 1000) / job.durationMs, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), statuses }
}

if (process.send) {
  process.once('message', (job: Job) => {
    run(job).then(
      (measured) => process.send!(measured, undefined, undefined, () => process.exit(0)),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}
