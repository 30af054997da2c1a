import { Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { FileRefused } from './sheet.ts'

const MAX_ENTRIES = 100
const MAX_INFLATED_BYTES = 100 * 1024 * 1024
const MAX_RATIO = 100
const PIECE_BYTES = 65_536

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_ENTRY = 0x04034b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8

type Entry = { method: number; crc: number; compressed: number; inflated: number; offset: number }

export type Zip = {
  names: string[]
  /** In pieces, as they are inflated; `null` for a name that is not there. @throws FileRefused import.suspicious */
  read(name: string): AsyncIterable<Buffer> | null
}

const suspicious = (cause?: unknown) => new FileRefused('import.suspicious', { cause })

const findEnd = (bytes: Buffer) => {
  const lowest = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES)
  for (let at = bytes.length - END_BYTES; at >= lowest; at--) if (bytes.readUInt32LE(at) === END_OF_DIRECTORY) return at
  throw new FileRefused('import.unreadable')
}

const listEntries = (bytes: Buffer) => {
  const end = findEnd(bytes)
  const count = bytes.readUInt16LE(end + 10)
  // More than 65,534 entries or 4 GiB are said by values that ZIP64 takes for "look elsewhere"; nothing here is so large.
  if (count > MAX_ENTRIES) throw suspicious()
  const entries = new Map<string, Entry>()
  let at = bytes.readUInt32LE(end + 16)
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) throw suspicious()
    const nameBytes = bytes.readUInt16LE(at + 28)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes)
    const method = bytes.readUInt16LE(at + 10)
    if ((bytes.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw new FileRefused('import.encrypted')
    if (entries.has(name) || (method !== STORED && method !== DEFLATED)) throw suspicious()
    entries.set(name, {
      method,
      crc: bytes.readUInt32LE(at + 16),
      compressed: bytes.readUInt32LE(at + 20),
      inflated: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    })
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return entries
}

const orRefuse = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    // An offset beyond the end.
    throw error instanceof FileRefused ? error : suspicious(error)
  }
}

const dataOf = (bytes: Buffer, { offset, compressed }: Entry) => {
  if (bytes.readUInt32LE(offset) !== LOCAL_ENTRY) throw suspicious()
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28)
  return bytes.subarray(start, start + compressed)
}

function* piecesOf(data: Buffer) {
  for (let at = 0; at < data.length; at += PIECE_BYTES) yield data.subarray(at, at + PIECE_BYTES)
}

async function* contentOf(bytes: Buffer, entry: Entry) {
  const source = Readable.from(piecesOf(orRefuse(() => dataOf(bytes, entry))))
  const inflated = entry.method === STORED ? source : source.pipe(createInflateRaw({ chunkSize: PIECE_BYTES }))
  let length = 0
  let sum = 0
  try {
    for await (const piece of inflated) {
      // Both streams are made of buffers.
      const content = piece as Buffer
      length += content.length
      if (length > entry.inflated) throw suspicious()
      sum = crc32(content, sum)
      yield content
    }
  } catch (error) {
    throw error instanceof FileRefused ? error : suspicious(error)
  } finally {
    source.destroy()
  }
  if (length !== entry.inflated || sum !== entry.crc) throw suspicious()
}

/**
 * Opens an archive that claims no more than a spreadsheet may be, and holds it to that: what is read is inflated piece
 * by piece under the same limits, and has to have the size and the checksum that the directory states.
 *
 * @throws FileRefused import.suspicious, import.too_large, import.encrypted, import.unreadable
 */
export const openZip = (bytes: Buffer): Zip => {
  const entries = orRefuse(() => listEntries(bytes))
  const total = [...entries.values()].reduce((sum, { inflated }) => sum + inflated, 0)
  if (total > MAX_RATIO * bytes.length) throw suspicious()
  if (total > MAX_INFLATED_BYTES) throw new FileRefused('import.too_large')
  return {
    names: [...entries.keys()],
    read: (name) => {
      const entry = entries.get(name)
      return entry ? contentOf(bytes, entry) : null
    },
  }
}
