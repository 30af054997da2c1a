import { execFileSync, spawnSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import { createMetrics } from './metrics.ts'

const NAMED_BY_THE_SEED = {
  http_requests_total: 'counter',
  http_requests_errors_total: 'counter',
  http_request_duration_seconds: 'histogram',
  database_queries_total: 'counter',
  database_errors_total: 'counter',
  database_query_duration_seconds: 'histogram',
  invites_created_total: 'counter',
  invites_accepted_total: 'counter',
  residents_created_total: 'counter',
  auth_login_attempts_total: 'counter',
  auth_login_failures_total: 'counter',
  password_reset_requests_total: 'counter',
  email_verification_sent_total: 'counter',
  rate_limit_exceeded_total: 'counter',
  process_heap_bytes: 'gauge',
  process_rss_bytes: 'gauge',
  process_uptime_seconds: 'gauge',
}

const exercised = () => {
  const metrics = createMetrics()
  const labels = { method: 'GET', route: '/health', status: '503' }
  metrics.httpRequests.inc(labels)
  metrics.httpErrors.inc(labels)
  metrics.httpSeconds.observe(labels, 0.003)
  metrics.databaseQueries.inc({ pool: 'app' })
  metrics.databaseErrors.inc({ pool: 'app', code: '23505' })
  metrics.databaseSeconds.observe({ pool: 'app' }, 0.001)
  metrics.poolWaiting.sampleFrom(() => 2, { pool: 'app' })
  metrics.rateLimitExceeded.inc({ limit: 'login' })
  metrics.hashQueueDepth.sampleFrom(() => 1, { lane: 'login' })
  metrics.hashShed.inc({ lane: 'login' })
  metrics.hashSeconds.observe({ lane: 'login' }, 0.02)
  metrics.redisFallback.inc({ feature: 'limiter' })
  metrics.cacheHits.inc({ cache: 'principal' })
  metrics.cacheMisses.inc({ cache: 'principal' })
  metrics.outboxPending.sampleFrom(async () => 3)
  metrics.jobs.inc({ job: 'auth.reset_requested', outcome: 'done' })
  metrics.jobSeconds.observe({ job: 'auth.reset_requested' }, 0.2)
  return metrics
}

describe('metrics', () => {
  it.each(Object.entries(NAMED_BY_THE_SEED))('%s is exposed as a %s', async (name, type) => {
    expect(await exercised().registry.metrics()).toContain(`# TYPE ${name} ${type}\n`)
  })

  it('reads gauges when they are scraped', async () => {
    const metrics = createMetrics()
    let waiting = 0
    metrics.poolWaiting.sampleFrom(() => waiting, { pool: 'app' })
    metrics.poolWaiting.sampleFrom(() => 7, { pool: 'system' })
    waiting = 5
    const text = await metrics.registry.metrics()
    expect(text).toContain('pool_waiting{pool="app"} 5\n')
    expect(text).toContain('pool_waiting{pool="system"} 7\n')
  })

  it('answers a scrape when a source fails, without that series', async () => {
    const metrics = createMetrics()
    let isDown = false
    metrics.outboxPending.sampleFrom(async () => {
      if (isDown) throw new Error('connection refused')
      return 4
    })
    expect(await metrics.registry.metrics()).toContain('\noutbox_pending 4\n')
    isDown = true
    const text = await metrics.registry.metrics()
    expect(text).not.toMatch(/^outbox_pending /m)
    expect(text).toContain('process_uptime_seconds')
  })

  it('leaves a gauge without a source out instead of reporting zero', async () => {
    expect(await createMetrics().registry.metrics()).not.toMatch(/^outbox_oldest_seconds /m)
  })

  it('measures the V8 heap, resident memory and uptime of this process', async () => {
    const text = await createMetrics().registry.metrics()
    const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
    expect(value('process_heap_bytes')).toBeGreaterThan(1e6)
    expect(value('process_rss_bytes')).toBeGreaterThan(value('process_heap_bytes'))
    expect(value('process_uptime_seconds')).toBeGreaterThan(0)
  })

  it('lives in a registry of its own, so that two in one process do not clash', async () => {
    const [one, two] = [createMetrics(), createMetrics()]
    one.loginAttempts.inc()
    expect(await one.registry.metrics()).toContain('auth_login_attempts_total 1\n')
    expect(await two.registry.metrics()).toContain('auth_login_attempts_total 0\n')
  })

  const hasPromtool = spawnSync('promtool', ['--version']).error === undefined
  it.skipIf(!hasPromtool)('passes promtool check metrics without a remark', async () => {
    const input = await exercised().registry.metrics()
    expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })).toBe('')
  })
})
