import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { REASON_TEXTS, type Reason } from '@servai/contract/reasons'

const REFUSALS: Record<string, [status: string, reason: Reason]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request.timeout'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request.too_large'],
}

/** What never became a request still gets an answer in the usual form. */
const refuse = (error: Error & { code?: string }, socket: Socket) => {
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy()
  const [status, reason] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'request.malformed']
  const requestId = randomUUID()
  const body = JSON.stringify({ error: { reason, message: REASON_TEXTS[reason], requestId } })
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      "content-security-policy: default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options: nosniff',
      `x-request-id: ${requestId}`,
      '',
      body,
    ].join('\r\n'),
  )
}

const DRAIN_POLL_MS = 100
/** A connection on which nothing was asked for so long after the last answer has nothing to say. */
const QUIET_POLLS = 5

export type HttpServer = {
  port: number
  /** Takes no more connections; resolves when all requests are answered, or cut off after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>
}

type Listening = {
  listener: RequestListener
  /** Requests that have no answer yet. */
  inFlight: () => number
}

/** @throws Error of node:net where the address cannot be had */
export const listen = async (
  { listener, inFlight }: Listening,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> => {
  const server: Server = createServer(
    {
      headersTimeout: 10_000,
      // For a large upload; the listener's own deadline is shorter for everything else.
      requestTimeout: 60_000,
      // Longer than proxies keep theirs, so that it is never us who hang up on a request that is on its way.
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: 5_000,
      // The listener answers that itself, with all headers.
      requireHostHeader: false,
    },
    listener,
  )
  server.on('clientError', refuse)
  server.listen(port, host)
  await once(server, 'listening')

  return {
    // A server that listens on TCP has such an address.
    port: (server.address() as AddressInfo).port,
    close: async (timeoutMs) => {
      let isClosed = false
      server.close(() => {
        isClosed = true
      })
      const deadline = performance.now() + timeoutMs
      for (let quiet = 0; !isClosed; await sleep(DRAIN_POLL_MS)) {
        quiet = inFlight() === 0 ? quiet + 1 : 0
        if (quiet > QUIET_POLLS || performance.now() > deadline) server.closeAllConnections()
        else server.closeIdleConnections()
      }
    },
  }
}
