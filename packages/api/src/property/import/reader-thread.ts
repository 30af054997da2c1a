import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { ImportKind } from '@servai/contract/imports'
import { readFile } from './file.ts'
import { FileRefused, type SheetRow } from './sheet.ts'

/** Entry of the thread that reads a file strangers made: what goes wrong in it ends with it. */
export type ReaderInput = {
  fileName: string
  path: string
  kind: ImportKind
  limits: { bytes: number; rows: number }
}
/** Each but the last is answered, with whatever, before the next one comes. */
export type ReaderOutput =
  | { headers: string[] }
  | { rows: SheetRow[] }
  | { end: true }
  | { refused: FileRefused['reason'] }

const BATCH = 500

const port = parentPort
if (!port) throw new Error('the reader runs as a thread')
// Only `reader.ts` starts this thread, with this input.
const input = workerData as ReaderInput

const deliver = (output: ReaderOutput) =>
  new Promise<void>((resolve) => {
    port.once('message', () => resolve())
    port.postMessage(output)
  })

const read = async () => {
  if (statSync(input.path).size > input.limits.bytes) throw new FileRefused('import.too_large')
  const { headers, rows } = await readFile(input, input.limits)
  await deliver({ headers })
  let batch: SheetRow[] = []
  for await (const row of rows) {
    if (batch.push(row) < BATCH) continue
    await deliver({ rows: batch })
    batch = []
  }
  if (batch.length > 0) await deliver({ rows: batch })
}

const last = (output: ReaderOutput) => {
  port.postMessage(output)
  port.close()
}

read().then(
  () => last({ end: true }),
  (error: unknown) => {
    if (!(error instanceof FileRefused)) throw error
    last({ refused: error.reason })
  },
)
