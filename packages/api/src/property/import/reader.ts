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

/** Companies whose file is being read: one of them cannot take both threads. */
const reading = new Set<string>()

/**
 * Reads a file of units in a thread of its own, with its own memory and no environment, that is killed when it takes
 * too long: a file can cost no more than that. At most two are read at once, of two companies.
 *
 * @throws invalid import.*, too_large import.too_large, timeout import.timeout, unavailable server.busy
 */
export const readUnitsInThread = async (
  { companyId, ...input }: ReaderInput & { companyId: string },
  timeLimitMs = TIME_LIMIT_MS,
): Promise<UnitFile> => {
  if (reading.size >= MAX_THREADS || reading.has(companyId))
    throw new DomainError('unavailable', 'server.busy', { retryAfterSeconds: 5 })
  const entry = ENTRIES.find((url) => existsSync(url))
  if (!entry) throw new Error('the reader of imported files is missing from the build')
  reading.add(companyId)
  const workerData: ReaderInput = input
  const thread = new Worker(entry, {
    workerData,
    resourceLimits: RESOURCE_LIMITS,
    env: {},
    execArgv: [],
  })
  try {
    return await outcomeOf(thread, timeLimitMs)
  } finally {
    await thread.terminate()
    reading.delete(companyId)
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
