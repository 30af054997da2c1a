import { parentPort, workerData } from 'node:worker_threads'
import { readUnitFile } from './file.ts'
import { FileRefused } from './sheet.ts'

/** Entry of the thread that reads a file strangers made: what goes wrong in it ends with it. */
export type ReaderInput = { fileName: string; bytes: Uint8Array; limits: { rows: number } }
export type ReaderOutput = { file: ReturnType<typeof readUnitFile> } | { refused: FileRefused['reason'] }

// Only `reader.ts` starts this thread, with this input.
const { fileName, bytes, limits } = workerData as ReaderInput

const read = (): ReaderOutput => {
  try {
    return { file: readUnitFile(fileName, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), limits) }
  } catch (error) {
    if (error instanceof FileRefused) return { refused: error.reason }
    throw error
  }
}

parentPort?.postMessage(read())
