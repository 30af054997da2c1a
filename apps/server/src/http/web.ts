import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { TRPCError } from '@trpc/server'
import { reply, type Exchange } from './exchange.ts'
import type { AnswerHeaders, HeaderList } from './headers.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}
const COMPRESSIBLE = new Set(['.html', '.js', '.mjs', '.css', '.json', '.webmanifest', '.svg', '.txt', '.ico'])
/** What Vite names by its content. */
const ASSETS = '/assets/'
const INDEX = '/index.html'
const MIN_COMPRESSED_BYTES = 1_000
/** Where the web app is missing, somebody may be building it. */
const RESCAN_MS = 1_000

const brotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

type Encoding = 'br' | 'gzip'
type File = {
  bytes: Buffer
  type: string
  etag: string
  kind: HeaderList
  /** Made at the first use. */
  encoded: Partial<Record<Encoding, Promise<Buffer>>>
  isCompressible: boolean
}

const compress = (bytes: Buffer, encoding: Encoding): Promise<Buffer> =>
  encoding === 'br'
    ? brotli(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      })
    : toGzip(bytes, { level: 9 })

const isHidden = (name: string) => name.startsWith('.')

/** Every file of the folder by its address. Nothing else can ever be asked for, whatever a path looks like. */
const scan = async (root: string, headers: AnswerHeaders): Promise<Map<string, File>> => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  // Source maps are for who runs servAI, and hidden files for nobody.
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.endsWith('.map') && !path.relative(root, file).split(path.sep).some(isHidden))
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, File]> => {
        const bytes = await readFile(file)
        const address = `/${path.relative(root, file).split(path.sep).join('/')}`
        const extension = path.extname(file).toLowerCase()
        const type = TYPES[extension] ?? 'application/octet-stream'
        const kind =
          extension === '.html' ? headers.webPage : address.startsWith(ASSETS) ? headers.webAsset : headers.webFile
        return [
          address,
          {
            bytes,
            type,
            etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
            kind,
            encoded: {},
            isCompressible: COMPRESSIBLE.has(extension) && bytes.length >= MIN_COMPRESSED_BYTES,
          },
        ]
      }),
    ),
  )
}

const encodingOf = (accepted: string | string[] | undefined): Encoding | null => {
  const names = String(accepted ?? '')
    .split(',')
    .filter((one) => !/;\s*q=0(\.0*)?\s*$/.test(one))
    .map((one) => one.split(';', 1)[0]!.trim().toLowerCase())
  return names.includes('br') ? 'br' : names.includes('gzip') ? 'gzip' : null
}

const isPage = ({ path: address, req }: Exchange) =>
  !path.extname(address) && !address.startsWith(ASSETS) && (req.headers.accept?.includes('text/html') ?? false)

const MISSING = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>servAI</title>
<h1>The web app has not been built</h1>
<p>Run <code>pnpm build</code>, or set <code>WEB_ROOT</code> to the folder of a built one. The API answers already: <a href="/api/docs">documentation</a>.</p>
</html>
`

/** The built web app: its files, and its page for every address that only the app itself knows. */
export const createWebHandler = (root: string, headers: AnswerHeaders) => {
  let files: Promise<Map<string, File>> | undefined
  let scannedAt = 0

  const filesNow = async () => {
    const found = await (files ??= scan(root, headers))
    if (found.has(INDEX) || performance.now() - scannedAt < RESCAN_MS) return found
    scannedAt = performance.now()
    files = scan(root, headers)
    return files
  }

  const send = async (exchange: Exchange, file: File) => {
    const encoding = file.isCompressible ? encodingOf(exchange.req.headers['accept-encoding']) : null
    const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`
    exchange.headers.push('etag', etag)
    if (exchange.req.headers['if-none-match']?.includes(etag)) return reply(exchange, 304, file.kind)
    if (encoding) exchange.headers.push('content-encoding', encoding)
    // Pages carry their type with their kind.
    if (file.kind !== headers.webPage) exchange.headers.push('content-type', file.type)
    const body = encoding ? await (file.encoded[encoding] ??= compress(file.bytes, encoding)) : file.bytes
    reply(exchange, 200, file.kind, body)
  }

  return async (exchange: Exchange) => {
    const found = await filesNow()
    const file =
      found.get(exchange.path === '/' ? INDEX : exchange.path) ?? (isPage(exchange) ? found.get(INDEX) : undefined)
    if (file) {
      exchange.route = 'web'
      return send(exchange, file)
    }
    if (isPage(exchange)) return reply(exchange, 404, headers.webPage, MISSING)
    throw new TRPCError({ code: 'NOT_FOUND' })
  }
}
