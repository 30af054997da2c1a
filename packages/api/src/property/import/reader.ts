import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { DomainError, type DomainCode } from '../../errors.ts'
import type { ReaderInput, ReaderOutput } from './reader-thread.ts'
import type { FileRefused } from './sheet.ts'
import type { UnitFile } from './unit-rows.ts'

/** Beside this file in the sources, beside the bundle in production. */
const ENTRIES = ['./reader-thread.ts', './import-reader.mjs'].map((path) => new URL(path, import.meta.url))

const TIME_LIMIT_MS = 30_000
const MAX_THREADS = 2
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }

const CODES: Partial<Record<FileRefused['reason'], DomainCode>> = {
  'import.too_large': 'too_large',
  'import.timeout': 'timeout',
}

const refuse = (reason: FileRefused['reason']) => new DomainError(CODES[reason] ?? 'invalid', reason)

let running = 0

/**
 * Reads a file of units in a thread of its own, with its own memory and no environment, that is killed when it takes
 * too long: a file can cost no more than that.
 *
 * @throws invalid import.*, too_large import.too_large, timeout import.timeout, unavailable server.busy
 */
export const readUnitsInThread = async (
  input: Omit<ReaderInput, 'bytes'> & { bytes: Buffer },
  timeLimitMs = TIME_LIMIT_MS,
): Promise<UnitFile> => {
  if (running >= MAX_THREADS) throw new DomainError('unavailable', 'server.busy', { retryAfterSeconds: 5 })
  const entry = ENTRIES.find((url) => existsSync(url))
  if (!entry) throw new Error('the reader of imported files is missing from the build')
  // A copy of its own can be handed over; a request's buffer may share its memory with others.
  const bytes = new Uint8Array(input.bytes)
  const workerData: ReaderInput = { ...input, bytes }
  running++
  const thread = new Worker(entry, {
    workerData,
    transferList: [bytes.buffer],
    resourceLimits: RESOURCE_LIMITS,
    env: {},
    execArgv: [],
  })
  try {
    return await outcomeOf(thread, timeLimitMs)
  } finally {
    running--
    await thread.terminate()
  }
}

const outcomeOf = (thread: Worker, timeLimitMs: number) =>
  new Promise<UnitFile>((resolve, reject) => {
    const timer = setTimeout(() => reject(refuse('import.timeout')), timeLimitMs)
    const settle = (work: () => void) => {
      clearTimeout(timer)
      work()
    }
    thread.once('message', (output: ReaderOutput) =>
      settle(() => ('file' in output ? resolve(output.file) : reject(refuse(output.refused)))),
    )
    thread.once('error', (error: NodeJS.ErrnoException) =>
      settle(() => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? refuse('import.too_large') : error)),
    )
    thread.once('exit', (code) => settle(() => reject(new Error(`the reader ended with code ${code}`))))
  })
