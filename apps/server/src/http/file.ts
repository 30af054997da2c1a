import { once } from 'node:events'
import type { Logger } from '@servai/telemetry/log'
import { CLIENT_CLOSED_REQUEST, type Exchange } from './exchange.ts'
import type { HeaderList } from './headers.ts'
import { rateHeaders } from './rate-headers.ts'

export type SentFile = {
  fileName: string
  contentType: string
  /** Where it is known. */
  bytes?: number | null
  /** Ended early when the client goes away. */
  content: AsyncGenerator<Buffer>
}

const asciiName = (fileName: string) => fileName.replace(/[^\w. -]/g, '_')
const encodedName = (fileName: string) =>
  encodeURIComponent(fileName).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** Never opened in the browser, whatever is in it, and never kept by it. */
export const dispositionOf = (fileName: string) =>
  `attachment; filename="${asciiName(fileName)}"; filename*=UTF-8''${encodedName(fileName)}`

const send = async ({ res }: Exchange, first: Buffer | undefined, rest: AsyncGenerator<Buffer>, gone: AbortSignal) => {
  if (first) res.write(first)
  for await (const chunk of rest) {
    if (gone.aborted) return
    if (!res.write(chunk)) await once(res, 'drain', { signal: gone })
  }
}

/**
 * Sends a file while it is made, at the pace of its reader. The first chunk is waited for, so that what goes wrong by
 * then is answered as an error; after it a torn connection tells that this is not the whole file.
 */
export const replyFile = async (
  exchange: Exchange,
  kind: HeaderList,
  { fileName, contentType, bytes, content }: SentFile,
  log: Logger,
) => {
  const { res, method, requestId, headers, route } = exchange
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const { value: first } = await content.next()
  res.writeHead(200, [
    ...kind,
    'content-type',
    contentType,
    'content-disposition',
    dispositionOf(fileName),
    'x-request-id',
    requestId,
    ...rateHeaders(exchange, 200),
    ...(typeof bytes === 'number' ? ['content-length', String(bytes)] : []),
    ...headers,
  ])
  try {
    if (method === 'HEAD') await content.return(undefined)
    else await send(exchange, first, content, gone.signal)
  } catch (error) {
    res.destroy()
    if (!gone.signal.aborted) log.error({ err: error, requestId, route }, 'a file was cut off')
  }
  const isWhole = !res.destroyed && !gone.signal.aborted
  if (isWhole) res.end()
  exchange.onAnswered(exchange, isWhole ? 200 : gone.signal.aborted ? CLIENT_CLOSED_REQUEST : 500)
}
