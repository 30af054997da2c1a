import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify(deflateRaw)

const LOCAL_ENTRY = 0x04034b50
const DATA_DESCRIPTOR = 0x08074b50
const DIRECTORY_ENTRY = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50
const VERSION = 20
/** Sizes follow the data; names are UTF-8. */
const FLAGS = (1 << 3) | (1 << 11)
const DEFLATED = 8
/** 1 January 1980: a file says nothing of when and where it was made. */
const DATE = 0x21
const MAX_BYTES = 0xffffffff

export type ZipEntry = { name: string; content: AsyncIterable<Buffer> | Iterable<Buffer> }

const little = (...fields: readonly (readonly [bytes: 2 | 4, value: number])[]) => {
  const buffer = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of fields) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}

/**
 * A zip archive, written as its entries come: of each only a chunk at a time is in memory. Every chunk is compressed for
 * itself, outside of the event loop, and ends on a whole byte, so that the next one just follows.
 *
 * @throws RangeError above 4 GiB
 */
export async function* writeZip(entries: Iterable<ZipEntry>): AsyncGenerator<Buffer> {
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of entries) {
    const bytes = Buffer.from(name)
    const method = [
      [2, VERSION],
      [2, FLAGS],
      [2, DEFLATED],
      [2, 0],
      [2, DATE],
    ] as const
    const start = offset
    const head = Buffer.concat([
      little([4, LOCAL_ENTRY], ...method, [4, 0], [4, 0], [4, 0], [2, bytes.length], [2, 0]),
      bytes,
    ])
    yield head
    offset += head.length

    let crc = 0
    let size = 0
    let compressed = 0
    for await (const chunk of content) {
      crc = crc32(chunk, crc)
      size += chunk.length
      const piece = await deflate(chunk, { finishFlush: constants.Z_SYNC_FLUSH })
      compressed += piece.length
      yield piece
    }
    const last = await deflate(Buffer.alloc(0))
    compressed += last.length
    yield Buffer.concat([last, little([4, DATA_DESCRIPTOR], [4, crc], [4, compressed], [4, size])])
    offset += compressed + 16
    if (offset > MAX_BYTES || size > MAX_BYTES) throw new RangeError('an archive of more than 4 GiB')

    directory.push(
      little([4, DIRECTORY_ENTRY], [2, VERSION], ...method, [4, crc], [4, compressed], [4, size]),
      little([2, bytes.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, start]),
      bytes,
    )
  }
  const index = Buffer.concat(directory)
  const count = directory.length / 3
  yield Buffer.concat([
    index,
    little([4, END_OF_DIRECTORY], [2, 0], [2, 0], [2, count], [2, count], [4, index.length], [4, offset], [2, 0]),
  ])
}
