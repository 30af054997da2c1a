import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { DomainError, type DomainCode } from '../../errors.ts'
import type { ReaderInput, ReaderOutput } from './reader-thread.ts'
import type { FileRefused, SheetRow } from './sheet.ts'
import { createTurns } from './turns.ts'

/** Beside this file in the sources, beside the bundle in production. */
const ENTRIES = ['./reader-thread.ts', './import-reader.mjs'].map((path) => new URL(path, import.meta.url))

const TIME_LIMIT_MS = 30_000
const MAX_THREADS = 2
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

const CODES: Partial<Record<FileRefused['reason'], DomainCode>> = {
  'import.too_large': 'too_large',
  'import.timeout': 'timeout',
}

const refuse = (reason: FileRefused['reason']) => new DomainError(CODES[reason] ?? 'invalid', reason)

/** The sink is waited for, so that no more rows are in memory than it takes at a time. */
export type RowSink = { start(headers: string[]): Promise<void>; take(rows: SheetRow[]): Promise<void> }

const turns = createTurns(MAX_THREADS)

/**
 * Reads a list in a thread of its own, with its own memory and no environment, that is killed when it computes for too
 * long: a file can cost no more than that. At most two are read at once, of two companies; others wait.
 *
 * @throws invalid import.*, too_large import.too_large, timeout import.timeout, and what the sink throws
 */
export const readInThread = (
  { companyId, ...input }: ReaderInput & { companyId: string },
  sink: RowSink,
  timeLimitMs = TIME_LIMIT_MS,
): Promise<void> =>
  turns.inTurn(companyId, async () => {
    const entry = ENTRIES.find((url) => existsSync(url))
    if (!entry) throw new Error('the reader of imported files is missing from the build')
    const workerData: ReaderInput = input
    const thread = new Worker(entry, { workerData, resourceLimits: RESOURCE_LIMITS, env: {}, execArgv: [] })
    try {
      await outcomeOf(thread, sink, timeLimitMs)
    } finally {
      await thread.terminate()
    }
  })

const outcomeOf = (thread: Worker, sink: RowSink, timeLimitMs: number) =>
  new Promise<void>((resolve, reject) => {
    // What the sink takes is not the file's time.
    let leftMs = timeLimitMs
    let since = performance.now()
    let timer: NodeJS.Timeout | undefined
    const late = () => settle(() => reject(refuse('import.timeout')))
    const run = () => {
      since = performance.now()
      timer = setTimeout(late, Math.max(leftMs, 0))
    }
    const rest = () => {
      clearTimeout(timer)
      leftMs -= performance.now() - since
    }
    const settle = (work: () => void) => {
      clearTimeout(timer)
      work()
    }
    const deliver = async (output: ReaderOutput) => {
      if ('end' in output) return settle(resolve)
      if ('refused' in output) return settle(() => reject(refuse(output.refused)))
      rest()
      await ('headers' in output ? sink.start(output.headers) : sink.take(output.rows))
      run()
      thread.postMessage('next')
    }
    run()
    thread.on('message', (output: ReaderOutput) => {
      deliver(output).catch((error: unknown) => settle(() => reject(error)))
    })
    thread.once('error', (error: NodeJS.ErrnoException) =>
      settle(() => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? refuse('import.too_large') : error)),
    )
    thread.once('exit', (code) => settle(() => reject(new Error(`the reader ended with code ${code}`))))
  })
