import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Metrics } from '@servai/telemetry/metrics'

export type HealthOptions = {
  host: string
  port: number
  metrics: Metrics
  /** Bearer token that /metrics asks for. */
  metricsToken: string | undefined
  /** Resolves when the worker can do its work. */
  isReady: () => Promise<boolean>
}

const digest = (text: string) => createHash('sha256').update(text).digest()

const mayRead = ({ headers }: IncomingMessage, token: string | undefined) =>
  token === undefined || timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))

/** `/health/liveness`, `/health/readiness` and `/metrics`; answers nothing else. `url` tells the port it got. */
export const serveHealth = async ({ host, port, metrics, metricsToken, isReady }: HealthOptions) => {
  const answer = async (request: IncomingMessage): Promise<{ status: number; type: string; body: string }> => {
    const json = (status: number, body: object) => ({ status, type: 'application/json', body: JSON.stringify(body) })
    if (request.method !== 'GET') return json(405, { status: 'method_not_allowed' })
    switch (request.url) {
      case '/health/liveness':
        return json(200, { status: 'ok' })
      case '/health/readiness':
        return (await isReady()) ? json(200, { status: 'ok' }) : json(503, { status: 'unavailable' })
      case '/metrics':
        if (!mayRead(request, metricsToken)) return json(401, { status: 'unauthenticated' })
        return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }
      default:
        return json(404, { status: 'not_found' })
    }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, type, body }) => {
        response.writeHead(status, {
          'content-type': type,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        })
        response.end(body)
      },
      () => response.writeHead(500).end(),
    )
  })
  server.requestTimeout = 10_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
