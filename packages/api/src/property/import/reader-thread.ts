import { readFileSync, statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { readUnitFile } from './file.ts'
import { FileRefused } from './sheet.ts'

/** Entry of the thread that reads a file strangers made: what goes wrong in it ends with it. */
export type ReaderInput = { fileName: string; path: string; limits: { bytes: number; rows: number } }
export type ReaderOutput = { file: ReturnType<typeof readUnitFile> } | { refused: FileRefused['reason'] }

// Only `reader.ts` starts this thread, with this input.
const { fileName, path, limits } = workerData as ReaderInput

const read = (): ReaderOutput => {
  try {
    if (statSync(path).size > limits.bytes) throw new FileRefused('import.too_large')
    return { file: readUnitFile(fileName, readFileSync(path), limits) }
  } catch (error) {
    if (error instanceof FileRefused) return { refused: error.reason }
    throw error
  }
}

parentPort?.postMessage(read())
