import { createHash, timingSafeEqual } from 'node:crypto'
import { DomainError } from '@servai/api/errors'
import type { Metrics } from '@servai/telemetry/metrics'
import { reply, type Exchange } from './exchange.ts'
import type { AnswerHeaders } from './headers.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** `/metrics` in the text format of Prometheus; with a token only for who knows it. */
export const createMetricsHandler = (metrics: Metrics, token: string | undefined, headers: AnswerHeaders) => {
  const expected = token === undefined ? null : digest(`Bearer ${token}`)
  /** @throws unauthenticated auth.unauthenticated */
  return async (exchange: Exchange) => {
    const given = digest(exchange.req.headers.authorization ?? '')
    if (expected && !timingSafeEqual(given, expected)) throw new DomainError('unauthenticated', 'auth.unauthenticated')
    reply(exchange, 200, headers.metrics, await metrics.registry.metrics())
  }
}

/** Counts answers. `route` has to be of low cardinality; series are remembered, so that counting costs no look-up by label. */
export const createRequestMeter = ({ httpRequests, httpErrors, httpSeconds }: Metrics) => {
  const seriesOf = (labels: { method: string; route: string; status: string }) => ({
    requests: httpRequests.labels(labels),
    errors: Number(labels.status) >= 400 ? httpErrors.labels(labels) : null,
    seconds: httpSeconds.labels(labels),
  })
  const known = new Map<string, ReturnType<typeof seriesOf>>()
  return (method: string, route: string, status: number, seconds: number) => {
    const key = `${method} ${route} ${status}`
    let series = known.get(key)
    if (!series) {
      series = seriesOf({ method, route, status: String(status) })
      known.set(key, series)
    }
    series.requests.inc()
    series.errors?.inc()
    series.seconds.observe(seconds)
  }
}
